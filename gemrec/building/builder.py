"""Runs a plan: many workers make grids, one thread writes them down."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gemrec.building.journal import Journal, MadeImage, make_folder
from gemrec.building.maker import MadeGrid
from gemrec.building.outcome import Outcome, Progress
from gemrec.building.plan import Plan, Task
from gemrec.building.tasks import TaskBoard
from gemrec.errors import (
    GenerationError,
    GenerationTimeoutError,
    InputError,
    StoreError,
    WorkerCancelledError,
    WorkerError,
    WorkerTimeoutError,
)
from gemrec.images import ImageFiles
from gemrec.worker import Worker

IMAGES = "images"
TASK_SECONDS = 3600
"""A grid may take that long unless somebody says otherwise, the download of its model included."""

_POLL = 0.1


@dataclass(frozen=True, slots=True)
class _Report:
    task: Task
    grid: MadeGrid | None = None
    failure: str = ""
    problem: str = ""  # in words, of failures that are told at once


def lock(folder: Path) -> IO[str]:
    """The folder of a data set for this process alone; see :meth:`Journal.lock`."""
    return Journal(folder).lock()


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
        make_folder(folder)
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
    timeout: float = TASK_SECONDS,
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
        timeout: Seconds a grid may take, the download of its model included.

    Raises:
        StoreError: The folder cannot be written.
    """
    left = [task for task in plan.tasks if task.key not in done]
    board, reports = TaskBoard(left), queue.SimpleQueue[_Report | None]()
    stop = threading.Event()

    def stopped() -> bool:
        return stop.is_set() or cancelled()

    def make(task: Task) -> MadeGrid:
        return _made(worker, task, timeout, stopped)

    threads = [
        threading.Thread(target=_work, args=(board, make, reports, stopped), daemon=True)
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
        self._failed = 0
        self._files = ImageFiles(folder / IMAGES)
        self._journal = Journal(folder)
        self._before = self._done = sum(map(len, images.values()))
        self._began = time.monotonic()
        self._first: tuple[int, float] | None = None  # images and time when the first grid came
        self._tell = tell
        self._report()

    def keep(self, report: _Report) -> None:
        if report.grid is None:
            self.failures.append((report.task, report.failure))
            self._failed += len(report.task.seeds)
            self._report(report.problem)
            return
        if report.task.key in self.images:
            return  # a worker that was thought lost
        made = tuple(self._store(report.task, report.grid))
        self._journal.add(report.task.key, made)
        self.images[report.task.key] = made
        self._done += len(made)
        self._first = self._first or (self._done, time.monotonic())
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

    def _report(self, problem: str = "") -> None:
        now = time.monotonic()
        done, since = self._first or (self._done, now)
        self._tell(
            Progress(
                self._done,
                self._before,
                self._total,
                now - self._began,
                self._failed,
                problem,
                (self._done - done, now - since),
            )
        )


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
    make: Callable[[Task], MadeGrid],
    reports: "queue.SimpleQueue[_Report | None]",
    stopped: Callable[[], bool],
) -> None:
    """One thread: take tasks and report until none is left."""
    task: Task | None = None
    try:
        while not stopped() and (task := board.take(task)) is not None:
            for report in _try(board, make, task, stopped):
                reports.put(report)
    finally:
        reports.put(None)


def _try(
    board: TaskBoard,
    make: Callable[[Task], MadeGrid],
    task: Task,
    stopped: Callable[[], bool],
) -> Iterator[_Report]:
    try:
        grid = make(task)
    except WorkerCancelledError:
        return
    except GenerationTimeoutError as error:
        yield from _give_up(board, task, str(error))
    except WorkerError as error:
        if not stopped() and not board.lost(task):
            yield from _give_up(board, task, str(error))
    except Exception as error:  # noqa: BLE001 - one task must not end the others
        yield from _give_up(board, task, str(error))
    else:
        board.succeeded(task)
        yield _Report(task, grid)


def _made(worker: Worker, task: Task, timeout: float, cancelled: Callable[[], bool]) -> MadeGrid:
    """The grid of a task.

    Raises:
        GenerationTimeoutError: It took too long; a worker that hung has been replaced.
        WorkerError: The worker was lost.
        GenerationError: The model cannot make it.
    """
    grid = None
    try:
        for event in worker.run(task.job, timeout, cancelled):
            if isinstance(event, MadeGrid):
                grid = event
    except WorkerTimeoutError as error:
        raise GenerationTimeoutError(
            f"{task.model.name} took longer than the {timeout:g} s that a grid may take (--timeout)."
        ) from error
    if grid is None:
        raise GenerationError(f"{task.model.name} made nothing.")
    return grid


def _give_up(board: TaskBoard, task: Task, reason: str) -> Iterator[_Report]:
    others = board.failed(task)
    problem = f"{task.model.id}, {task.prompt.text!r}: {reason}"
    if others:
        problem += f" {task.model.name} is left alone until the next run: {len(others)} grids more."
    yield _Report(task, failure=reason, problem=problem)
    for other in others:
        yield _Report(other, failure=f"not tried, as {task.model.name} failed before: {reason}")


def _is_whole(files: ImageFiles, image: MadeImage) -> bool:
    """Whether the file is there and can be opened; a file gets its name only when it is complete."""
    with suppress(StoreError, InputError):
        files.open(image.digest)
        return files.path(image.digest).stat().st_size == image.size
    return False
