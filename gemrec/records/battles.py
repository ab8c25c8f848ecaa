"""Battles, and the people who see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SMALLEST_RANKING = 3
LARGEST_RANKING = 8


class BattleMode(StrEnum):
    """Whether the models were hidden; only blind battles enter the public board."""

    BLIND = "blind"
    NAMED = "named"


class BattleForm(StrEnum):
    """What the annotator is asked for.

    ``PAIR`` compares two grids. ``KING`` does too, but the winner of the last one stays and meets a
    challenger. ``RANKING`` puts three to eight grids or images in order.
    """

    PAIR = "pair"
    KING = "king"
    RANKING = "ranking"


@dataclass(frozen=True, slots=True)
class Annotator:
    """A person who votes: a random id and the name they chose, if any."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Battle:
    """Two or more sides shown against each other on one prompt.

    Attributes:
        id: Random id.
        annotator_id: Who sees it.
        prompt: The prompt's text.
        category: The prompt's category.
        mode: Blind or named.
        models: Model id per side, as shown: (left, right), or in the order of a ranking's sides. In
            a ranking of images one model may stand on several sides.
        seeds: Seed of image k on every side.
        policy: Name of the sampler that chose the models.
        propensity: Probability with which the sampler chose them, 0..1; None when people chose.
        opened_at: When.
        form: A pair, a pair in a king's run, or a ranking.
        campaign: Id of the study that it belongs to; empty for none.
        run: Id of the king's run that it belongs to; empty for none.
        king: Side of the reigning model in a king's run; None in its first battle and elsewhere.
    """

    id: str
    annotator_id: str
    prompt: str
    category: str
    mode: BattleMode
    models: tuple[str, ...]
    seeds: tuple[int, ...]
    policy: str
    propensity: float | None
    opened_at: datetime
    form: BattleForm = BattleForm.PAIR
    campaign: str = ""
    run: str = ""
    king: int | None = None
