"""Which weights each contest's utility difference is made of, and sums over them both ways."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.preference.contests import Contests, Integers
from gemrec.preference.davidson import Array
from gemrec.preference.scales import Scales

MANY: Final = 1 << 21
"""More than there are people, prompts or models."""


@dataclass(frozen=True)
class Offsets:
    """One part of the utility: an offset for each key that was met.

    Attributes:
        name: Of the part.
        keys: Sorted.
        start: Position of its first weight.
        variance: (keys,) prior variances.
    """

    name: str
    keys: Integers
    start: int
    variance: Array

    def find(self, keys: Integers, absent: int) -> Integers:
        """Positions of keys among all weights; ``absent`` for those never met."""
        if not len(self.keys):
            return np.full(keys.shape, absent, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at + self.start, absent)


@dataclass(frozen=True)
class Likings:
    """One part of the utility: a weight per feature for each group that was met.

    Attributes:
        name: ``content``, ``kind`` or ``taste``.
        groups: Sorted numbers.
        start: Position of the first weight.
        root: (q, r) turns features into those whose weights are independent with variance 1.
    """

    name: str
    groups: Integers
    start: int
    root: Array


def offset_keys(name: str, contests: Contests, bar: int) -> Integers:
    """(n, 2) keys of an offset's two sides; -1 where there is none."""
    people, prompt = contests.person[:, None], contests.prompt[:, None]
    models, category = contests.models, contests.category[:, None]
    real = models < bar
    if name == "model":
        return models
    if name == "category":
        return np.where(real & (category >= 0), category * MANY + models, -1)
    if name == "item":
        return np.where(real, prompt * MANY + models, -1)
    if name == "own_model":
        return people * MANY + models
    if name == "own_item":
        return np.where(real, (people * MANY + prompt) * MANY + models, -1)
    left = {
        "side": np.zeros_like(people),
        "own_side": people,
        "session": people * MANY + prompt,
    }[name]
    keys: Integers = np.where(contests.sided[:, None], left, -1)
    return np.concatenate([keys, np.full_like(keys, -1)], axis=1)


def find_offsets(contests: Contests, bar: int, scales: Scales) -> tuple[list[Offsets], int]:
    """The offsets that the contests tell of, and how many weights they have."""
    found, start = [], 0
    for name, size in scales.parts.items():
        if size <= 0:
            continue
        keys = np.unique(offset_keys(name, contests, bar))
        keys = keys[keys >= 0]
        variance = np.full(len(keys), size)
        if name in ("model", "own_model"):
            variance[keys % MANY == bar] = scales.bar
        found.append(Offsets(name, keys, start, variance))
        start += len(keys)
    return found, start


class Design:
    """The utility differences of contests as a linear function of weights.

    Args:
        contests: The contests.
        bar: Number of the bar.
        popularity: (M + 1,) standardised popularity, 0 for the bar.
        offsets: Parts with an offset per key.
        likings: Parts with a weight per feature.
        size: Number of weights.
    """

    def __init__(
        self,
        contests: Contests,
        bar: int,
        popularity: Array,
        offsets: list[Offsets],
        likings: list[Likings],
        size: int,
    ) -> None:
        self.size = size
        shape = (len(contests), 2)
        columns = [o.find(offset_keys(o.name, contests, bar), size) for o in offsets]
        self._columns = np.stack(columns) if columns else np.zeros((0, *shape), dtype=np.int64)
        pop = popularity[contests.models]
        phi = np.concatenate([(pop[:, :1] - pop[:, 1:]), contests.features], axis=1)
        self._phi: list[Array] = []
        self._at: list[Integers] = []
        groups = {
            "content": np.zeros(len(contests), dtype=np.int64),
            "kind": contests.category,
            "taste": contests.person,
        }
        for part in likings:
            width = part.root.shape[1]
            number = groups[part.name]
            place = np.minimum(np.searchsorted(part.groups, number), max(len(part.groups) - 1, 0))
            known = part.groups[place] == number if len(part.groups) else np.zeros(len(number)) > 0
            at = part.start + place[:, None] * width + np.arange(width)
            self._at.append(np.where(known[:, None], at, size))
            self._phi.append(phi @ part.root)

    def differences(self, weights: Array) -> Array:
        """(n,) utility differences."""
        padded = np.append(weights, 0.0)
        left, right = padded[self._columns[..., 0]], padded[self._columns[..., 1]]
        total: Array = (left - right).sum(axis=0)
        for phi, at in zip(self._phi, self._at, strict=True):
            total = total + np.einsum("nr,nr->n", phi, padded[at])
        return total

    def gather(self, values: Array) -> Array:
        """(size,) transpose of :meth:`differences`."""
        total = np.zeros(self.size + 1)
        for column in self._columns:
            total += np.bincount(column[:, 0], values, self.size + 1)
            total -= np.bincount(column[:, 1], values, self.size + 1)
        for phi, at in zip(self._phi, self._at, strict=True):
            total += np.bincount(at.ravel(), (phi * values[:, None]).ravel(), self.size + 1)
        return total[:-1]

    def diagonal(self, values: Array) -> Array:
        """(size,) diagonal of ``design' diag(values) design``."""
        total = np.zeros(self.size + 1)
        for column in self._columns:
            for side in column.T:
                total += np.bincount(side, values, self.size + 1)
        for phi, at in zip(self._phi, self._at, strict=True):
            total += np.bincount(at.ravel(), (phi**2 * values[:, None]).ravel(), self.size + 1)
        return total[:-1]
