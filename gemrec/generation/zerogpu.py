"""Spaces with ZeroGPU: a GPU is lent for one call at a time, to functions that ask for it.

The ``spaces`` package runs such a function in a fork of the process that serves the page, where
alone CUDA is there. It wants to know the functions before the page is served, and reads from the
calling thread's context who is asking; so backends live in the server process there
(:mod:`gemrec.worker.inline`). Nothing is loaded before the fork: torch without CUDA would put it on
the CPU for good. Forks are used again while they are idle, with what they have loaded.
"""

import importlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from gemrec.errors import SettingsError
from gemrec.generation.backend import GenerationJob

P = ParamSpec("P")
R = TypeVar("R")

LEAST_SECONDS, MOST_SECONDS = 15, 120
"""What is asked for; shorter loans are granted sooner, and longer ones may be refused."""

START_SECONDS = 10.0  # of a fork: CUDA, and a small pipeline from the disk
SECONDS_PER_GB = 2.0  # from the disk to the GPU, generously
SECONDS_PER_STEP = 0.2  # of one megapixel, for one image; of a large transformer about twice that


def lend_gpu(function: Callable[P, R], seconds: Callable[P, int]) -> Callable[P, R]:
    """``function`` with a GPU for as many seconds as ``seconds`` says of its arguments.

    Call it before the page is served. Arguments and result travel to a fork and back, pickled.

    Raises:
        SettingsError: The ``spaces`` package is not there.
    """
    try:
        spaces: Any = importlib.import_module("spaces")
    except ImportError as error:
        raise SettingsError(
            "SPACES_ZERO_GPU is set, but the package `spaces` is not installed; it comes with "
            "ZeroGPU Spaces. Elsewhere unset the variable."
        ) from error
    lent: Callable[P, R] = spaces.GPU(duration=seconds)(function)
    return lent


def loan_seconds(job: GenerationJob) -> int:
    """How long a GPU is wanted for a job that may have to load its model first: 15 to 120 s."""
    parameters = job.model.parameters
    pixels = parameters.width * parameters.height / 1e6
    gigabytes = sum(
        model.cost.download_gb or 0.0 for model in (job.model, job.base) if model is not None
    )
    drawing = len(job.seeds) * parameters.steps * pixels * SECONDS_PER_STEP
    wanted = START_SECONDS + gigabytes * SECONDS_PER_GB + drawing
    return int(min(max(wanted, LEAST_SECONDS), MOST_SECONDS))
