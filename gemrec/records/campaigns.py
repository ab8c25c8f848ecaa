"""Studies: what is judged, by how many, and who judges what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CampaignState(StrEnum):
    """``PAUSED`` gives nothing out for a while; ``CLOSED`` never again."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class AssignmentKind(StrEnum):
    """``GOLD`` has an answer that is known; ``REPEAT`` asks again with the sides swapped."""

    ITEM = "item"
    GOLD = "gold"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class CampaignItem:
    """Two models on one prompt.

    Attributes:
        number: Place in the study, from 0.
        prompt: The prompt's text.
        category: Its topic.
        models: (first, second); which one stands on the left differs from person to person.
        seeds: Seed of image k on both sides, so that everybody judges the same images.
        gold: The known answer, ``first``, ``second`` or an outcome's word; None for most items.
    """

    number: int
    prompt: str
    category: str
    models: tuple[str, str]
    seeds: tuple[int, ...]
    gold: str | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A study as it is stored.

    Attributes:
        id: Chosen by its owner.
        spec: The specification, as JSON.
        state: Whether it gives work out.
        created_at: When it was made.
        closed_at: When it was closed; None while it is not.
    """

    id: str
    spec: str
    state: CampaignState
    created_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One item given to one person for a while.

    Attributes:
        id: Row number.
        campaign_id: The study.
        item: What is judged.
        annotator_id: By whom.
        kind: An item, gold, or a repeat.
        is_turned: Whether the second model stands on the left.
        battle_id: Id that its battle has, or will have.
        expires_at: From then on it is somebody else's.
    """

    id: int
    campaign_id: str
    item: CampaignItem
    annotator_id: str
    kind: AssignmentKind
    is_turned: bool
    battle_id: str
    expires_at: datetime

    @property
    def models(self) -> tuple[str, str]:
        """(left, right)."""
        first, second = self.item.models
        return (second, first) if self.is_turned else (first, second)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody said about an item, as it stands.

    Attributes:
        annotator_id: Who.
        item: Number of the item.
        kind: An item, gold, or a repeat.
        is_turned: Whether the second model stood on the left.
        outcome: What was said about (left, right); a word of :class:`~gemrec.records.Outcome`.
        dwell_ms: How long it took; None when unknown.
        cast_at: When it was first said.
    """

    annotator_id: str
    item: int
    kind: AssignmentKind
    is_turned: bool
    outcome: str
    dwell_ms: int | None
    cast_at: datetime

    @property
    def answer(self) -> str:
        """The outcome about (first, second), whichever stood on the left."""
        sides = ("second", "first") if self.is_turned else ("first", "second")
        return {"left": sides[0], "right": sides[1]}.get(self.outcome, self.outcome)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands in a study.

    Attributes:
        annotator_id: Who.
        answered: Judgements that stand, gold and repeats among them.
        skipped: Items that they skipped or took back.
        holding: Items that they hold now.
        golds: Gold items that they answered.
        wrong: Gold items that they got wrong.
    """

    annotator_id: str
    answered: int
    skipped: int
    holding: int
    golds: int
    wrong: int
