"""Puts the arena together."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from gemrec.arena.battles import Arena
from gemrec.arena.choosing import ModelChooser
from gemrec.arena.cooldown import Cooldown
from gemrec.arena.drawing import Draw
from gemrec.arena.events import ArenaLimits
from gemrec.arena.evidence import EvidenceDesk
from gemrec.arena.likeness import Likeness
from gemrec.arena.limits import RateLimits
from gemrec.arena.opener import Opener
from gemrec.arena.planning import Planner
from gemrec.arena.preparing import Preparations, Workshop
from gemrec.arena.tickets import TicketOffice
from gemrec.arena.voting import VoteDesk
from gemrec.catalog import Catalog
from gemrec.generation import GridService
from gemrec.recommend import Refresher
from gemrec.records import Image, Prompt
from gemrec.store import Store

_ID_BYTES = 12


def random_id() -> str:
    """A random name that cannot be guessed and says nothing."""
    return secrets.token_hex(_ID_BYTES)


def build_arena(
    store: Store,
    catalog: Catalog,
    grids: GridService,
    tickets: TicketOffice,
    draw: Draw,
    refresher: Refresher,
    clock: Callable[[], datetime],
    rng_factory: Callable[[], np.random.Generator],
    limits: ArenaLimits,
    rates: RateLimits,
    on_images: Callable[[Prompt, Sequence[Image]], None],
    vectors: Callable[[Sequence[Image]], Mapping[int, NDArray[np.float32]]],
    new_id: Callable[[], str] = random_id,
) -> Arena:
    """Build an arena.

    Args:
        store: Battles, tickets and votes.
        catalog: The models.
        grids: Makes the images.
        tickets: Issues and reads tickets.
        draw: Draws models when people leave them open.
        refresher: Is nudged after each vote; also knows the ratings and what votes say so far.
        clock: Now, timezone-aware UTC.
        rng_factory: A fresh random generator per battle.
        limits: What people may ask for.
        rates: How often they may ask.
        on_images: Told the prompt and the images of a battle as they come.
        vectors: The embeddings that are there already, by image id; must not wait.
        new_id: Names battles and showings; must not be guessable.
    """

    def name_of(model_id: str) -> str:
        """Display name of a model, also of one that has left the catalog."""
        model = catalog.models.get(model_id)
        return store.models.known().get(model_id, model_id) if model is None else model.name

    cooldown = Cooldown(clock)
    chooser = ModelChooser(catalog, grids.problem, draw, EvidenceDesk(refresher), cooldown)
    planner = Planner(store, catalog, chooser, clock, rng_factory)
    opener = Opener(
        store,
        planner,
        grids,
        tickets,
        cooldown,
        Likeness(vectors),
        clock,
        new_id,
        on_images,
        name_of,
    )
    workshop = Workshop(planner, grids, opener, on_images, opener.note_failure)
    votes = VoteDesk(store, tickets, refresher, rates, limits, clock, name_of)
    return Arena(
        store,
        chooser,
        planner,
        opener,
        Preparations(workshop, clock),
        votes,
        clock,
        limits,
        rates,
        name_of,
    )
