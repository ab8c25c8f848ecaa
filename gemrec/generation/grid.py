"""Grids of images for several models at once: cached, streamed, and fair between the sides."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from gemrec.catalog import Catalog
from gemrec.errors import (
    GenerationCancelledError,
    GenerationError,
    GenerationTimeoutError,
    WorkerError,
)
from gemrec.generation.backend import GenerationJob
from gemrec.generation.events import GridEvent, GridFailed, GridRequest
from gemrec.generation.host import Generated, GenerationWorker
from gemrec.generation.locks import KeyedLocks
from gemrec.generation.ordering import next_round
from gemrec.generation.progress import GridState
from gemrec.images import ImageFiles
from gemrec.records import Image, Model
from gemrec.store import Store

CHUNK = 2  # images per batch: half a usual grid, so that something shows at half-time


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


def no() -> bool:
    """The answer of a caller who neither cancels nor steps back."""
    return False


@dataclass(frozen=True, slots=True)
class Call:
    """What the caller of a stream says while it runs: to stop, or to let others go first."""

    cancelled: Callable[[], bool] = no
    background: Callable[[], bool] = no


class GridService:
    """Makes grids, each image once; safe to use from many threads.

    The sides of a blind stream take turns by small batches, so that both are there at half-time;
    otherwise one model's grid is made whole before the next, which changes models least. The order
    of the sides is drawn, so that the pace of the progress bar cannot be matched with a side.

    Args:
        worker: Where images are made.
        images: Where their files go.
        store: Where their rows go, after the files.
        catalog: Knows the bases of LoRA models.
        timeout: Seconds a model may take for one grid.
        chunk: Images per batch.
        clock: Now, timezone-aware UTC.
        rng: Draws the order of the sides.
    """

    def __init__(
        self,
        worker: GenerationWorker,
        images: ImageFiles,
        store: Store,
        catalog: Catalog,
        *,
        timeout: float = 120.0,
        chunk: int = CHUNK,
        clock: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
    ) -> None:
        self._worker = worker
        self._images = images
        self._store = store
        self._catalog = catalog
        self._timeout = timeout
        self._chunk = chunk
        self._clock = clock
        self._rng = rng or random.SystemRandom()
        self._locks = KeyedLocks()

    def start(self) -> None:
        """Begin to load what the first grid will need; returns at once."""
        self._worker.start()

    def wait_until_ready(self) -> None:
        """Wait until the first grid would be made without delay.

        Raises:
            WorkerError: The process cannot start, died or was closed.
        """
        self._worker.wait_until_ready()

    def close(self) -> None:
        """Stop the process that makes images."""
        self._worker.close()

    def problem(self, model: Model) -> str | None:
        """Why ``model`` cannot make new images on this machine, or None; cheap."""
        return self._worker.problem(model, self._base(model))

    def stored(self, requests: Sequence[GridRequest]) -> frozenset[int]:
        """Ids of those images that exist already, whether a stream has told of them or not."""
        found = (
            self._store.images.find(
                request.model.id, request.prompt, request.seeds, request.model.parameters.key
            )
            for request in requests
        )
        return frozenset(image.id for side in found for image in side.values())

    def generate(self, requests: Sequence[GridRequest]) -> list[Image]:
        """All images of all requests, in the order asked for.

        Raises:
            GenerationError: A model failed; what the others made is stored all the same.
        """
        failures: list[str] = []
        state = GridState(requests, pairwise=False)
        for event in self._stream(state, Call()):
            if isinstance(event, GridFailed):
                failures.append(event.reason)
        if failures:
            raise GenerationError(" ".join(failures))
        return [image for side in state.done().images for image in side]

    def stream(
        self,
        requests: Sequence[GridRequest],
        cancelled: Callable[[], bool] = lambda: False,
        pairwise: bool = True,
        background: Callable[[], bool] = lambda: False,
    ) -> Iterator[GridEvent]:
        """Make the grids of all sides and tell what becomes ready.

        A side that fails or takes too long is reported and does not stop the others. Closing the
        iterator early stops the work itself.

        Args:
            requests: One per side.
            cancelled: Asked several times a second.
            pairwise: Show image k of all sides together, in the order of k (blind battles), or
                each image as soon as it is there.
            background: While it says True, everybody else's images go first.

        Yields:
            ``GridProgress``, ``GridImages`` and ``GridFailed``; at last one ``GridDone``.

        Raises:
            GenerationCancelledError: ``cancelled()`` said so. What was made stays in the cache.
        """
        return self._stream(GridState(requests, pairwise), Call(cancelled, background))

    def _stream(self, state: GridState, call: Call) -> Iterator[GridEvent]:
        yield state.progress()
        budgets = [self._timeout] * len(state.requests)
        for side in range(len(state.requests)):
            state.place(side, self._stored(state.requests[side], state.requests[side].seeds))
        yield from state.news()
        for side, positions in self._turns(state):
            missing = state.missing(side, positions)
            if missing:
                yield from self._fill(state, side, missing, budgets, call)
                yield from state.news()
        yield state.progress()
        yield state.done()

    def _turns(self, state: GridState) -> Iterator[tuple[int, range]]:
        """Which side makes which positions, in order."""
        models = [request.model for request in state.requests]
        longest = max((len(request.seeds) for request in state.requests), default=0)
        batches = [range(start, start + self._chunk) for start in range(0, longest, self._chunk)]
        last: int | None = None
        for group in [[batch] for batch in batches] if state.pairwise else [batches]:
            for side in next_round(range(len(models)), models, last, self._rng):
                yield from ((side, batch) for batch in group)
                last = side

    def _fill(
        self,
        state: GridState,
        side: int,
        positions: list[int],
        budgets: list[float],
        call: Call,
    ) -> Iterator[GridEvent]:
        """Make one batch of one side; a failure becomes an event."""
        request = state.requests[side]
        seeds = tuple(dict.fromkeys(request.seeds[position] for position in positions))
        # Nobody waits for background work, which may be waiting itself.
        lane = call.background()
        key = (request.model.id, request.prompt.text, request.model.parameters.key, lane)
        try:
            with self._locks.hold(key, call.cancelled):
                # Somebody else may have made them while this thread waited.
                state.place(side, self._stored(request, seeds))
                positions = state.missing(side, positions)
                seeds = tuple(dict.fromkeys(request.seeds[position] for position in positions))
                if seeds:
                    yield from self._make(state, side, seeds, budgets, call)
        except GenerationCancelledError:
            raise
        except GenerationTimeoutError:
            limit = f"the {self._timeout:g} s that one grid may take"
            hung = "or did not answer while others waited"
            yield state.fail(side, f"{request.model.name} took longer than {limit}, {hung}.")
        except (GenerationError, WorkerError) as error:
            yield state.fail(side, str(error))
        yield state.progress()

    def _make(
        self,
        state: GridState,
        side: int,
        seeds: tuple[int, ...],
        budgets: list[float],
        call: Call,
    ) -> Iterator[GridEvent]:
        request = state.requests[side]
        base = self._base(request.model)
        problem = self._worker.problem(request.model, base)
        if problem is not None:
            raise GenerationError(problem)
        job = GenerationJob(request.model, base, request.prompt.text, seeds)
        patience = max(budgets[side], 0.001)
        for event in self._worker.generate(job, patience, call.cancelled, call.background):
            if isinstance(event, Generated):
                budgets[side] -= event.seconds
                state.place(side, self._keep(request, seeds, event))
            else:
                yield state.progress(event.step / event.steps * len(seeds))

    def _keep(
        self, request: GridRequest, seeds: tuple[int, ...], batch: Generated
    ) -> dict[int, Image]:
        """Store each file, then its row, then what a safety checker saw; images by seed."""
        parameters = request.model.parameters
        kept, safety = {}, []
        for seed, drawn in zip(seeds, batch.images, strict=True):
            file = self._images.put(drawn.image)
            kept[seed] = self._store.images.add(
                digest=file.digest,
                model_id=request.model.id,
                prompt=request.prompt,
                seed=seed,
                parameters=parameters.key,
                parameters_json=json.dumps(asdict(parameters), sort_keys=True),
                width=file.width,
                height=file.height,
                seconds=batch.seconds / len(seeds),
                now=self._clock(),
            )
            if drawn.safety is not None:
                safety.append((kept[seed].id, drawn.safety))
        if safety:
            self._store.image_scores.put_safety(safety)
        return kept

    def _stored(self, request: GridRequest, seeds: Sequence[int]) -> dict[int, Image]:
        """Images that exist already, row and undamaged file, by seed."""
        found = self._store.images.find(
            request.model.id, request.prompt, seeds, request.model.parameters.key
        )
        return {
            seed: image for seed, image in found.items() if self._images.is_intact(image.digest)
        }

    def _base(self, model: Model) -> Model | None:
        name = model.source.base
        return self._catalog.models.get(name) if name is not None else None
