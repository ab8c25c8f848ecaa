"""Runs a plan: many workers make grids, one thread writes them down."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gemrec.building.journal import Journal, MadeImage
from gemrec.building.maker import MadeGrid
from gemrec.building.plan import Plan, Task
from gemrec.building.tasks import TaskBoard
from gemrec.errors import (
    GenerationError,
    InputError,
    StoreError,
    WorkerCancelledError,
    WorkerError,
    WorkerTimeoutError,
)
from gemrec.images import ImageFiles
from gemrec.worker import Worker

IMAGES = "images"
TASK_SECONDS = 3600.0
"""A grid may take that long, the download of its model included."""

_POLL = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: images done before and now, images in all, seconds of this run."""

    done: int
    before: int
    total: int
    seconds: float

    @property
    def seconds_left(self) -> float | None:
        """By the pace of this run; None before its first image."""
        made = self.done - self.before
        return self.seconds / made * (self.total - self.done) if made else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        images: Finished images by task key.
        failures: Why tasks have no images, by task.
        cancelled: Whether somebody stopped it.
    """

    images: dict[str, tuple[MadeImage, ...]] = field(default_factory=dict)
    failures: tuple[tuple[Task, str], ...] = ()
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class _Report:
    task: Task
    grid: MadeGrid | None = None
    failure: str = ""


def open_journal(plan: Plan, folder: Path, *, resume: bool) -> dict[str, tuple[MadeImage, ...]]:
    """Begin the journal of a data set, or go on with it.

    Args:
        plan: What the data set is to hold.
        folder: Where.
        resume: Whether to go on with what is there.

    Returns:
        The images of each finished task by its key; tasks whose files are missing or damaged do
        not count.

    Raises:
        InputError: There is a journal without ``resume``, or it belongs to another plan.
        StoreError: It is damaged, or the folder cannot be written.
    """
    journal = Journal(folder)
    if not journal.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"out: got {str(folder)!r}; allowed: a folder that can be made ({error.strerror})"
            ) from error
        journal.begin(plan.digest)
        return {}
    if not resume:
        raise InputError(
            f"out: {folder} holds a build already; go on with it by --resume, or choose another folder"
        )
    journal.mend()
    digest, done = journal.read()
    if digest != plan.digest:
        raise InputError(
            f"out: {folder} holds a build of other models, prompts or images; go on with the same "
            "ones, or choose another folder"
        )
    files = ImageFiles(folder / IMAGES)
    wanted = {task.key for task in plan.tasks}
    return {
        key: images
        for key, images in done.items()
        if key in wanted and all(_is_whole(files, image) for image in images)
    }


def run(
    plan: Plan,
    folder: Path,
    done: dict[str, tuple[MadeImage, ...]],
    worker: Worker,
    workers: int,
    tell: Callable[[Progress], None],
    cancelled: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Make what is missing.

    Files come first, then one line in the journal, so that whatever ends this process leaves
    neither a hole nor a duplicate behind for the next run.

    Args:
        plan: What the data set is to hold.
        folder: Where.
        done: What :func:`open_journal` found.
        worker: Makes grids; asked from ``workers`` threads at the same time.
        workers: How many.
        tell: Told how far it is, from this thread.
        cancelled: Asked several times a second.

    Raises:
        StoreError: The folder cannot be written.
    """
    left = [task for task in plan.tasks if task.key not in done]
    board, reports = TaskBoard(left), queue.SimpleQueue[_Report | None]()
    stop = threading.Event()

    def stopped() -> bool:
        return stop.is_set() or cancelled()

    threads = [
        threading.Thread(target=_work, args=(board, worker, reports, stopped), daemon=True)
        for _ in range(min(workers, len(left)))
    ]
    keeper = _Keeper(plan, folder, dict(done), tell)
    for thread in threads:
        thread.start()
    try:
        for report in _reports(reports, len(threads)):
            keeper.keep(report)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return Outcome(keeper.images, tuple(keeper.failures), cancelled())


class _Keeper:
    """The one writer."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        images: dict[str, tuple[MadeImage, ...]],
        tell: Callable[[Progress], None],
    ) -> None:
        self.images = images
        self.failures: list[tuple[Task, str]] = []
        self._total = plan.total
        self._files = ImageFiles(folder / IMAGES)
        self._journal = Journal(folder)
        self._before = self._done = sum(map(len, images.values()))
        self._began = time.monotonic()
        self._tell = tell
        self._report()

    def keep(self, report: _Report) -> None:
        if report.grid is None:
            self.failures.append((report.task, report.failure))
            return
        if report.task.key in self.images:
            return  # a worker that was thought lost
        made = tuple(self._store(report.task, report.grid))
        self._journal.add(report.task.key, made)
        self.images[report.task.key] = made
        self._done += len(made)
        self._report()

    def _store(self, task: Task, grid: MadeGrid) -> Iterator[MadeImage]:
        rows = zip(task.seeds, grid.files, grid.safety, grid.vectors, grid.matches, strict=True)
        for seed, content, safety, vector, match in rows:
            file = self._files.put_bytes(content)
            seconds = grid.seconds / len(task.seeds)
            yield MadeImage(
                seed,
                file.digest,
                file.width,
                file.height,
                file.size,
                seconds,
                match,
                vector,
                safety,
            )

    def _report(self) -> None:
        seconds = time.monotonic() - self._began
        self._tell(Progress(self._done, self._before, self._total, seconds))


def _reports(reports: "queue.SimpleQueue[_Report | None]", threads: int) -> Iterator[_Report]:
    """What the threads report, until all have ended."""
    while threads:
        report = reports.get()
        if report is None:
            threads -= 1
        else:
            yield report


def _work(
    board: TaskBoard,
    worker: Worker,
    reports: "queue.SimpleQueue[_Report | None]",
    stopped: Callable[[], bool],
) -> None:
    """One thread: take tasks and report until none is left."""
    task: Task | None = None
    try:
        while not stopped() and (task := board.take(task)) is not None:
            for report in _try(board, worker, task, stopped):
                reports.put(report)
    finally:
        reports.put(None)


def _try(
    board: TaskBoard, worker: Worker, task: Task, stopped: Callable[[], bool]
) -> Iterator[_Report]:
    try:
        grid = None
        for event in worker.run(task.job, TASK_SECONDS, stopped):
            if isinstance(event, MadeGrid):
                grid = event
        if grid is None:
            raise GenerationError(f"{task.model.name} made nothing.")
    except WorkerCancelledError:
        return
    except WorkerTimeoutError:
        yield from _give_up(board, task, f"took longer than {TASK_SECONDS:g} s")
    except WorkerError as error:
        if not stopped() and not board.lost(task):
            yield from _give_up(board, task, str(error))
    except Exception as error:  # noqa: BLE001 - one task must not end the others
        yield from _give_up(board, task, str(error))
    else:
        board.succeeded(task)
        yield _Report(task, grid)


def _give_up(board: TaskBoard, task: Task, reason: str) -> Iterator[_Report]:
    yield _Report(task, failure=reason)
    for other in board.failed(task):
        yield _Report(other, failure=f"not tried, as {task.model.name} failed before: {reason}")


def _is_whole(files: ImageFiles, image: MadeImage) -> bool:
    """Whether the file is there and can be opened; a file gets its name only when it is complete."""
    with suppress(StoreError, InputError):
        files.open(image.digest)
        return files.path(image.digest).stat().st_size == image.size
    return False
