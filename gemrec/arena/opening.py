"""Turning the grid service's events into the arena's: random names instead of images and models."""

import logging
from collections.abc import Callable, Generator, Iterable, Sequence

from gemrec.arena.cooldown import Cooldown
from gemrec.arena.events import ArenaEvent, BattleFailed, BattleImages, BattleProgress
from gemrec.errors import GenerationCancelledError, GenerationError, WorkerError
from gemrec.generation import GridDone, GridEvent, GridFailed, GridImages, GridProgress
from gemrec.records import Battle, BattleMode, Image, Model, Showing
from gemrec.store import Store

log = logging.getLogger(__name__)

NO_CONTEST = (
    "One of the two models could not make its images, so this is no contest. "
    "Nothing was recorded; open a new battle."
)
Names = tuple[tuple[str, ...], tuple[str, ...]]


class BattleRun:
    """One battle while its images are made.

    In a blind battle nothing that depends on the models leaves it: messages are its own, images
    appear on both sides together, and a failure does not say whose it was.

    Args:
        battle: The stored battle.
        models: (left, right).
        store: Where showings are kept.
        cooldown: Told which models failed or worked.
        new_id: Names showings.

    Attributes:
        battle: The stored battle.
        is_blind: Whether its models are hidden until the vote.
        images: All images that are stored so far.
    """

    def __init__(
        self,
        battle: Battle,
        models: Sequence[Model],
        store: Store,
        cooldown: Cooldown,
        new_id: Callable[[], str],
    ) -> None:
        self.images: list[Image] = []
        self.battle = battle
        self._models = models
        self._store = store
        self._cooldown = cooldown
        self._new_id = new_id
        self.is_blind = battle.mode is BattleMode.BLIND
        self._names: list[list[str | None]] = [[None] * len(battle.seeds) for _ in models]
        self._fraction = 0.0
        self._failures: list[str] = []

    def events(self, stream: Iterable[GridEvent]) -> Generator[ArenaEvent, None, Names | None]:
        """Yield the battle's events; return all showing names, or None when there is no battle."""
        try:
            for event in stream:
                yield from self._translate(event)
                if self._failures and self.is_blind:
                    break
        except GenerationCancelledError:
            return None
        except (GenerationError, WorkerError) as error:
            log.warning("battle %s ended: %s", self.battle.id, error)
            self._failures.append(str(error))
        finally:
            # A generator that is left half-way must stop its work now, not when it is collected.
            if (close := getattr(stream, "close", None)) is not None:
                close()
        if self._failures:
            reason = (
                NO_CONTEST if self.is_blind else f"{' '.join(self._failures)} Open a new battle."
            )
            yield BattleFailed(reason)
            return None
        left, right = (tuple(n for n in side if n is not None) for side in self._names)
        if len(left) == len(right) == len(self.battle.seeds):
            for model in self._models:
                self._cooldown.worked(model.id)
            return left, right
        return None  # cancelled: the stream ended early without a failure

    def _translate(self, event: GridEvent) -> Generator[ArenaEvent]:
        if isinstance(event, GridProgress):
            yield self._progress(event.fraction, event.message)
        elif isinstance(event, GridImages):
            names = self._show(event.position, event.images)
            if any(names):
                yield BattleImages(event.position, names)
        elif isinstance(event, GridFailed):
            model = self._models[event.side]
            self._cooldown.failed(model.id)
            self._failures.append(f"{model.name}: {event.reason}")
            log.warning("battle %s, %s: %s", self.battle.id, model.id, event.reason)
        elif isinstance(event, GridDone):
            yield self._progress(1.0, "Done")

    def _progress(self, fraction: float, message: str) -> BattleProgress:
        self._fraction = max(self._fraction, min(fraction, 1.0))
        if self.is_blind:
            ready = sum(all(names) for names in zip(*self._names, strict=True))
            message = f"Drawing both grids: {ready} of {len(self.battle.seeds)} pairs ready"
        return BattleProgress(self._fraction, message)

    def _show(self, position: int, images: Sequence[Image | None]) -> tuple[str | None, str | None]:
        """Store a random name for each image of one place before anybody hears of it."""
        showings = [
            Showing(self._new_id(), self.battle.id, image.id, side, position)
            for side, image in enumerate(images)
            if image is not None and self._names[side][position] is None
        ]
        self._store.battles.show(showings)
        self.images += [image for image in images if image is not None]
        for showing in showings:
            self._names[showing.side][position] = showing.name
        shown = {showing.side: showing.name for showing in showings}
        return shown.get(0), shown.get(1)
