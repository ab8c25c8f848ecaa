"""Making the next battle while this one is looked at.

A prepared battle exists in memory and in the image cache only: it gets its row, its showings and
its ticket when somebody takes it. So one that nobody takes leaves nothing behind, and nothing in the
way of a battle that waits for its vote. Its images are made when nobody waits for others, until it
is taken: then it is work like any other.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gemrec.arena.planning import Plan, Planner
from gemrec.arena.wishes import Wish
from gemrec.errors import GemrecError, GenerationCancelledError, InputError
from gemrec.generation import GridDone, GridEvent, GridFailed, GridImages, GridService
from gemrec.records import Image, Prompt

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(minutes=10)
MOST_PREPARED = 64
TRIES = 3
PATIENCE = 5.0  # seconds for the vectors of the last images; nobody waits for them yet
_POLL_SECONDS = 0.05


class Screen(Protocol):
    """Decides, and counts, whether grids can hardly be told apart."""

    def looks_same(
        self,
        plan: Plan,
        grids: Sequence[Sequence[Image]],
        patience: float,
        hurry: Callable[[], bool],
    ) -> bool:
        """Whether the grids of a plan are near-identical; waits for ``patience`` seconds at most."""


class Preparation:
    """One battle that is being made ahead, and the tape of what its grids told.

    Args:
        plan: Models and seeds.
        now: When it was begun.

    Attributes:
        plan: Models and seeds; another one after a failure or near-identical grids.
        begun_at: When it was begun.
        images: Every image that was made for it.
    """

    def __init__(self, plan: Plan, now: datetime) -> None:
        self.plan = plan
        self.begun_at = now
        self.images: list[Image] = []
        self._tape: list[GridEvent] = []
        self._changed = threading.Condition()
        self._taken = False
        self._over = False
        self._error: GemrecError | None = None
        self._stop = threading.Event()

    def is_background(self) -> bool:
        """Whether nobody waits for it."""
        return not self._taken

    def is_wanted(self) -> bool:
        """Whether there is no time for further checks: somebody waits, or nobody ever will."""
        return self._taken or self._stop.is_set()

    def is_cancelled(self) -> bool:
        """Whether its work has to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Stop its work."""
        self._stop.set()

    def take(self) -> bool:
        """Claim it for the person who waits; False when it came to nothing."""
        with self._changed:
            if self._stop.is_set() or (self._over and self._error is not None):
                return False
            self._taken = True
            return True

    def play(self, cancelled: Callable[[], bool]) -> Iterator[GridEvent]:
        """What the grids told so far, and then what they tell; closing the iterator stops the work.

        Raises:
            GenerationCancelledError: ``cancelled()`` said so.
        """
        position = 0
        try:
            while True:
                with self._changed:
                    if position == len(self._tape) and not self._over:
                        self._changed.wait(_POLL_SECONDS)
                    news = self._tape[position:]
                    over, error = self._over, self._error
                if cancelled():
                    raise GenerationCancelledError("Cancelled.")
                yield from news
                position += len(news)
                if over and not news:
                    if error is not None:
                        raise error
                    return
        finally:
            self._stop.set()

    # Everything below runs in the thread that makes it.

    def record(self, event: GridEvent) -> None:
        """Add to the tape."""
        with self._changed:
            self._tape.append(event)
            self._changed.notify_all()

    def replace(self, plan: Plan) -> bool:
        """Start again with another plan; False when it is taken already."""
        with self._changed:
            if self._taken:
                return False
            self.plan = plan
            self._tape.clear()
            return True

    def finish(self, error: GemrecError | None = None) -> None:
        """No more events follow."""
        with self._changed:
            self._over, self._error = True, error
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What preparations are made with.

    Attributes:
        planner: Makes another plan when one came to nothing.
        grids: Makes the images.
        screen: Sorts out near-identical grids.
        on_images: Told the prompt and each new row of images.
        on_failure: Told the ids of the models that could not make their images.
    """

    planner: Planner
    grids: GridService
    screen: Screen
    on_images: Callable[[Prompt, Sequence[Image]], None]
    on_failure: Callable[[Sequence[str]], None]

    def make(self, preparation: Preparation) -> None:
        """Make a preparation's images; tries other models when it came to nothing."""
        avoid: set[frozenset[str]] = set()
        try:
            for _ in range(TRIES):
                if self._made(preparation):
                    break
                avoid.add(preparation.plan.pair)
                plan = preparation.plan
                if not preparation.replace(self.planner.plan(plan.annotator_id, plan.wish, avoid)):
                    break
            preparation.finish()
        except InputError as error:  # there is no other plan
            preparation.finish(error if preparation.is_background() else None)
        except GemrecError as error:
            preparation.finish(error)
        except Exception as error:
            log.exception("preparing a battle failed")
            preparation.finish(GemrecError(str(error)))

    def image_ids(self, preparation: Preparation) -> frozenset[int]:
        """Ids of every image that was made for a preparation, told on its tape or not."""
        told = frozenset(image.id for image in tuple(preparation.images))
        return told | self.grids.stored(self.planner.requests(preparation.plan))

    def _made(self, preparation: Preparation) -> bool:
        """Whether all grids are there and differ."""
        plan = preparation.plan
        requests = self.planner.requests(plan)
        done: Sequence[Sequence[Image]] = ()
        failed: list[str] = []
        for event in self.grids.stream(
            requests,
            preparation.is_cancelled,
            pairwise=True,
            background=preparation.is_background,
        ):
            preparation.record(event)
            if isinstance(event, GridImages):
                made = [image for image in event.images if image is not None]
                preparation.images += made
                self.on_images(plan.wish.prompt, made)
            elif isinstance(event, GridFailed):
                failed.append(requests[event.side].model.id)
            elif isinstance(event, GridDone):
                done = event.images
        if not preparation.is_background():
            return True  # whoever took it judges it
        if failed:
            self.on_failure(failed)
            return False
        return not self.screen.looks_same(plan, done, PATIENCE, preparation.is_wanted)


class Preparations:
    """At most one battle per person that is made ahead; safe to share between threads.

    Args:
        workshop: What they are made with.
        clock: Now, timezone-aware UTC.
    """

    def __init__(self, workshop: Workshop, clock: Callable[[], datetime]) -> None:
        self._workshop = workshop
        self._clock = clock
        self._lock = threading.Lock()
        self._prepared: dict[str, Preparation] = {}
        self._threads: set[threading.Thread] = set()

    def begin(self, plan: Plan) -> None:
        """Start to make a battle; an earlier one of this person is given up."""
        preparation = Preparation(plan, self._clock())
        thread = threading.Thread(
            # ZeroGPU reads from the context for whom a GPU is lent.
            target=copy_context().run,
            args=(self._run, preparation),
            name="prepared-battle",
            daemon=True,
        )
        with self._lock:
            self._drop_old()
            self._drop(plan.annotator_id)
            while len(self._prepared) >= MOST_PREPARED:
                self._drop(next(iter(self._prepared)))
            self._prepared[plan.annotator_id] = preparation
            self._threads.add(thread)
        thread.start()

    def wish_of(self, annotator_id: str) -> Wish | None:
        """What is prepared for this person, or None."""
        with self._lock:
            self._drop_old()
            found = self._prepared.get(annotator_id)
            return None if found is None else found.plan.wish

    def take(self, annotator_id: str, wish: Wish) -> Preparation | None:
        """Hand out the battle prepared for this wish, once; gives up one for another wish."""
        with self._lock:
            self._drop_old()
            found = self._prepared.get(annotator_id)
            if found is None:
                return None
            if found.plan.wish != wish or not found.take():
                self._drop(annotator_id)
                return None
            return self._prepared.pop(annotator_id)

    def cancel(self, annotator_id: str) -> None:
        """Give up what is prepared for this person, if anything."""
        with self._lock:
            self._drop(annotator_id)

    def image_ids(self) -> frozenset[int]:
        """The images of all prepared battles, also of sides that are ahead of others."""
        with self._lock:
            self._drop_old()
            prepared = tuple(self._prepared.values())
        return frozenset().union(*map(self._workshop.image_ids, prepared))

    def close(self) -> None:
        """Give everything up and wait for the threads."""
        with self._lock:
            for annotator_id in tuple(self._prepared):
                self._drop(annotator_id)
            threads = tuple(self._threads)
        for thread in threads:
            thread.join()

    def _run(self, preparation: Preparation) -> None:
        try:
            self._workshop.make(preparation)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _drop(self, annotator_id: str) -> None:
        found = self._prepared.pop(annotator_id, None)
        if found is not None:
            found.cancel()

    def _drop_old(self) -> None:
        limit = self._clock() - KEPT_FOR
        for annotator_id in [a for a, p in self._prepared.items() if p.begun_at < limit]:
            self._drop(annotator_id)
