"""A comparison of images that somebody has chosen and knows the makers of."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gemrec.arena.tickets import TicketOffice
from gemrec.errors import InputError
from gemrec.records import (
    LARGEST_RANKING,
    Battle,
    BattleForm,
    BattleMode,
    Image,
    Prompt,
    Showing,
)
from gemrec.store import Store

CHOSEN_IMAGES = "chosen images"
"""The policy of such battles: no model was drawn, so they have no propensity."""

_PAIR = 2


def open_comparison(
    store: Store,
    tickets: TicketOffice,
    annotator_id: str,
    images: Sequence[Image],
    now: datetime,
    new_id: Callable[[], str],
) -> Battle:
    """Store a named battle that shows one image per model; it waits like any other battle.

    Args:
        store: Where to.
        tickets: Issues the right to vote.
        annotator_id: Whose battle it is.
        images: 2 to 8 images of one prompt, each by another model.
        now: Time of opening.
        new_id: Names the battle and its showings.

    Raises:
        InputError: The images do not make a comparison.
    """
    if not _PAIR <= len(images) <= LARGEST_RANKING:
        raise InputError(
            f"selection: got {len(images)} images; a ranking takes {_PAIR} to {LARGEST_RANKING}"
        )
    prompts = {image.prompt for image in images}
    if len(prompts) > 1:
        raise InputError(
            f"selection: got images of {len(prompts)} prompts; a ranking takes images of one prompt"
        )
    models = tuple(image.model_id for image in images)
    if len(set(models)) < len(models):
        raise InputError(
            "selection: got two images of one model; a ranking takes one image of each"
        )
    first = images[0]
    battle = Battle(
        id=new_id(),
        annotator_id=annotator_id,
        prompt=first.prompt,
        category=first.category,
        mode=BattleMode.NAMED,
        models=models,
        seeds=(first.seed,),
        policy=CHOSEN_IMAGES,
        propensity=None,
        opened_at=now,
        form=BattleForm.PAIR if len(images) == _PAIR else BattleForm.RANKING,
    )
    store.prompts.add(Prompt(first.prompt, first.category))
    store.battles.open(battle)
    store.battles.show(
        [Showing(new_id(), battle.id, image.id, side, 0) for side, image in enumerate(images)]
    )
    tickets.issue(battle, annotator_id)
    return battle
