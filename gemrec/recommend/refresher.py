"""Keeps the snapshot fresh: after each nudge, every event after the last one is taken in."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from typing import Final

from gemrec.catalog import Catalog
from gemrec.errors import StoreError
from gemrec.leaderboard import Counts
from gemrec.recommend.boards import BoardDesk
from gemrec.recommend.elo_trail import EloTrail
from gemrec.recommend.ledger import read_changes
from gemrec.recommend.looks import Looks
from gemrec.recommend.opening import MOST_EVENTS, Start, is_due, open_counts, write_counts
from gemrec.recommend.opinion import Opinion
from gemrec.recommend.people import People
from gemrec.recommend.snapshot import Snapshot
from gemrec.recommend.taste_desk import TasteDesk
from gemrec.records import Vote
from gemrec.retrieval import Shelves
from gemrec.store import Store

_logger = logging.getLogger(__name__)
_POLL_SECONDS: Final = 1.0  # a lost nudge delays a refresh by this much at most
_PAUSE_PER_SECOND: Final = 3.0  # rest after each refresh, by the time that it took
_LONGEST_PAUSE: Final = 0.2
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
        self._shelves = Shelves()
        self._vectors_wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._half_done: bool = False
        self._begin()
        self._publish()

    def open(self) -> Snapshot:
        """Read the counts and the votes since then, so that boards are right before the rest is.

        Raises:
            StoreError: The database cannot be read.
        """
        with self._writing:
            self._half_done = True
            if self._take_in_votes():
                self._publish()
            self._half_done = False
            return self._snapshot

    def start(self) -> None:
        """Start the thread; returns at once, the first snapshot with votes follows."""
        if self._thread is None:
            self._closing.clear()
            self._vectors_wanted.set()
            self._wake.set()
            self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop the thread and leave checkpoints for the next start; snapshots stay valid."""
        thread, self._thread = self._thread, None
        self._closing.set()
        self._wake.set()
        if thread is not None:
            thread.join()
        self._write_last()

    def _write_last(self) -> None:
        try:
            with self._writing:
                self._write(force=True)
        except StoreError as error:  # the next start reads a little more
            _logger.warning("no checkpoint was written: %s", error)

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

    def load(self) -> Snapshot:
        """Take in everything there is, images and vectors too, in the caller's thread.

        Raises:
            StoreError: The database cannot be read.
        """
        self._vectors_wanted.set()
        return self.refresh()

    def rebuild(self) -> Snapshot:
        """Forget everything derived and make it again from the events.

        Raises:
            StoreError: The database cannot be read.
        """
        with self._writing:
            self._store.checkpoints.forget()
            self._store.votes.rebuild_counts()
            self._begin()
            self.load()
            self._write(force=True)
            self._publish()
            return self._snapshot

    def reread(self) -> Snapshot:
        """Forget everything derived but the counts, which follow the events by themselves.

        Raises:
            StoreError: The database cannot be read.
        """
        with self._writing:
            self._store.checkpoints.forget()
            self._begin()
            self.load()
            self._publish()
            return self._snapshot

    def _refresh(self, executor: Executor | None) -> Snapshot:
        """Take in everything that is new; features are made by the executor if there is one."""
        with self._writing:
            if self._half_done:
                self._begin()
                self._vectors_wanted.set()
            self._half_done = True
            voted = self._take_in_votes()
            if voted and executor is not None:
                self._publish()  # votes do not wait for everybody's part
            seen = self._take_in_images(executor)
            if self._settle(executor) or seen or (voted and executor is None):
                self._publish()
            self._catch_up_elo(wait=executor is None)
            self._half_done = False
            self._write()
            return self._snapshot

    def _begin(self) -> None:
        """Know nothing; the first refresh reads the counts."""
        tags = {model.id: model.tags for model in self._catalog.models.values()}
        self._looks = Looks(self._store, self._encoder_name, tags, self._wake.set)
        self._elo = EloTrail(self._store)
        self._half_done = False
        self._opened = False
        self._start_from(Start(Counts(self._catalog.models)))

    def _start_from(self, start: Start) -> None:
        self._last_vote_id, self._events = start.last_vote_id, start.events
        self._checkpoint_id = start.checkpoint_id
        self._people = People(self._store, start.last_vote_id)
        self._desk = BoardDesk(self._store, start.counts, start.last_vote_id)
        self._tastes = TasteDesk()
        downloads = {model.id: model.downloads for model in self._catalog.models.values()}
        self._opinion = Opinion(
            self._store,
            self._desk.models,
            downloads,
            self._wake.set,
            self._tastes.prepare,
            self._closing.is_set,
        )

    def _settle(self, executor: Executor | None) -> bool:
        """Let everybody's part follow; returns whether it changed."""
        return self._opinion.follow(
            self._last_vote_id, self._events, self._looks.features, executor
        )

    def _open(self) -> None:
        """Read the counts; votes on models that have left the catalog still count."""
        models = self._catalog.models
        strangers = sorted(self._store.models.used() - models.keys())
        self._start_from(open_counts(self._store, (*models, *strangers)))
        self._opened = True

    def _take_in_votes(self) -> bool:
        """Read new vote events; returns whether there were any."""
        before = self._last_vote_id
        if not self._opened:
            self._open()
        events = self._store.votes.after(self._last_vote_id, MOST_EVENTS + 1)
        if len(events) > MOST_EVENTS or self._has_strangers(events):
            self._open()
            events = self._store.votes.after(self._last_vote_id)
        if events:
            changes = read_changes(self._store, events)
            self._people.take_in(changes)
            self._desk.apply(changes)
            if self._elo.table.last_vote_id == self._last_vote_id:
                self._elo.take_in(changes)
            self._last_vote_id, self._events = events[-1].id, self._events + len(events)
        return self._last_vote_id > before

    def _has_strangers(self, events: Sequence[Vote]) -> bool:
        return any(not self._desk.knows(model_id) for e in events for model_id in e.models)

    def _catch_up_elo(self, wait: bool) -> None:
        """Let the displayed Elo follow, a piece at a time where votes are waiting."""
        before = self._elo.table.last_vote_id
        while not self._elo.catch_up(self._last_vote_id):
            if not wait:
                self._wake.set()
                return
        if self._elo.table.last_vote_id > before:
            self._publish()

    def _write(self, force: bool = False) -> None:
        """Write checkpoints when they are due."""
        since = self._last_vote_id - self._checkpoint_id
        if is_due(since, self._desk.cells) or (force and since):
            write_counts(self._store, self._desk.dump(), self._last_vote_id, self._events)
            self._checkpoint_id = self._last_vote_id
        if force:
            self._elo.write()

    def _take_in_images(self, executor: Executor | None) -> bool:
        """Read what is new; returns whether there are new images."""
        news = False
        if self._vectors_wanted.is_set():
            self._vectors_wanted.clear()
            news = self._looks.read()
        self._looks.settle(executor)
        return news

    def _publish(self) -> None:
        snapshot = Snapshot(
            made_at=self._clock(),
            last_vote_id=self._last_vote_id,
            events=self._events,
            everybody=self._opinion.everybody,
            votes_per_model=self._desk.votes_per_model(),
            categories=self._desk.categories,
            features=self._opinion.features,
            gallery=self._looks.gallery,
            elo=self._elo.table.copy(),
            desk=self._desk,
            people=self._people,
            tastes=self._tastes,
            shelves=self._shelves,
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
            started = time.monotonic()
            try:
                self._refresh(executor)
                # Under many votes a second, one refresh takes in several of them: votes, which
                # share the interpreter with this thread, get most of it.
                pause = _PAUSE_PER_SECOND * (time.monotonic() - started)
                self._closing.wait(min(pause, _LONGEST_PAUSE))
            except Exception:
                # The thread must outlive a database that is away for a while; it reads again.
                _logger.exception("Could not refresh; trying again in %.0f s", _POLL_SECONDS)
                self._closing.wait(_POLL_SECONDS)
