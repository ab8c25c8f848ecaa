"""Which models meet: the ones asked for, or drawn from those that can run here."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from gemrec.arena.cooldown import Cooldown
from gemrec.arena.drawing import Choice, Draw
from gemrec.arena.evidence import EvidenceDesk
from gemrec.arena.wishes import Wish
from gemrec.catalog import Catalog
from gemrec.errors import InputError
from gemrec.records import BattleMode, Model

CHOSEN = "chosen"
"""Policy of a battle whose models people chose."""


class ModelChooser:
    """Chooses the models of a battle.

    Args:
        catalog: All models.
        problem: Why a model cannot run here, or None.
        draw: Draws models when people leave them open.
        evidence: What is known of the models.
        cooldown: Models that failed a moment ago.
    """

    def __init__(
        self,
        catalog: Catalog,
        problem: Callable[[Model], str | None],
        draw: Draw,
        evidence: EvidenceDesk,
        cooldown: Cooldown,
    ) -> None:
        self._catalog = catalog
        self._problem = problem
        self._draw = draw
        self._evidence = evidence
        self._cooldown = cooldown

    def choose(
        self,
        annotator_id: str,
        wish: Wish,
        rng: np.random.Generator,
        *,
        king: str | None = None,
        met: Collection[str] = (),
        avoid: Collection[frozenset[str]] = (),
    ) -> Choice:
        """Choose the models and their sides.

        Exactly as many wanted models as sides are taken as they are: in that order in a named
        comparison, in a random order in a blind one.

        Args:
            annotator_id: Who will vote.
            wish: What was asked for.
            rng: Source of all randomness.
            king: Reigning model of a king's run.
            met: Models that have been in the run already.
            avoid: Pairs that were just found to look the same.

        Raises:
            UnknownModelError: A wanted model is not in the catalog.
            InputError: Too few models are left, or a wanted one is retired or cannot run.
        """
        wanted = self._check_wanted(wish) if wish.models else ()
        if king is None and len(wanted) == wish.sides:
            shuffled = tuple(wanted[i] for i in rng.permutation(len(wanted)))
            sides = wanted if wish.mode is BattleMode.NAMED else shuffled
            return Choice(sides, CHOSEN, None)
        pool = wanted or self._rested(wish.sides)
        if king is not None:
            pool = (king, *(model_id for model_id in pool if model_id not in met))
            if len(pool) < wish.sides:
                raise InputError("Every model has met the king; end the run to see who is who.")
        evidence = self._evidence.for_person(annotator_id, wish.prompt.category)
        return self._draw(pool, evidence, rng, sides=wish.sides, king=king, avoid=avoid)

    def usable(self) -> tuple[Model, ...]:
        """Models on offer that can run on this machine."""
        return tuple(m for m in self._catalog.active() if self._problem(m) is None)

    def _rested(self, sides: int) -> tuple[str, ...]:
        ids = [model.id for model in self.usable()]
        self._require(ids, sides)
        return self._cooldown.rested(ids, at_least=sides)

    def _check_wanted(self, wish: Wish) -> tuple[str, ...]:
        for model_id in wish.models:
            model = self._catalog.get(model_id)
            if model.retired:
                raise InputError(
                    f"models: {model_id!r} is retired; allowed: {self._names_of_usable()}"
                )
            if (reason := self._problem(model)) is not None:
                raise InputError(f"models: {model_id!r} cannot run here: {reason}")
        if len(wish.models) < wish.sides:
            got = ", ".join(map(repr, wish.models))
            least = "two" if wish.sides == 2 else str(wish.sides)
            raise InputError(
                f"models: got only {got}; allowed: {least} or more different models of "
                f"{self._names_of_usable()}"
            )
        return wish.models

    def _require(self, pool: Sequence[str], sides: int) -> None:
        if len(pool) >= sides:
            return
        needed = "two models" if sides == 2 else f"{sides} models"
        if not self._catalog.models:
            raise InputError(
                f"The model catalog is empty, and a battle needs {needed}. Add models to "
                "assets/models.toml or to the file that GEMREC_MODELS names."
            )
        raise InputError(
            f"A battle needs {needed} that can run here; got {len(pool)} of "
            f"{len(self._catalog.models)} in the catalog. `python -m gemrec doctor` says why."
        )

    def _names_of_usable(self) -> str:
        return ", ".join(model.id for model in self.usable()) or "none can run here"
