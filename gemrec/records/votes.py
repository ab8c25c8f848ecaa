"""What annotators say: outcomes and rankings, and the pairs that both imply."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType

from gemrec.records.battles import BattleForm, BattleMode
from gemrec.records.boards import RatingChange

Tiers = tuple[tuple[int, ...], ...]
"""A ranking: sides in tiers, best first; sides of one tier are tied, sides left out are unranked."""


class Outcome(StrEnum):
    """What an annotator said about one battle; ``SKIP`` is recorded but is no preference.

    ``RANKING`` stands for the order that the vote's ``ranking`` holds.
    """

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_GOOD = "both_good"
    BOTH_BAD = "both_bad"
    RANKING = "ranking"
    SKIP = "skip"

    @property
    def is_preference(self) -> bool:
        """Whether the outcome says anything about the models."""
        return self is not Outcome.SKIP


class EventKind(StrEnum):
    """What an entry of the append-only vote trail does."""

    CAST = "cast"
    EDIT = "edit"
    UNDO = "undo"


class ReasonTag(StrEnum):
    """Why a side was preferred, or a battle skipped, in the annotator's choice of words."""

    PROMPT_MATCH = "prompt_match"
    LOOKS = "looks"
    ARTEFACTS = "artefacts"
    STYLE = "style"


@dataclass(frozen=True, slots=True)
class Remarks:
    """What an annotator may add to a vote, and how they came to it; all of it optional.

    Attributes:
        reasons: Tags.
        best: (side, position) of the single best image; None when none was picked.
        skip_reason: Why a battle was skipped, in their words.
        dwell_ms: Milliseconds between showing and voting; None when unknown.
        zooms: How often images were enlarged before the vote; None when unknown.
    """

    reasons: tuple[ReasonTag, ...] = ()
    best: tuple[int, int] | None = None
    skip_reason: str = ""
    dwell_ms: int | None = None
    zooms: int | None = None


@dataclass(frozen=True, slots=True)
class ImpliedPair:
    """What a vote says about one pair of sides.

    Attributes:
        sides: The two sides.
        models: Their models, which differ.
        outcome: ``LEFT`` when the first is better, ``RIGHT``, or a kind of tie.
        size: Number of sides that the annotator judged together, 2 for a plain battle.
    """

    sides: tuple[int, int]
    models: tuple[str, str]
    outcome: Outcome
    size: int

    @property
    def weight(self) -> float:
        """How many independent comparisons the pair is worth, see :func:`pair_weight`."""
        return pair_weight(self.size)


def pair_weight(size: int) -> float:
    """The weight 2/k of one pair out of a ranking of k sides.

    A ranking is made of k-1 choices of the best of those left (Plackett 1975; Luce 1959), so its
    k(k-1)/2 pairs together count as k-1 comparisons and not as k(k-1)/2 independent ones. Breaking
    a ranking into all its pairs with equal weights keeps estimates consistent (Azari Soufiani et
    al. 2013, "Generalized Method-of-Moments for Rank Aggregation", full breaking); what dependence
    remains is the business of intervals clustered by annotator.

    Args:
        size: Number of sides judged together, at least 2.
    """
    return 2 / size


@dataclass(frozen=True, slots=True)
class Vote:
    """One entry of the append-only vote trail, joined with its battle.

    Attributes:
        id: Row number; later events have larger ids.
        battle_id: The battle voted on.
        annotator_id: Who voted.
        kind: Cast, edit or undo.
        outcome: What was said; None for an undo.
        models: Model id per side, as shown.
        prompt: The prompt's text.
        category: The prompt's category.
        mode: Blind or named.
        supersedes: Id of the event that this one replaces; None for a cast.
        cast_at: When.
        ranking: The order of a ranking; None for other outcomes.
        remarks: What else the annotator said.
        form: A pair, a pair in a king's run, or a ranking.
        campaign: Id of the study that it belongs to; empty for none.
    """

    id: int
    battle_id: str
    annotator_id: str
    kind: EventKind
    outcome: Outcome | None
    models: tuple[str, ...]
    prompt: str
    category: str
    mode: BattleMode
    supersedes: int | None
    cast_at: datetime
    ranking: Tiers | None = None
    remarks: Remarks = Remarks()
    form: BattleForm = BattleForm.PAIR
    campaign: str = ""

    @property
    def is_comparison(self) -> bool:
        """Whether it decides any pair of different models."""
        if self.outcome is None or not self.outcome.is_preference:
            return False
        if self.outcome is not Outcome.RANKING:
            return self.models[0] != self.models[1]
        return bool(self.pairs)

    @property
    def pairs(self) -> tuple[ImpliedPair, ...]:
        """The pairs that the vote decides; none for an undo or a skip.

        Two sides of one model say nothing about models and are left out, and so are unranked sides.
        """
        if self.outcome is None or not self.outcome.is_preference:
            return ()
        if self.outcome is not Outcome.RANKING:
            left, right = self.models
            return (ImpliedPair((0, 1), (left, right), self.outcome, 2),) if left != right else ()
        return tuple(ranked_pairs(self.ranking or (), self.models))


def ranked_pairs(ranking: Tiers, models: Sequence[str]) -> Iterator[ImpliedPair]:
    """The pairs that a ranking decides, the better side first.

    Args:
        ranking: Sides in tiers, best first.
        models: Model of each side; two sides of one model make no pair.
    """
    places = [(side, tier) for tier, sides in enumerate(ranking) for side in sides]
    for (first, high), (second, low) in combinations(places, 2):
        outcome = Outcome.TIE if high == low else Outcome.LEFT
        pair = models[first], models[second]
        if pair[0] != pair[1]:
            yield ImpliedPair((first, second), pair, outcome, len(places))


@dataclass(frozen=True, slots=True)
class Reveal:
    """What the annotator learns after a vote is committed.

    Attributes:
        vote: The stored vote.
        ratings: Elo change per model id.
        names: Display name per model id.
        is_hidden: Whether the models stay hidden because a king's run goes on; ``ratings`` and
            ``names`` are empty then, and ``vote.models`` must not leave the server.
    """

    vote: Vote
    ratings: Mapping[str, RatingChange] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_hidden: bool = False
