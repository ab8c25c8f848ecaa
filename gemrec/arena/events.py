"""What an opening battle tells its caller, step by step, and the limits it keeps to."""

from dataclasses import dataclass

from gemrec.records import BattleMode, Prompt

LABELS = ("A", "B")


@dataclass(frozen=True, slots=True)
class ArenaLimits:
    """What a person may ask for.

    Attributes:
        prompt_length: Most characters of a prompt.
        images: Most images per side of one battle.
    """

    prompt_length: int = 300
    images: int = 9


@dataclass(frozen=True, slots=True)
class BattleProgress:
    """How far the whole battle is (0..1, both sides as one number) and what is happening."""

    fraction: float
    message: str


@dataclass(frozen=True, slots=True)
class BattleImages:
    """Image ``position`` is ready.

    Attributes:
        position: 0-based place in both grids.
        names: Random showing name per side. Blind battles always fill both; in a named one a side
            that is not ready yet is None.
    """

    position: int
    names: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class BattleFailed:
    """No contest: the battle ended without a ticket; ``reason`` says what to do next."""

    reason: str


@dataclass(frozen=True, slots=True)
class Side:
    """One grid of a battle.

    Attributes:
        label: ``A`` (left) or ``B`` (right).
        names: Showing name of every image, in order.
        model_name: The model's display name in a named comparison; None while it is hidden.
    """

    label: str
    names: tuple[str, ...]
    model_name: str | None = None


@dataclass(frozen=True, slots=True)
class BattleReady:
    """A battle that can be voted on.

    Attributes:
        battle_id: Random id.
        ticket: The signed, single-use right to vote.
        sides: (left, right).
        prompt: What both sides were asked for.
        mode: Blind or named.
    """

    battle_id: str
    ticket: str
    sides: tuple[Side, Side]
    prompt: Prompt
    mode: BattleMode = BattleMode.BLIND


ArenaEvent = BattleProgress | BattleImages | BattleFailed | BattleReady
