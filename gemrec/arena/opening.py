"""Turning the grid service's events into the arena's: random names instead of images and models."""

import logging
from collections.abc import Callable, Generator, Iterable, Sequence

from gemrec.arena.cooldown import Cooldown
from gemrec.arena.events import ArenaEvent, BattleFailed, BattleImages, BattleProgress
from gemrec.errors import GenerationCancelledError, GenerationError, WorkerError
from gemrec.generation import GridDone, GridEvent, GridFailed, GridImages, GridProgress, GridRequest
from gemrec.records import Battle, BattleMode, Image, Showing
from gemrec.store import Store

log = logging.getLogger(__name__)

NO_CONTEST = (
    "One of the models could not make its images, so this is no contest. "
    "Nothing was recorded; open a new battle."
)
Names = tuple[tuple[str, ...], ...]


class BattleRun:
    """One battle while its images are made.

    In a blind battle nothing that depends on the models leaves it: messages are its own, images
    appear on all sides together, and a failure does not say whose it was.

    Args:
        battle: The stored battle.
        requests: The grid of each side.
        store: Where showings are kept.
        cooldown: Told which models worked.
        new_id: Names showings.
        on_images: Told the images of each place once they are there.

    Attributes:
        battle: The stored battle.
        is_blind: Whether its models are hidden until the vote.
        requests: The grid of each side.
        images: Images that are shown so far, per side in the order of places.
        failed: Ids of the models that could not make theirs.
    """

    def __init__(
        self,
        battle: Battle,
        requests: Sequence[GridRequest],
        store: Store,
        cooldown: Cooldown,
        new_id: Callable[[], str],
        on_images: Callable[[Sequence[Image]], None],
    ) -> None:
        self.battle = battle
        self.is_blind = battle.mode is BattleMode.BLIND
        self.requests = tuple(requests)
        self.images: list[list[Image]] = [[] for _ in requests]
        self.failed: list[str] = []
        self._models = [request.model for request in requests]
        self._store = store
        self._cooldown = cooldown
        self._new_id = new_id
        self._on_images = on_images
        self._names: list[list[str | None]] = [[None] * len(battle.seeds) for _ in requests]
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
        names = tuple(tuple(n for n in side if n is not None) for side in self._names)
        if all(len(side) == len(self.battle.seeds) for side in names):
            for model in self._models:
                self._cooldown.worked(model.id)
            return names
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
            self.failed.append(model.id)
            self._failures.append(f"{model.name}: {event.reason}")
            log.warning("battle %s, %s: %s", self.battle.id, model.id, event.reason)
        elif isinstance(event, GridDone):
            yield self._progress(1.0, "Done")

    def _progress(self, fraction: float, message: str) -> BattleProgress:
        self._fraction = max(self._fraction, min(fraction, 1.0))
        if self.is_blind:
            ready = sum(all(names) for names in zip(*self._names, strict=True))
            sides = len(self._models)
            both = sides == 2
            what = "both grids" if both else f"{sides} grids"
            places = "pairs" if both else "rows"
            message = f"Drawing {what}: {ready} of {len(self.battle.seeds)} {places} ready"
        return BattleProgress(self._fraction, message)

    def _show(self, position: int, images: Sequence[Image | None]) -> tuple[str | None, ...]:
        """Store a random name for each image of one place before anybody hears of it."""
        new = [
            (side, image)
            for side, image in enumerate(images)
            if image is not None and self._names[side][position] is None
        ]
        showings = [
            Showing(self._new_id(), self.battle.id, image.id, side, position) for side, image in new
        ]
        self._store.battles.show(showings)
        for showing, (side, image) in zip(showings, new, strict=True):
            self.images[side].append(image)
            self._names[side][position] = showing.name
        self._on_images([image for _, image in new])
        shown = {showing.side: showing.name for showing in showings}
        return tuple(shown.get(side) for side in range(len(self._models)))
