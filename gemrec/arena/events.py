"""What an opening battle tells its caller, step by step, and the limits it keeps to."""

from collections.abc import Callable
from dataclasses import dataclass

from gemrec.records import BattleForm, BattleMode, Prompt, Tiers

LABELS = "ABCDEFGH"
"""One letter per side, in order."""


def refuse_nothing(prompt: str) -> str | None:  # noqa: ARG001 - the form of every rule
    """For arenas whose owner allows all words."""
    return None


@dataclass(frozen=True, slots=True)
class ArenaLimits:
    """What a person may ask for.

    Attributes:
        prompt_length: Most characters of a prompt.
        images: Most images per side of one battle.
        reason_length: Most characters of the reason of a skip.
        refuse: Why a prompt may not be drawn, or None; counts what it refuses.
        consent: What people must have agreed to; empty for nothing.
    """

    prompt_length: int = 300
    images: int = 9
    reason_length: int = 500
    refuse: Callable[[str], str | None] = refuse_nothing
    consent: str = ""


@dataclass(frozen=True, slots=True)
class BattleProgress:
    """How far the whole battle is (0..1, all sides as one number) and what is happening."""

    fraction: float
    message: str


@dataclass(frozen=True, slots=True)
class BattleImages:
    """Image ``position`` is ready.

    Attributes:
        position: 0-based place in every grid.
        names: Random showing name per side. Blind battles always fill all; in a named one a side
            that is not ready yet is None.
    """

    position: int
    names: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class BattleReplaced:
    """The grids so far look the same; forget them, others for the same prompt follow."""

    reason: str


@dataclass(frozen=True, slots=True)
class BattleFailed:
    """No contest: the battle ended without a ticket; ``reason`` says what to do next."""

    reason: str


@dataclass(frozen=True, slots=True)
class Side:
    """One grid of a battle.

    Attributes:
        label: ``A`` (side 0, left), ``B`` (side 1, right) and so on to ``H``.
        names: Showing name of every image, in order.
        model_name: The model's display name in a named comparison; None while it is hidden.
    """

    label: str
    names: tuple[str, ...]
    model_name: str | None = None


@dataclass(frozen=True, slots=True)
class Reign:
    """Where a king's run stands; names nobody.

    Attributes:
        run: Id of the run.
        bout: Number of the battle in the run, from 1.
        king: Side of the reigning model; None in the first battle, where nobody reigns yet.
        wins: How often it has stayed.
    """

    run: str
    bout: int
    king: int | None = None
    wins: int = 0


@dataclass(frozen=True, slots=True)
class BattleReady:
    """A battle that can be voted on.

    Attributes:
        battle_id: Random id.
        ticket: The signed, single-use right to vote.
        sides: (left, right), or the three to eight sides of a ranking.
        prompt: What all sides were asked for.
        mode: Blind or named.
        form: What is asked for: a pair's outcome, or a ranking.
        draft: The order so far of a ranking that was resumed; None when none was saved.
        reign: Where the run stands; None outside a king's run.
    """

    battle_id: str
    ticket: str
    sides: tuple[Side, ...]
    prompt: Prompt
    mode: BattleMode = BattleMode.BLIND
    form: BattleForm = BattleForm.PAIR
    draft: Tiers | None = None
    reign: Reign | None = None


ArenaEvent = BattleProgress | BattleImages | BattleReplaced | BattleFailed | BattleReady
