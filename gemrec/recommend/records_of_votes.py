"""How models fared in one person's votes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gemrec.records import BattleMode, Outcome, Vote


@dataclass(frozen=True, slots=True)
class Record:
    """How one model fared in one person's votes that stand.

    Attributes:
        wins: Comparisons in which it was preferred.
        losses: Comparisons in which the other one was.
        ties: Comparisons without a preference, of any kind.
        votes: Ids of these vote events, each once.
        rivals: Comparisons per model that it met, the first met first.
        prompts: Different prompts among them.
    """

    wins: int = 0
    losses: int = 0
    ties: int = 0
    votes: tuple[int, ...] = ()
    rivals: Mapping[str, int] = field(default_factory=dict)
    prompts: int = 0

    @property
    def comparisons(self) -> int:
        """All of them."""
        return self.wins + self.losses + self.ties


def records_of(votes: Iterable[Vote]) -> dict[str, Record]:
    """The record of every model in the votes; a ranking counts as the pairs that it decides."""
    tallies: dict[str, _Tally] = {}
    for vote in votes:
        for pair in vote.pairs:
            for side, model_id in enumerate(pair.models):
                tally = tallies.get(model_id)
                if tally is None:
                    tally = tallies[model_id] = _Tally()
                tally.add(vote, pair.models[1 - side], pair.outcome, side)
    return {model_id: tally.record() for model_id, tally in tallies.items()}


def record_of(model_id: str, votes: Iterable[Vote]) -> Record:
    """The record of one model."""
    tally = _Tally()
    for vote in votes:
        if model_id not in vote.models:
            continue
        for pair in vote.pairs:
            if model_id in pair.models:
                side = pair.models.index(model_id)
                tally.add(vote, pair.models[1 - side], pair.outcome, side)
    return tally.record()


def blind_votes_on(model_id: str, votes: Iterable[Vote]) -> float:
    """How much of the votes is evidence for everybody about a model."""
    return sum(
        pair.weight
        for vote in votes
        if vote.mode is BattleMode.BLIND
        for pair in vote.pairs
        if model_id in pair.models
    )


@dataclass(slots=True)
class _Tally:
    wins: int = 0
    losses: int = 0
    ties: int = 0
    votes: dict[int, None] = field(default_factory=dict)
    rivals: dict[str, int] = field(default_factory=dict)
    prompts: set[str] = field(default_factory=set)

    def add(self, vote: Vote, rival: str, outcome: Outcome, side: int) -> None:
        if outcome is Outcome.LEFT or outcome is Outcome.RIGHT:
            won = (outcome is Outcome.LEFT) == (side == 0)
            self.wins += won
            self.losses += not won
        else:
            self.ties += 1
        self.votes[vote.id] = None
        self.prompts.add(vote.prompt)
        self.rivals[rival] = self.rivals.get(rival, 0) + 1

    def record(self) -> Record:
        return Record(
            self.wins,
            self.losses,
            self.ties,
            tuple(self.votes),
            dict(self.rivals),
            len(self.prompts),
        )
