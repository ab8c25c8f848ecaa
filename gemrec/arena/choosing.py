"""Which two models meet: the ones asked for, or a sampled pair of those that can run here."""

from collections.abc import Callable, Sequence

import numpy as np

from gemrec.arena.cooldown import Cooldown
from gemrec.arena.sampling import PairSampler, fair_sides
from gemrec.catalog import Catalog
from gemrec.errors import InputError
from gemrec.records import BattleMode, Model
from gemrec.store import Store

CHOSEN = "chosen"
_PAIR = 2


class PairChooser:
    """Chooses the models of a battle.

    Args:
        catalog: All models.
        store: Knows how often each pair has met.
        problem: Why a model cannot run here, or None.
        sampler: Draws the pair when people leave it open.
        cooldown: Models that failed a moment ago.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        problem: Callable[[Model], str | None],
        sampler: PairSampler,
        cooldown: Cooldown,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._problem = problem
        self._sampler = sampler
        self._cooldown = cooldown

    def choose(
        self, wanted: Sequence[str] | None, mode: BattleMode, rng: np.random.Generator
    ) -> tuple[tuple[str, str], str, float | None]:
        """Choose (left, right), the policy's name and the propensity.

        Args:
            wanted: Model ids to choose from; None or none at all means every model that can run.
                Exactly two are taken as they are: in that order when ``mode`` is named, in a random
                order when it is blind.
            mode: How the battle will be shown.
            rng: Source of all randomness.

        Raises:
            UnknownModelError: An id is not in the catalog.
            InputError: Fewer than two models are left, or a wanted one is retired or cannot run.
        """
        if not wanted:
            pool = self._cooldown.rested([model.id for model in self.usable()])
            self._require_two(pool)
        else:
            pool = self._check_wanted(wanted)
            if len(pool) == _PAIR:
                pair = (pool[0], pool[1])
                sides = pair if mode is BattleMode.NAMED else fair_sides(pair, rng)
                return sides, CHOSEN, None
        choice = self._sampler.sample(pool, self._store.battles.pair_counts(), rng)
        return choice.models, choice.policy, choice.propensity

    def usable(self) -> tuple[Model, ...]:
        """Models on offer that can run on this machine."""
        return tuple(m for m in self._catalog.active() if self._problem(m) is None)

    def _check_wanted(self, wanted: Sequence[str]) -> tuple[str, ...]:
        pool = tuple(dict.fromkeys(wanted))
        for model_id in pool:
            model = self._catalog.get(model_id)
            if model.retired:
                raise InputError(
                    f"models: {model_id!r} is retired; allowed: {self._names_of_usable()}"
                )
            if (reason := self._problem(model)) is not None:
                raise InputError(f"models: {model_id!r} cannot run here: {reason}")
        if len(pool) < _PAIR:
            raise InputError(
                f"models: got only {pool[0]!r}; allowed: two or more different models of "
                f"{self._names_of_usable()}"
            )
        return pool

    def _require_two(self, pool: Sequence[str]) -> None:
        if len(pool) >= _PAIR:
            return
        if not self._catalog.models:
            raise InputError(
                "The model catalog is empty, and a battle needs two models. Add models to "
                "assets/models.toml or to the file that GEMREC_MODELS names."
            )
        raise InputError(
            f"A battle needs two models that can run here; got {len(pool)} of "
            f"{len(self._catalog.models)} in the catalog. `python -m gemrec doctor` says why."
        )

    def _names_of_usable(self) -> str:
        return ", ".join(model.id for model in self.usable()) or "none can run here"
