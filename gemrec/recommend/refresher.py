"""Keeps the snapshot fresh: after each nudge, every event after the last one is taken in."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from types import MappingProxyType
from typing import Final

from gemrec.catalog import Catalog
from gemrec.preference import (
    PairCounts,
    SharedPrior,
    SharedState,
    fit_shared,
    shared_prior,
)
from gemrec.recommend.boards import BoardDesk
from gemrec.recommend.ledger import Change, Ledger, changed_counts
from gemrec.recommend.looks import Looks
from gemrec.recommend.snapshot import Snapshot
from gemrec.records import Vote
from gemrec.store import Store

_logger = logging.getLogger(__name__)
_POLL_SECONDS: Final = 1.0  # a lost nudge delays a refresh by this much at most
_RETRY_VECTORS_SECONDS: Final = 10.0  # other processes may embed into the same database


class Refresher:
    """Owns the derived state; one thread writes it, everybody reads whole snapshots.

    Args:
        store: Where votes, images and vectors are.
        catalog: The models.
        encoder_name: Whose vectors to use.
        clock: Now, timezone-aware UTC.
    """

    def __init__(
        self, store: Store, catalog: Catalog, encoder_name: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._encoder_name = encoder_name
        self._clock = clock
        self._writing = threading.RLock()
        self._published = threading.Condition()
        self._wake = threading.Event()
        self._vectors_wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._half_done: bool = False
        self._begin()
        self._publish()

    def start(self) -> None:
        """Start the thread; returns at once, the first snapshot with votes follows."""
        if self._thread is None:
            self._closing.clear()
            self._vectors_wanted.set()
            self._wake.set()
            self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop the thread; snapshots stay valid."""
        thread, self._thread = self._thread, None
        self._closing.set()
        self._wake.set()
        if thread is not None:
            thread.join()

    def nudge(self) -> None:
        """Say that there are new votes; returns at once."""
        self._wake.set()

    def nudge_images(self) -> None:
        """Say that there are new images or vectors; returns at once."""
        self._vectors_wanted.set()
        self._wake.set()

    def current(self) -> Snapshot:
        """The newest snapshot; never waits."""
        return self._snapshot

    def wait_for(self, vote_id: int, timeout: float) -> Snapshot:
        """The newest snapshot, as soon as it knows of an event.

        Args:
            vote_id: The event.
            timeout: Seconds after which the newest snapshot is returned as it is.
        """
        if self._thread is None:
            return self.refresh()
        self.nudge()
        with self._published:
            self._published.wait_for(lambda: self._snapshot.last_vote_id >= vote_id, timeout)
            return self._snapshot

    def refresh(self) -> Snapshot:
        """Take in everything that is new, in the caller's thread.

        Raises:
            StoreError: The database cannot be read; the last snapshot stays.
        """
        return self._refresh(None)

    def rebuild(self) -> Snapshot:
        """Forget everything derived and make it again from the events.

        Raises:
            StoreError: The database cannot be read.
        """
        with self._writing:
            self._begin()
            self._vectors_wanted.set()
            self.refresh()
            self._publish()
            return self._snapshot

    def _refresh(self, executor: Executor | None) -> Snapshot:
        """Take in everything that is new; features are made by the executor if there is one."""
        with self._writing:
            if self._half_done:
                self._begin()
                self._vectors_wanted.set()
            self._half_done = True
            if self._take_in_votes():
                self._publish()
            self._half_done = False
            if self._take_in_images(executor):
                self._publish()
            return self._snapshot

    def _begin(self) -> None:
        self._ledger = Ledger()
        self._looks = Looks(self._store, self._encoder_name, self._wake.set)
        self._half_done = False
        self._set_models(tuple(self._catalog.models))

    def _set_models(self, models: Sequence[str]) -> None:
        """Start counting over these models, with the votes that stand."""
        standing = self._ledger.standing()
        self._desk = BoardDesk(models)
        self._counts = PairCounts.empty(len(models))
        self._by_category: dict[str, PairCounts] = {}
        self._shared: SharedState = fit_shared(self._make_prior(models), self._counts)
        self._count([Change(None, vote) for vote in standing])

    def _make_prior(self, models: Sequence[str]) -> SharedPrior:
        downloads = {model.id: model.downloads for model in self._catalog.models.values()}
        return shared_prior(models, downloads, self._looks.features)

    def _take_in_votes(self) -> bool:
        """Read new vote events; returns whether there were any."""
        events = self._store.votes.after(self._ledger.last_vote_id)
        if not events:
            return False
        changes = [self._ledger.apply(event) for event in events]
        known = self._shared.prior.index
        strangers = {m for event in events for m in event.models} - known.keys()
        if strangers:
            # Votes on models that have left the catalog still count.
            self._set_models((*self._shared.prior.models, *sorted(strangers)))
        else:
            self._count(changes)
        return True

    def _count(self, changes: Sequence[Change]) -> None:
        steps: dict[str, list[tuple[Vote, float]]] = {}
        for change in changes:
            for vote, times in ((change.removed, -1.0), (change.added, 1.0)):
                if vote is not None:
                    steps.setdefault(vote.category, []).append((vote, times))
        index = self._shared.prior.index
        size = len(index)
        for category, step in steps.items():
            before = self._by_category.get(category, PairCounts.empty(size))
            self._by_category[category] = changed_counts(before, step, index)
        every = [pair for step in steps.values() for pair in step]
        self._counts = changed_counts(self._counts, every, index)
        self._desk.apply(changes, self._ledger.standing, self._ledger.last_vote_id)
        self._shared = fit_shared(self._shared.prior, self._counts, start=self._shared)

    def _take_in_images(self, executor: Executor | None) -> bool:
        """Read what is new; returns whether there is anything to publish."""
        news = False
        if self._vectors_wanted.is_set():
            self._vectors_wanted.clear()
            news = self._looks.read()
        if self._looks.settle(executor):
            prior = self._make_prior(self._shared.prior.models)
            self._shared = fit_shared(prior, self._counts, start=self._shared)
            news = True
        return news

    def _publish(self) -> None:
        snapshot = Snapshot(
            made_at=self._clock(),
            last_vote_id=self._ledger.last_vote_id,
            events=self._ledger.events,
            events_by_person=MappingProxyType(dict(self._ledger.events_by_person)),
            people=MappingProxyType(dict(self._ledger.people)),
            shared=self._shared,
            counts=self._counts,
            counts_by_category=MappingProxyType(dict(self._by_category)),
            features=self._looks.features,
            gallery=self._looks.gallery,
            elo=self._desk.elo(),
            desk=self._desk,
        )
        with self._published:
            self._snapshot = snapshot
            self._published.notify_all()

    def _run(self) -> None:
        # Features of thousands of pictures take a while to make; votes do not wait for them.
        with ThreadPoolExecutor(1, "features") as executor:
            self._keep_fresh(executor)

    def _keep_fresh(self, executor: Executor) -> None:
        waited = 0.0
        while not self._closing.is_set():
            woken = self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            waited = 0.0 if woken else waited + _POLL_SECONDS
            if waited >= _RETRY_VECTORS_SECONDS:
                self._vectors_wanted.set()
                waited = 0.0
            try:
                self._refresh(executor)
            except Exception:
                # The thread must outlive a database that is away for a while; it reads again.
                _logger.exception("Could not refresh; trying again in %.0f s", _POLL_SECONDS)
                self._closing.wait(_POLL_SECONDS)
