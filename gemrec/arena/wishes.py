"""What a person asks the arena for, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemrec.arena.checks import check_images, check_prompt
from gemrec.arena.events import ArenaLimits
from gemrec.errors import InputError
from gemrec.records import LARGEST_RANKING, SMALLEST_RANKING, BattleForm, BattleMode, Prompt

PAIR = 2
"""Sides of every battle that is no ranking."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One battle as it was asked for; equal wishes ask for the same kind of battle.

    Attributes:
        prompt: What all models are asked for.
        models: Model ids to choose from; empty for all that can run here.
        images: Images per side.
        mode: Blind or named.
        form: Pair, king or ranking.
        sides: 2, or 3 to 8 for a ranking.
        king: Id of the newest battle of the run that goes on; None starts one. Only with ``KING``.
    """

    prompt: Prompt
    models: tuple[str, ...] = ()
    images: int = 4
    mode: BattleMode = BattleMode.BLIND
    form: BattleForm = BattleForm.PAIR
    sides: int = PAIR
    king: str | None = None


def make_wish(
    prompt: Prompt,
    models: Sequence[str] | None,
    images: int,
    mode: BattleMode,
    form: BattleForm,
    sides: int,
    king: str | None,
    limits: ArenaLimits,
) -> Wish:
    """Check what was asked for.

    Raises:
        InputError: Something is out of range or does not go together.
        PromptError: The prompt is empty or too long.
    """
    form, mode = BattleForm(form), BattleMode(mode)
    is_whole = isinstance(sides, int) and not isinstance(sides, bool)
    fits = is_whole and (
        SMALLEST_RANKING <= sides <= LARGEST_RANKING
        if form is BattleForm.RANKING
        else sides == PAIR
    )
    if not fits:
        allowed = f"{SMALLEST_RANKING} to {LARGEST_RANKING} to rank, {PAIR} otherwise"
        raise InputError(f"sides: got {sides!r}; allowed: {allowed}")
    if form is BattleForm.KING and mode is not BattleMode.BLIND:
        raise InputError("mode: got 'named' for a king's run; allowed: 'blind'")
    if king is not None and form is not BattleForm.KING:
        raise InputError(f"king: got {king!r} with form {str(form)!r}; allowed: only with 'king'")
    return Wish(
        prompt=check_prompt(prompt, limits),
        models=tuple(dict.fromkeys(models or ())),
        images=check_images(images, limits),
        mode=mode,
        form=form,
        sides=sides,
        king=king,
    )
