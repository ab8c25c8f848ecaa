"""What is on offer, put together once for many questions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.catalog import Catalog
from gemrec.records import Model
from gemrec.retrieval.filters import Filters, apply_filters

_MOST: Final = 16  # shelves remembered; a new one beyond forgets the oldest


@dataclass(frozen=True, slots=True)
class Shelf:
    """The models that a person can be recommended; immutable.

    Attributes:
        models: n catalog entries.
        ids: Their ids.
        downloads: (n,) their download counts.
        left_out: Models that the limits exclude, each with the reason.
    """

    models: tuple[Model, ...]
    ids: tuple[str, ...]
    downloads: NDArray[np.float64] = field(compare=False)
    left_out: tuple[tuple[Model, str], ...] = ()

    @classmethod
    def of(cls, models: Sequence[Model], left_out: Sequence[tuple[Model, str]] = ()) -> "Shelf":
        """A shelf of some models."""
        return cls(
            tuple(models),
            tuple(model.id for model in models),
            np.array([model.downloads for model in models], dtype=np.float64),
            tuple(left_out),
        )


class Shelves:
    """The shelves of the last limits asked for; bounded, and safe to share between threads.

    With them, thousands of models are not looked through for every question.
    """

    def __init__(self) -> None:
        self._made: dict[Filters, tuple[Catalog, tuple[str, ...], Shelf]] = {}

    def get(self, catalog: Catalog, known: tuple[str, ...], filters: Filters) -> Shelf:
        """What is on offer.

        Args:
            catalog: All models; retired ones are left out.
            known: Ids of the models that tastes speak of; others are left out.
            filters: What models must fulfil.
        """
        found = self._made.get(filters)
        if found is not None and found[0] is catalog and found[1] is known:
            return found[2]
        spoken_of = set(known)
        offered = apply_filters((m for m in catalog.active() if m.id in spoken_of), filters)
        shelf = Shelf.of(*offered)
        while len(self._made) >= _MOST:
            self._made.pop(next(iter(self._made)), None)
        self._made[filters] = catalog, known, shelf
        return shelf
