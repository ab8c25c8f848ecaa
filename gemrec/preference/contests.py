"""What votes say, as arrays: contests between two sides, some of them against a person's own bar.

A pair is one contest. A ranking of k sides is all of its pairs, each with weight 2/k
(:func:`gemrec.records.votes.pair_weight`). ``both_good`` and ``both_bad`` are ties, and each of the
two sides is compared with the *bar* besides: a made-up model, the last one, whose utility is what
a picture must reach to satisfy this person. Contests with the bar cannot be ties.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.davidson import Array, margin
from gemrec.preference.features import FeatureTable
from gemrec.records import Outcome, Vote

Integers = NDArray[np.int64]

NEVER_MET: Final = (1 << 20) - 1
"""Number of people, prompts and categories that were not there when numbers were given."""
_NO_TIES: Final = -40.0  # logarithm of a tie weight that rounds to 0
_BAR_WEIGHT: Final = 0.5  # of a contest with the bar: the two of one vote say one thing
_BAR_WINS: Final = {Outcome.BOTH_BAD: -0.5, Outcome.BOTH_GOOD: 0.5}


@dataclass(frozen=True)
class Contests:
    """Contests as columns of length n; immutable.

    Attributes:
        person: Number of the person.
        models: (n, 2) numbers of the models; the bar's is the number of models.
        prompt: Number of the prompt.
        category: Number of its category; -1 for none.
        features: (n, r) of the first side less those of the second.
        margin: 0.5 where the first side was preferred, -0.5 the second, 0 neither.
        weight: How many independent contests it is worth, above 0.
        sided: Whether the first side was on the left and the second on the right.
        votes: Id of the vote event.
    """

    person: Integers
    models: Integers
    prompt: Integers
    category: Integers
    features: Array
    margin: Array
    weight: Array
    sided: NDArray[np.bool_]
    votes: Integers

    def __len__(self) -> int:
        return len(self.margin)

    @cached_property
    def cast(self) -> int:
        """How many vote events they are; those of one event stand next to each other."""
        return int(np.count_nonzero(np.diff(self.votes))) + 1 if len(self) else 0

    @classmethod
    def empty(cls, dim: int) -> "Contests":
        """No contests, with ``dim`` features."""
        none = np.zeros(0, dtype=np.int64)
        pairs, numbers = np.zeros((0, 2), dtype=np.int64), np.zeros(0)
        nothing = np.zeros((0, dim))
        return cls(
            none, pairs, none, none, nothing, numbers, numbers, np.zeros(0, dtype=np.bool_), none
        )

    @classmethod
    def join(cls, pieces: Sequence["Contests"]) -> "Contests":
        """All contests of some pieces, of which there is at least one."""
        return cls(
            *(np.concatenate([getattr(p, field.name) for p in pieces]) for field in fields(cls))
        )

    def only(self, rows: NDArray[np.bool_] | Integers) -> "Contests":
        """Some of the contests."""
        return Contests(*(getattr(self, field.name)[rows] for field in fields(self)))

    def tie_weights(self, bar: int, log_nu: float | Array) -> Array:
        """(n,) logarithms of the tie weight; contests with the bar have none."""
        return np.where((self.models == bar).any(axis=1), _NO_TIES, log_nu)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of people, prompts and categories."""

    people: dict[str, int]
    prompts: dict[str, int]
    categories: dict[str, int]


class Reader:
    """Turns votes into contests; gives numbers to people, prompts and categories as they come.

    Args:
        models: Model ids in the order of all arrays.
        features: What pictures look like.
        numbers: Numbers given before; nothing gets a new one then, it counts as never met.
    """

    def __init__(
        self, models: Sequence[str], features: FeatureTable, numbers: Numbers | None = None
    ) -> None:
        self.bar = len(models)
        self._index = {model_id: i for i, model_id in enumerate(models)}
        self._features = features
        self._given = numbers
        self.numbers = numbers or Numbers({}, {}, {})

    def read(self, votes: Iterable[Vote]) -> Contests:
        """Read votes; skips and undone ones say nothing.

        Named comparisons count: they are no evidence for the public board, but they are what this
        person said.

        Args:
            votes: Votes that stand, on known models.
        """
        rows = [row for vote in votes for row in self._rows(vote)]
        if not rows:
            return Contests.empty(self._features.dim)
        person, models, looks, prompt, category, margins, weight, sided, ids = zip(
            *rows, strict=True
        )
        phi = self._features.looks[np.array(looks, dtype=np.int64)]
        return Contests(
            person=np.array(person, dtype=np.int64),
            models=np.array(models, dtype=np.int64),
            prompt=np.array(prompt, dtype=np.int64),
            category=np.array(category, dtype=np.int64),
            features=phi[:, 0] - phi[:, 1],
            margin=np.array(margins),
            weight=np.array(weight),
            sided=np.array(sided, dtype=np.bool_),
            votes=np.array(ids, dtype=np.int64),
        )

    def _rows(self, vote: Vote) -> Iterator[tuple[object, ...]]:
        person = self._number(self.numbers.people, vote.annotator_id)
        prompt = self._number(self.numbers.prompts, vote.prompt)
        category = -1
        if vote.category:
            category = self._number(self.numbers.categories, vote.category)
        sided = vote.outcome is not Outcome.RANKING
        for pair in vote.pairs:
            models = tuple(self._index[m] for m in pair.models)
            looks = tuple(self._features.grid(m, vote.prompt, vote.category) for m in pair.models)
            there = (prompt, category)
            yield (
                person, models, looks, *there, margin(pair.outcome), pair.weight, sided, vote.id
            )  # fmt: skip
            bar = _BAR_WINS.get(pair.outcome)
            if bar is None:
                continue
            for model, look in zip(models, looks, strict=True):
                sides = (model, self.bar), (look, -1)
                yield (person, *sides, *there, bar, _BAR_WEIGHT, False, vote.id)

    def _number(self, numbers: dict[str, int], name: str) -> int:
        if self._given is not None:
            return numbers.get(name, NEVER_MET)
        return numbers.setdefault(name, len(numbers))
