"""Spaces with ZeroGPU: a GPU is lent for one call at a time, to functions that ask for it."""

import importlib.util
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def lend_gpu(function: Callable[P, R], seconds: int) -> Callable[P, R]:
    """``function`` with a GPU for up to ``seconds`` where ZeroGPU lends one; itself elsewhere.

    The lent call runs in a forked process: arguments and result have to be picklable.
    """
    if importlib.util.find_spec("spaces") is None:
        return function
    spaces: Any = importlib.import_module("spaces")
    lent: Callable[P, R] = spaces.GPU(duration=seconds)(function)
    return lent


def is_zero_gpu() -> bool:
    """Whether this is a Space with ZeroGPU."""
    if importlib.util.find_spec("spaces") is None:
        return False
    config: Any = importlib.import_module("spaces.config")
    return bool(config.Config.zero_gpu)
