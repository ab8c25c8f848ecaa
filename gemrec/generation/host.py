"""A backend behind a process of its own: this side asks, the child generates."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from gemrec.errors import (
    GenerationCancelledError,
    GenerationError,
    GenerationTimeoutError,
    WorkerCancelledError,
    WorkerTimeoutError,
)
from gemrec.generation.backend import Backend, BackendOptions, Drawn, GenerationJob
from gemrec.generation.ordering import work_key
from gemrec.generation.registry import build_backend
from gemrec.records import Model
from gemrec.worker import Crew, hire

TURN_SECONDS = 10.0
"""How long a batch may take, whatever the others take, before it lets waiting people go first."""

OBEY_SECONDS = 5.0
"""How long one step of a batch may take once somebody else waits; killing costs loading anew."""

WARM_UP_PROMPT = "a cat face on a blue background"


@dataclass(frozen=True, slots=True)
class StepDone:
    """The batch has gone ``step`` of ``steps`` steps."""

    step: int
    steps: int


@dataclass(frozen=True, slots=True)
class Generated:
    """A finished batch: one image per seed, and the seconds it took in the child."""

    images: tuple[Drawn, ...]
    seconds: float


class BackendHandler:
    """The child's side: answers generation jobs with a backend."""

    def __init__(self, backend: Backend, warm_up_jobs: tuple[GenerationJob, ...]) -> None:
        self._backend = backend
        self._warm_up_jobs = warm_up_jobs

    def warm_up(self, cancelled: Callable[[], bool]) -> None:
        """Load what the first person will need."""
        self._backend.warm_up(self._warm_up_jobs, cancelled)

    def handle(
        self, job: object, emit: Callable[[object], None], cancelled: Callable[[], bool]
    ) -> None:
        """Run one job; emits ``StepDone`` and, last, ``Generated``."""
        if not isinstance(job, GenerationJob):
            raise GenerationError(f"A {type(job).__name__} is no generation job.")
        started = time.monotonic()
        images = self._backend.generate(
            job, lambda step, steps: emit(StepDone(step, steps)), cancelled
        )
        check_pictures(images, job)
        emit(Generated(tuple(images), time.monotonic() - started))


def check_pictures(images: Sequence[Drawn], job: GenerationJob) -> None:
    """Refuse what no model makes on purpose, before anybody sees or stores it.

    Raises:
        GenerationError: Too few or too many pictures, or one that is black all over: numbers that
            are no numbers (NaN) become black pixels when a pipeline turns them into a picture.
    """
    if len(images) != len(job.seeds):
        raise GenerationError(
            f"{job.model.name} made {len(images)} images; {len(job.seeds)} were asked for."
        )
    for drawn in images:
        if drawn.image.convert("L").getextrema() == (0, 0):
            raise GenerationError(
                f"{job.model.name} made an image that is black all over, as broken weights or too "
                "little precision do; check its files."
            )


def build_handler(
    backend: str, options: BackendOptions, warm_up_jobs: tuple[GenerationJob, ...]
) -> BackendHandler:
    """The factory that the child calls."""
    return BackendHandler(build_backend(backend, options), warm_up_jobs)


class GenerationWorker:
    """Runs generation jobs in a child, jobs of one model together; background jobs come last.

    Args:
        backend: Name of the backend, see ``registry``.
        options: How it uses the machine.
        warm_up_jobs: What to load beforehand, see :func:`warm_up_jobs`.
        nice: How much lower the child's priority is, 0..19.
        crew: How many children there are, and where; None is one process of this machine.
    """

    def __init__(
        self,
        backend: str,
        options: BackendOptions | None = None,
        warm_up_jobs: tuple[GenerationJob, ...] = (),
        nice: int = 5,
        crew: Crew | None = None,
    ) -> None:
        options = options or BackendOptions()
        self._backend = build_backend(backend, options)  # this one only answers ``problem``
        self._process = hire(
            crew or Crew(),
            "gemrec.generation.host:build_handler",
            (backend, options, warm_up_jobs),
            "generation",
            nice,
            key=work_key,
            obey_seconds=OBEY_SECONDS,
            turn_seconds=TURN_SECONDS,
        )

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when it does not run."""
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """Process ids of all children that run."""
        return self._process.pids

    def start(self) -> None:
        """Start the child and its warm-up; returns at once."""
        self._process.start()

    def wait_until_ready(self) -> None:
        """Wait for the warm-up; see ``WorkerProcess.wait_until_ready``."""
        self._process.wait_until_ready()

    def close(self) -> None:
        """Stop the child."""
        self._process.close()

    def problem(self, model: Model, base: Model | None = None) -> str | None:
        """Why ``model`` cannot run on this machine, or None; cheap."""
        return self._backend.problem(model, base)

    def generate(
        self,
        job: GenerationJob,
        timeout: float | None = None,
        cancelled: Callable[[], bool] | None = None,
        background: Callable[[], bool] | None = None,
    ) -> Iterator[StepDone | Generated]:
        """Make the images of one job.

        Args:
            job: What to make.
            timeout: Seconds it may take once its turn has come.
            cancelled: Asked several times a second.
            background: While it says True, other jobs go first; one that is under way then starts
                again later.

        Yields:
            ``StepDone`` after each step, then one ``Generated``.

        Raises:
            GenerationTimeoutError: It took too long.
            GenerationCancelledError: ``cancelled()`` said so.
            GenerationError: The model could not make them.
            WorkerError: The process died.
        """
        try:
            for event in self._process.run(job, timeout, cancelled, background):
                if isinstance(event, StepDone | Generated):
                    yield event
        except WorkerTimeoutError as error:
            limit = "" if timeout is None else f" than the {timeout:g} s it may take"
            raise GenerationTimeoutError(f"{job.model.name} took longer{limit}.") from error
        except WorkerCancelledError as error:
            raise GenerationCancelledError(f"{job.model.name} was cancelled.") from error


def warm_up_jobs(models: Iterable[Model], images: int = 2) -> tuple[GenerationJob, ...]:
    """Jobs that load the base which most of ``models`` need, and the adapters on it.

    Args:
        models: The catalog's active models.
        images: Images per batch, so that the step of the warm-up has the shape of a real one.
    """
    models = tuple(models)
    by_id = {model.id: model for model in models}
    needs = Counter(
        model.source.base if model.source.kind == "lora" else model.id
        for model in models
        if model.source.kind in ("local", "lora")
    )
    wanted = [name for name, _ in needs.most_common() if name in by_id]
    if not wanted:
        return ()
    base = by_id[wanted[0]]
    adapters = [model for model in models if model.source.base == base.id]
    seeds = tuple(range(images))
    return (
        GenerationJob(base, None, WARM_UP_PROMPT, seeds),
        *(GenerationJob(adapter, base, WARM_UP_PROMPT, seeds) for adapter in adapters),
    )
