"""What is the same for all people about the models on offer, kept so that each vote need not ask again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.contests import Integers
from gemrec.preference.davidson import Array
from gemrec.preference.everybody import Everybody
from gemrec.preference.features import FeatureTable

_MOST: Final = 32  # offers remembered; a new one beyond forgets the oldest
_FOLLOWED: Final = 4  # offers that are made again before somebody asks


_CATEGORY_WEIGHT: Final = 2.0  # neighbours' worth of the model's usual look in the category
_NEIGHBOURS: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What pictures are asked for.

    Attributes:
        category: The prompt's category, empty when unknown.
        prompt: Its text, empty for any prompt of the category.
        near: Prompts with pictures like it, the most alike first; it may be one itself.
    """

    category: str = ""
    prompt: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """Everybody's part of n models' utilities on a kind of prompt; immutable.

    Attributes:
        rows: (n,) numbers of the models.
        phi: (n, r) expected features, zeros where unknown.
        mean: (n,) everybody's liking, logits.
        doubt: (n,) variances that everybody's part leaves open.
    """

    rows: Integers
    phi: Array
    mean: Array
    doubt: Array

    def followed_by(self, other: "Offer") -> "Offer":
        """These items and then some more."""
        return Offer(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.phi, other.phi]),
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.doubt, other.doubt]),
        )


class Offers:
    """Makes offers and remembers the last ones; their number is bounded.

    Args:
        everybody: The shared part.
        features: What pictures look like.
    """

    def __init__(self, everybody: Everybody, features: FeatureTable) -> None:
        self.everybody, self.features = everybody, features
        self._made: dict[tuple[tuple[str, ...], Asked], Offer] = {}

    def followed(self, everybody: Everybody, features: FeatureTable) -> "Offers":
        """The last few offers made again from another shared part."""
        new = Offers(everybody, features)
        for models, asked in list(self._made)[-_FOLLOWED:]:
            if everybody.index.keys() >= set(models):
                new.models(models, asked)
        return new

    def models(self, models: Sequence[str], asked: Asked) -> Offer:
        """The offer of some models' next pictures.

        Raises:
            KeyError: A model is not in ``everybody.models``.
        """
        key = (tuple(models), asked)
        found = self._made.get(key)
        if found is None:
            phi, has_look = expected_looks(self.features, models, asked.category, asked.near)
            found = self.make(models, phi, has_look, asked)
            while len(self._made) >= _MOST:
                self._made.pop(next(iter(self._made)), None)
            self._made[key] = found
        return found

    def make(
        self, makers: Sequence[str], phi: Array, has_look: NDArray[np.bool_], asked: Asked
    ) -> Offer:
        """An offer of pictures.

        Args:
            makers: (n,) model ids.
            phi: (n, r) features.
            has_look: (n,) whether the features are known.
            asked: What is asked for.

        Raises:
            KeyError: A model is not in ``everybody.models``.
        """
        everybody = self.everybody
        rows = np.array([everybody.index[model_id] for model_id in makers], dtype=np.int64)
        kind, scales = everybody.category(asked.category), everybody.joint.scales
        prompt = everybody.numbers.prompts.get(asked.prompt, -1)
        # Taste in pictures nobody has embedded cannot be carried to other models; it is still there.
        unseen = np.where(has_look, 0.0, scales.content + scales.taste)
        doubt = everybody.doubt[rows] + everybody.category_doubt(rows, kind) + unseen
        return Offer(rows, phi, everybody.utilities(rows, kind, phi, prompt), doubt)


def expected_looks(
    features: FeatureTable, models: Sequence[str], category: str, near: Sequence[str] = ()
) -> tuple[Array, NDArray[np.bool_]]:
    """What to expect of models' next pictures: each one's look, drawn towards that on like prompts.

    Args:
        features: What pictures look like.
        models: (n,) model ids.
        category: The prompt's category.
        near: Prompts with pictures, the most alike first.

    Returns:
        (n, r) features, guesses for models without pictures and zeros without even those, and
        (n,) whether pictures tell.
    """
    rows = np.array([features.expected(m, category) for m in models], dtype=np.int64)
    known = rows >= 0
    if features.guesses:
        rows = np.array(
            [
                r if r >= 0 else features.guesses.get(m, -1)
                for m, r in zip(models, rows, strict=True)
            ]
        )
    total = features.looks[rows]
    total = total * _CATEGORY_WEIGHT
    weight = np.full(len(rows), _CATEGORY_WEIGHT)
    for prompt in near[:_NEIGHBOURS]:
        grids = np.array([features.grids.get((m, prompt), -1) for m in models], dtype=np.int64)
        total += features.looks[grids]  # the last row is zeros
        weight += grids >= 0
    return total / weight[:, None], known
