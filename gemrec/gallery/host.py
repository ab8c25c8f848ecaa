"""The map's layout behind a process of its own: it takes a core for seconds to minutes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import WorkerError
from gemrec.gallery.layout import Floats, lay_out
from gemrec.worker import WorkerProcess

TIMEOUT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class LayOut:
    """Vectors to put on a plane."""

    vectors: NDArray[np.float32]
    seed: int = 0


class LayoutHandler:
    """The child's side."""

    def warm_up(self, cancelled: Callable[[], bool]) -> None:
        """Nothing to load before it is needed."""

    def handle(
        self,
        job: object,
        emit: Callable[[object], None],
        cancelled: Callable[[], bool],  # noqa: ARG002 - the library cannot be asked to stop
    ) -> None:
        """Answer one job; emits the places."""
        if not isinstance(job, LayOut):
            raise WorkerError(f"A {type(job).__name__} is no layout job.")
        emit(lay_out(job.vectors, job.seed))


def build_handler() -> LayoutHandler:
    """The factory that the child calls."""
    return LayoutHandler()


def lay_out_elsewhere(vectors: NDArray[np.float32], stopped: Callable[[], bool]) -> Floats:
    """(n, 2) places, made in a process that ends afterwards and gives its memory back.

    Args:
        vectors: (n, d) unit vectors.
        stopped: Asked several times a second; True kills the process.

    Raises:
        WorkerError: The process died, took too long or was stopped.
    """
    process = WorkerProcess("gemrec.gallery.host:build_handler", (), "map", 5, obey_seconds=0.2)
    try:
        found = [
            answer
            for answer in process.run(LayOut(vectors), TIMEOUT_SECONDS, stopped)
            if isinstance(answer, np.ndarray)
        ]
    finally:
        process.close()
    return np.asarray(found[-1], np.float64)
