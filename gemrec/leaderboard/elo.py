"""Online Elo: one number per model that moves at once after a vote; for display only.

Elo depends on the order of the votes and never settles, so nothing is ranked or decided by it. Each
vote moves the ratings by steps that are remembered; when the vote is edited or taken back, so are
its steps. A rating is therefore the base plus the steps of the votes that stand, each as large as
it was when the vote was cast.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gemrec.records import BattleMode, EventKind, Outcome, RatingChange, Vote

K: Final = 16.0  # points at stake in one vote
BASE: Final = 1000.0  # rating of a model without votes
SCALE: Final = 400.0  # points per factor 10 in odds

# Steps are whole multiples of this many points, so that sums of them are exact in any order and a
# vote that is taken back leaves nothing behind.
_GRAIN: Final = 2.0**-20

Steps = tuple[float, ...]
"""Points won by the first model of each pair that a vote implies, in the order of ``Vote.pairs``."""

_SCORES: Final[Mapping[Outcome, float]] = MappingProxyType(
    {
        Outcome.LEFT: 1.0,
        Outcome.RIGHT: 0.0,
        Outcome.TIE: 0.5,
        Outcome.BOTH_GOOD: 0.5,
        Outcome.BOTH_BAD: 0.5,
    }
)


@dataclass
class EloTable:
    """Elo ratings that follow the votes in order.

    Attributes:
        k: Points at stake in one vote.
        base: Rating of a model without votes.
        last_vote_id: Id of the newest event taken in.

    Example:
        >>> table = EloTable()
        >>> table.update("a", "b", Outcome.LEFT)["a"]
        RatingChange(before=1000.0, after=1008.0)
    """

    k: float = K
    base: float = BASE
    last_vote_id: int = 0
    _ratings: dict[str, float] = field(default_factory=dict)

    @classmethod
    def replay(cls, votes: Iterable[Vote], *, k: float = K, base: float = BASE) -> "EloTable":
        """Build the table from votes in the order given, superseded ones left out."""
        table = cls(k, base)
        for vote in votes:
            table.apply(vote)
        return table

    @classmethod
    def starting_from(cls, ratings: Mapping[str, float], last_vote_id: int = 0) -> "EloTable":
        """A table that goes on from ratings, such as the ``elo`` of a board's rows."""
        return cls(last_vote_id=last_vote_id, _ratings=dict(ratings))

    def copy(self) -> "EloTable":
        """The same ratings, apart from this table."""
        return EloTable(self.k, self.base, self.last_vote_id, dict(self._ratings))

    def rating(self, model_id: str) -> float:
        """The model's rating; ``base`` before its first vote."""
        return self._ratings.get(model_id, self.base)

    def ratings(self) -> Mapping[str, float]:
        """A copy of the ratings of all models that have votes."""
        return MappingProxyType(dict(self._ratings))

    def apply(self, vote: Vote) -> Mapping[str, RatingChange]:
        """Take in one vote event; skips, undos and named comparisons move nothing.

        Returns:
            Rating before and after per model id that the vote is about.
        """
        before = {model_id: self.rating(model_id) for model_id in vote.models}
        if not self.take_in(vote):
            return {}
        return {m: RatingChange(rating, self.rating(m)) for m, rating in before.items()}

    def take_in(self, vote: Vote) -> Steps:
        """Take in one vote event and return the steps it made; none for what moves nothing."""
        self.last_vote_id = max(self.last_vote_id, vote.id)
        if not moves_ratings(vote):
            return ()
        return tuple(
            self._step(*pair.models, _SCORES[pair.outcome], pair.weight) for pair in vote.pairs
        )

    def take_back(self, vote: Vote, steps: Sequence[float]) -> None:
        """Undo the steps that a vote made, however long ago."""
        for pair, step in zip(vote.pairs, steps, strict=True):
            self._move(*pair.models, -step)

    def update(
        self, left: str, right: str, outcome: Outcome, weight: float = 1.0
    ) -> Mapping[str, RatingChange]:
        """Move both ratings by ``weight · k · (score - expected score)``.

        Returns:
            Change per model id; empty for a skip.
        """
        score = _SCORES.get(outcome)
        if score is None:
            return {}
        before = {model_id: self.rating(model_id) for model_id in (left, right)}
        self._step(left, right, score, weight)
        return {m: RatingChange(rating, self.rating(m)) for m, rating in before.items()}

    def _step(self, left: str, right: str, score: float, weight: float) -> float:
        expected = 1.0 / (1.0 + 10.0 ** ((self.rating(right) - self.rating(left)) / SCALE))
        step = float(round(weight * self.k * (score - expected) / _GRAIN)) * _GRAIN
        self._move(left, right, step)
        return step

    def _move(self, left: str, right: str, step: float) -> None:
        self._ratings[left] = self.rating(left) + step
        self._ratings[right] = self.rating(right) - step


def moves_ratings(vote: Vote) -> bool:
    """Whether an event is evidence for everybody: a blind preference between different models."""
    return vote.mode is BattleMode.BLIND and vote.kind is not EventKind.UNDO and vote.is_comparison
