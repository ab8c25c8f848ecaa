"""From a wish to a plan: models, sides and seeds of one battle."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from gemrec.arena.choosing import CHOSEN, ModelChooser
from gemrec.arena.drawing import Choice
from gemrec.arena.kings import run_to_continue
from gemrec.arena.wishes import Wish
from gemrec.catalog import Catalog
from gemrec.errors import InputError
from gemrec.generation import GridRequest
from gemrec.records import Assignment, Battle, Prompt
from gemrec.store import Store

_SEED_LIMIT = 2**31


@dataclass(frozen=True, slots=True)
class Plan:
    """A battle that could be opened.

    Attributes:
        annotator_id: For whom.
        wish: What was asked for.
        choice: The models.
        seeds: Seed of image k on every side.
        run: Id of the king's run that it goes on with; empty for none or a new one.
        campaign: Id of the study that gave it out; empty for none.
        battle_id: Id that the battle must have; empty draws one.
        until: When its ticket ends at the latest; None for the usual time.
    """

    annotator_id: str
    wish: Wish
    choice: Choice
    seeds: tuple[int, ...]
    run: str = ""
    campaign: str = ""
    battle_id: str = ""
    until: datetime | None = None

    @property
    def pair(self) -> frozenset[str]:
        """The models without their order."""
        return frozenset(self.choice.models)

    def battle(self, battle_id: str, now: datetime, run: str) -> Battle:
        """The battle to store when it is opened."""
        return Battle(
            id=battle_id,
            annotator_id=self.annotator_id,
            prompt=self.wish.prompt.text,
            category=self.wish.prompt.category,
            mode=self.wish.mode,
            models=self.choice.models,
            seeds=self.seeds,
            policy=self.choice.policy,
            propensity=self.choice.propensity,
            opened_at=now,
            form=self.wish.form,
            campaign=self.campaign,
            run=run,
            king=self.choice.king,
        )


class Planner:
    """Makes plans; stores nothing.

    Args:
        store: Knows the king's runs.
        catalog: The models.
        chooser: Chooses models.
        clock: Now, timezone-aware UTC.
        rng_factory: A fresh random generator per plan.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        chooser: ModelChooser,
        clock: Callable[[], datetime],
        rng_factory: Callable[[], np.random.Generator],
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._chooser = chooser
        self._clock = clock
        self._rng_factory = rng_factory

    def plan(self, annotator_id: str, wish: Wish, avoid: Collection[frozenset[str]] = ()) -> Plan:
        """Choose models and seeds.

        Args:
            annotator_id: Who will vote.
            wish: What was asked for.
            avoid: Pairs that were just found to look the same.

        Raises:
            InputError: The annotator is unknown, too few models, or the run cannot go on.
            UnknownModelError: A model id is not in the catalog.
        """
        if self._store.annotators.get(annotator_id) is None:
            raise InputError(f"annotator: got {annotator_id!r}; allowed: one who has signed in")
        rng = self._rng_factory()
        if wish.king is not None:
            return self._challenge(annotator_id, wish, wish.king, rng, avoid)
        choice = self._chooser.choose(annotator_id, wish, rng, avoid=avoid)
        seeds = tuple(int(seed) for seed in rng.integers(_SEED_LIMIT, size=wish.images))
        return Plan(annotator_id, wish, choice, seeds)

    def requests(self, plan: Plan) -> list[GridRequest]:
        """One grid request per side."""
        models = [self._catalog.get(model_id) for model_id in plan.choice.models]
        return [GridRequest(model, plan.wish.prompt, plan.seeds) for model in models]

    def _challenge(
        self,
        annotator_id: str,
        wish: Wish,
        battle_id: str,
        rng: np.random.Generator,
        avoid: Collection[frozenset[str]],
    ) -> Plan:
        """The next battle of a king's run."""
        open_ids = self._store.runs.open_ids(annotator_id, self._clock())
        run = run_to_continue(self._store, battle_id, annotator_id, open_ids)
        first = run.battles[0]
        if wish.prompt.text != first.prompt:
            raise InputError(
                f"prompt: got {wish.prompt.text!r}; a king's run stays with {first.prompt!r}"
            )
        # One who looked the same as the king has been in a battle of the run, but not in a bout.
        met = run.met.union(*avoid)
        choice = self._chooser.choose(annotator_id, wish, rng, king=run.king, met=met)
        same = replace(wish, images=len(first.seeds))
        return Plan(annotator_id, same, choice, first.seeds, run.id)


def assigned_plan(assignment: Assignment) -> Plan:
    """The plan of a study's item, in which nothing is left to chance."""
    item = assignment.item
    wish = Wish(Prompt(item.prompt, item.category), assignment.models, len(item.seeds))
    return Plan(
        assignment.annotator_id,
        wish,
        Choice(assignment.models, CHOSEN, None),
        item.seeds,
        campaign=assignment.campaign_id,
        battle_id=assignment.battle_id,
        until=assignment.expires_at,
    )
