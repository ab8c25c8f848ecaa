"""Online Elo: one number per model that moves at once after a vote; for display only.

Elo depends on the order of the votes and never settles, so nothing is ranked or decided by it. A
changed vote cannot be taken out of it: replay the remaining votes instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gemrec.records import BattleMode, EventKind, Outcome, RatingChange, Vote

K: Final = 16.0  # points at stake in one vote
BASE: Final = 1000.0  # rating of a model without votes
SCALE: Final = 400.0  # points per factor 10 in odds

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
        """Build the table from current votes (superseded ones left out), in the order given."""
        table = cls(k, base)
        for vote in votes:
            table.apply(vote)
        return table

    @classmethod
    def starting_from(cls, ratings: Mapping[str, float]) -> "EloTable":
        """A table that goes on from displayed ratings, such as the ``elo`` of a board's rows."""
        return cls(_ratings=dict(ratings))

    def rating(self, model_id: str) -> float:
        """The model's rating; ``base`` before its first vote."""
        return self._ratings.get(model_id, self.base)

    def ratings(self) -> Mapping[str, float]:
        """A copy of the ratings of all models that have votes."""
        return MappingProxyType(dict(self._ratings))

    def apply(self, vote: Vote) -> Mapping[str, RatingChange]:
        """Take in one vote event; skips, undos and named comparisons move nothing.

        An edit moves the ratings like a new vote only in a replay that leaves out the vote it
        supersedes.
        """
        self.last_vote_id = max(self.last_vote_id, vote.id)
        if vote.mode is not BattleMode.BLIND or vote.kind is EventKind.UNDO or vote.outcome is None:
            return {}
        moved: dict[str, RatingChange] = {}
        for pair in vote.pairs:
            for model_id, change in self.update(*pair.models, pair.outcome, pair.weight).items():
                before = moved.get(model_id, change).before
                moved[model_id] = RatingChange(before, change.after)
        return moved

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
        before_left, before_right = self.rating(left), self.rating(right)
        expected = 1.0 / (1.0 + 10.0 ** ((before_right - before_left) / SCALE))
        step = weight * self.k * (score - expected)
        self._ratings[left] = before_left + step
        self._ratings[right] = before_right - step
        return {
            left: RatingChange(before_left, before_left + step),
            right: RatingChange(before_right, before_right - step),
        }
