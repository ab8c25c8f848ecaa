"""The doctor's look at the machine: disk, libraries, GPU."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from gemrec.cli.checks import Check, Status
from gemrec.settings import Settings

_GIB = 2**30
_LITTLE_DISK = 2 * _GIB  # room for some 100,000 pocket images
_NO_DISK = _GIB // 5


def check_disk(settings: Settings) -> Iterator[Check]:
    """Is there room for images?"""
    free = shutil.disk_usage(_nearest(settings.data)).free
    detail = f"{free / _GIB:.1f} GiB free at {settings.data}"
    advice = "Free some space, or set GEMREC_DATA to a folder on a larger disk."
    if free < _NO_DISK:
        yield Check("disk", Status.BROKEN, detail, advice)
    elif free < _LITTLE_DISK:
        yield Check("disk", Status.WARN, detail, advice)
    else:
        yield Check("disk", Status.OK, detail)


def check_gpu(settings: Settings) -> Iterator[Check]:
    """Are the libraries there, and what do models run on?"""
    if settings.backend == "scripted":
        yield Check("gpu", Status.OK, "not needed by the scripted backend")
        return
    missing = [m for m in ("torch", "diffusers", "open_clip") if not importlib.util.find_spec(m)]
    if missing:
        yield Check(
            "gpu",
            Status.BROKEN,
            f"{', '.join(missing)} not installed",
            "Run `pip install -r requirements.txt`, or `make demo`, which does.",
        )
        return
    import torch

    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / _GIB
        yield Check("gpu", Status.OK, f"{torch.cuda.get_device_name(0)}, {memory:.0f} GiB")
    elif settings.device == "cuda":
        yield Check(
            "gpu",
            Status.BROKEN,
            "GEMREC_DEVICE is 'cuda', but torch finds no GPU",
            "Set GEMREC_DEVICE=auto, or install a driver and a CUDA build of torch.",
        )
    else:
        cores = settings.threads or os.cpu_count() or 1
        yield Check("gpu", Status.OK, f"none; models run on {cores} CPU threads")


def _nearest(path: Path) -> Path:
    """The path itself or the closest folder above it that exists."""
    return next((p for p in (path, *path.parents) if p.exists()), Path("/"))


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself can."""
    nearest = _nearest(folder)
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
