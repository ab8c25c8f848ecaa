"""Keeps everybody's part of the taste model up to date, in the background where votes are waiting."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Final

from gemrec.errors import StoppedError
from gemrec.leaderboard import moves_ratings
from gemrec.preference import Everybody, FeatureTable, fit_everybody, never
from gemrec.recommend.rest import Rest
from gemrec.store import Store

MOST_VOTES: Final = 20_000
"""The newest events that the fit reads, so that its time and memory stay the same for ever."""

_GROWTH: Final = 0.02  # share of new votes from which a fit does not wait for a pause


@dataclass(frozen=True)
class _Fitted:
    everybody: Everybody
    features: FeatureTable
    last_vote_id: int
    events: int


class Opinion:
    """What everybody likes as of the last fit, with the features that it speaks of.

    Args:
        store: Where the votes are.
        models: Model ids in the order of all arrays.
        downloads: Download count per model id.
        done: Called when a fit in the background has ended.
        prepare: Called in the background with a new fit before it is served.
        stopped: Asked again and again, in the background, whether to give up.
    """

    def __init__(
        self,
        store: Store,
        models: Sequence[str],
        downloads: Mapping[str, int],
        done: Callable[[], None],
        prepare: Callable[[Everybody, FeatureTable], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._store, self._models, self._downloads, self._done = store, models, downloads, done
        self._prepare, self._stopped = prepare, stopped
        nothing = FeatureTable()
        before = fit_everybody((), models, downloads, nothing)
        self._fitted = _Fitted(before, nothing, 0, 0)
        self._seen = 0
        self._job: Future[_Fitted] | None = None
        self._rest = Rest()

    @property
    def everybody(self) -> Everybody:
        """The last fit."""
        return self._fitted.everybody

    @property
    def features(self) -> FeatureTable:
        """The features that it was fitted with."""
        return self._fitted.features

    def follow(
        self, last_vote_id: int, events: int, features: FeatureTable, executor: Executor | None
    ) -> bool:
        """Fit again when there are new votes or features.

        Args:
            last_vote_id: The newest vote event.
            events: How many events that is.
            features: The newest features.
            executor: Where to fit; the call then returns at once and ``done`` tells when to call
                again. None fits here and now.

        Returns:
            Whether there is a new fit.
        """
        if executor is None:
            self._job = None
            if not self._is_stale(last_vote_id, features):
                return False
            self._fitted = self._fit(last_vote_id, events, features, never)
            return True
        fetched = False
        if self._job is not None and self._job.done():
            job, self._job = self._job, None
            with contextlib.suppress(StoppedError):
                self._fitted = job.result()
                fetched = True
        idle, self._seen = self._seen == last_vote_id, last_vote_id
        grown = events - self._fitted.events >= _GROWTH * self._fitted.events
        due = idle or grown or features is not self._fitted.features
        if (
            self._job is None
            and due
            and self._rest.is_over
            and self._is_stale(last_vote_id, features)
        ):
            self._job = executor.submit(self._fit_and_prepare, last_vote_id, events, features)
            self._job.add_done_callback(lambda _: self._done())
        return fetched

    def _is_stale(self, last_vote_id: int, features: FeatureTable) -> bool:
        fitted = self._fitted
        return last_vote_id != fitted.last_vote_id or features is not fitted.features

    def _fit_and_prepare(self, last_vote_id: int, events: int, features: FeatureTable) -> _Fitted:
        with self._rest.after():
            fitted = self._fit(last_vote_id, events, features, self._stopped)
            self._prepare(fitted.everybody, fitted.features)
        return fitted

    def _fit(
        self,
        last_vote_id: int,
        events: int,
        features: FeatureTable,
        stopped: Callable[[], bool],
    ) -> _Fitted:
        standing = self._store.trail.all_standing(last_vote_id, last_vote_id - MOST_VOTES)
        known = set(self._models)
        votes = [v for v in standing if moves_ratings(v) and known.issuperset(v.models)]
        found = fit_everybody(votes, self._models, self._downloads, features, stopped=stopped)
        return _Fitted(found, features, last_vote_id, events)
