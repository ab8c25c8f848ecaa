"""The tastes of the people who voted last, from which the next ones are found quickly."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from gemrec.preference import Everybody, FeatureTable, Offers, Taste, fit_taste
from gemrec.records import Vote

_MOST_PEOPLE: Final = 128
_MOST_PREPARED: Final = 16  # people whose tastes are ready when everybody's part changes


class TasteDesk:
    """A bounded memory of tastes that snapshots of different age share; safe for threads."""

    def __init__(self) -> None:
        self._last: OrderedDict[str | None, Taste] = OrderedDict()
        self._ready: dict[str | None, Taste] = {}
        self._offers: Offers | None = None
        self._next_offers: Offers | None = None
        self._lock = threading.Lock()

    def prepare(self, everybody: Everybody, features: FeatureTable) -> None:
        """Fit the people who voted last to a new everybody, so that their next vote need not wait.

        Args:
            everybody: The shared part that will be published.
            features: What it was fitted with.
        """
        with self._lock:
            recent = list(self._last.items())[-_MOST_PREPARED:]
            self._ready, offers = {}, self._offers
        offers = (
            Offers(everybody, features) if offers is None else offers.followed(everybody, features)
        )
        with self._lock:
            self._next_offers = offers
        for annotator_id, last in reversed(recent):
            ready = fit_taste(last.cast, everybody, features, last, offers)
            with self._lock:
                self._ready[annotator_id] = ready

    def fit(
        self,
        annotator_id: str | None,
        votes: Sequence[Vote],
        everybody: Everybody,
        features: FeatureTable,
    ) -> Taste:
        """Fit a person's taste, starting from the last one; the answer does not depend on it."""
        with self._lock:
            before, ready = self._last.get(annotator_id), self._ready.get(annotator_id)
            if before is None or before.everybody is not everybody:
                before = before if ready is None or ready.everybody is not everybody else ready
            offers = self._offers_of(everybody, features)
        found = fit_taste(votes, everybody, features, before, offers)
        with self._lock:
            self._last[annotator_id] = found
            self._last.move_to_end(annotator_id)
            while len(self._last) > _MOST_PEOPLE:
                self._last.popitem(last=False)
        return found

    def _offers_of(self, everybody: Everybody, features: FeatureTable) -> Offers:
        """The offers that all people share."""
        for offers in (self._offers, self._next_offers):
            if offers and offers.everybody is everybody and offers.features is features:
                break
        else:
            offers = Offers(everybody, features)
        self._offers = offers
        return offers
