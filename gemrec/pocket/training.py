"""What every training stage shares: a clock that survives interruption, schedules, and caches."""

import math
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gemrec.pocket.world import SIZE, Mixture, Scene, draw, rng_for, sample_scene

if TYPE_CHECKING:
    import torch

SAVE_EVERY = 90.0
"""Seconds between two checkpoints."""


class Clock:
    """Counts training seconds over interruptions and turns them into a share of the budget.

    Args:
        minutes: Budget of the stage.
        spent: Seconds already spent in earlier runs.
    """

    def __init__(self, minutes: float, spent: float = 0.0) -> None:
        self.budget = minutes * 60
        self._before = spent
        self._start = time.monotonic()
        self._saved = self._start
        self._said = self._start

    @property
    def spent(self) -> float:
        """Seconds spent, earlier runs included."""
        return self._before + time.monotonic() - self._start

    @property
    def share(self) -> float:
        """Share of the budget spent, 0..1."""
        return min(self.spent / self.budget, 1.0)

    def due_to_save(self) -> bool:
        """Whether it is time for a checkpoint; asking resets the wait."""
        now = time.monotonic()
        due = now - self._saved >= SAVE_EVERY
        if due:
            self._saved = now
        return due

    def due_to_say(self, every: float = 15.0) -> bool:
        """Whether it is time for a progress line; asking resets the wait."""
        now = time.monotonic()
        due = now - self._said >= every
        if due:
            self._said = now
        return due


def learning_rate(share: float, peak: float, warm: float = 0.02, floor: float = 0.02) -> float:
    """Return the rate after a share of training: short linear warm-up, then a cosine down.

    Args:
        share: Share of the budget spent, 0..1.
        peak: Highest rate.
        warm: Share spent warming up.
        floor: Last rate as a fraction of the peak.
    """
    if share < warm:
        return peak * max(share / warm, 0.01)
    down = (share - warm) / (1 - warm)
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * down)))


def set_rate(optimizer: "torch.optim.Optimizer", rate: float) -> None:
    """Give every parameter group the rate, times the group's own ``scale`` if it has one."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


def say(line: str) -> None:
    """Write one progress line at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def plain_attention(device: str) -> AbstractContextManager[None]:
    """Return a context in which attention on the CPU is plain matrix products.

    Measured on two AVX512-BF16 cores: backward through the fused CPU kernel took half as long
    again as a whole step with plain products, because the sequences here are short.
    """
    from torch.nn.attention import SDPBackend, sdpa_kernel

    if device != "cpu":
        return nullcontext()
    context: AbstractContextManager[None] = sdpa_kernel(SDPBackend.MATH)
    return context


def mixed_precision(device: str) -> AbstractContextManager[None]:
    """Return a context that computes in bfloat16 where the hardware has it, else in float32.

    A CPU without bfloat16 instructions emulates them, several times slower than float32.
    """
    import torch

    native = device != "cpu" or torch.cpu._is_avx512_bf16_supported()
    context: AbstractContextManager[None] = torch.autocast(device, torch.bfloat16, enabled=native)
    return context


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load_state(path: Path) -> dict[str, Any] | None:
    """Return a checkpoint, or None if there is none."""
    import torch

    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class Checkpoint:
    """A file that holds the state of a training run: its parts, its step and the seconds spent.

    Args:
        path: The file.
        parts: What to keep, by name; each has ``state_dict`` and ``load_state_dict``.
    """

    def __init__(self, path: Path, parts: dict[str, Any]) -> None:
        self._path = path
        self._parts = parts
        self.step = 0
        self.spent = 0.0

    def resume(self) -> None:
        """Bring parts, step and seconds back from the file, if it exists."""
        state = load_state(self._path)
        if state is None:
            return
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self.step, self.spent = state["step"], state["spent"]

    def save(self, clock: Clock) -> None:
        """Write the present state."""
        state: dict[str, Any] = {name: part.state_dict() for name, part in self._parts.items()}
        save_state(self._path, {**state, "step": self.step, "spent": clock.spent})


def replace_folder(target: Path, write: Callable[[Path], object]) -> None:
    """Fill a folder next to the target, then swap it in, so that readers never see half of it.

    Args:
        target: Folder to replace.
        write: Fills the folder that it is given.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new-{os.getpid()}")
    stale = target.with_name(f".{target.name}.old-{os.getpid()}")
    for folder in (fresh, stale):
        shutil.rmtree(folder, ignore_errors=True)
    fresh.mkdir()
    try:
        write(fresh)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if target.exists():
        target.rename(stale)
    fresh.rename(target)
    shutil.rmtree(stale, ignore_errors=True)


def picture_cache(
    folder: Path, split: str, seed: int, count: int, mixture: Mixture | None = None
) -> tuple[NDArray[np.uint8], list[Scene]]:
    """Draw pictures of the training mixture once and keep them on disk.

    Args:
        folder: Where the cache lies.
        split: Name of the split, which keeps its stream apart from the others.
        seed: Seed within the split.
        count: Number of pictures.
        mixture: How often pairs and styles occur.

    Returns:
        Pictures ``(count, SIZE, SIZE, 3)``, mapped from disk, and their scenes.
    """
    mixture = mixture or Mixture()
    rng = rng_for(split, seed)
    scenes = [sample_scene(rng, mixture) for _ in range(count)]
    path = folder / f"{split}-{seed}-{count}-{mixture.pairs}-{mixture.styled}.npy"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        open_memmap: Any = np.lib.format.open_memmap  # typed in some versions of numpy only
        pictures = open_memmap(partial, mode="w+", dtype=np.uint8, shape=(count, SIZE, SIZE, 3))
        for row, scene in enumerate(scenes):
            pictures[row] = draw(scene)
        pictures.flush()
        partial.replace(path)
    loaded: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return loaded, scenes


def as_tensor(pictures: NDArray[np.uint8], device: str = "cpu") -> "torch.Tensor":
    """Return pictures ``(n, h, w, 3)`` in bytes as ``(n, 3, h, w)`` in -1..1."""
    import torch

    tensor = torch.from_numpy(np.array(pictures)).to(device)
    return tensor.permute(0, 3, 1, 2).float().div(127.5).sub(1)


def draw_many(scenes: list[Scene]) -> NDArray[np.uint8]:
    """Draw scenes, ``(n, SIZE, SIZE, 3)``."""
    return np.stack([draw(scene) for scene in scenes])


def folder_megabytes(folder: Path) -> float:
    """Return the size of a folder in MB (10**6 bytes)."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
