"""The tastes of the people who voted last, from which the next ones are found quickly."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from gemrec.preference import Everybody, FeatureTable, Taste, fit_taste
from gemrec.records import Vote

_MOST_PEOPLE: Final = 128


class TasteDesk:
    """A bounded memory of tastes that snapshots of different age share; safe for threads."""

    def __init__(self) -> None:
        self._last: OrderedDict[str | None, Taste] = OrderedDict()
        self._lock = threading.Lock()

    def fit(
        self,
        annotator_id: str | None,
        votes: Sequence[Vote],
        everybody: Everybody,
        features: FeatureTable,
    ) -> Taste:
        """Fit a person's taste, starting from the last one; the answer does not depend on it."""
        with self._lock:
            before = self._last.get(annotator_id)
        found = fit_taste(votes, everybody, features, before)
        with self._lock:
            self._last[annotator_id] = found
            self._last.move_to_end(annotator_id)
            while len(self._last) > _MOST_PEOPLE:
                self._last.popitem(last=False)
        return found
