"""What is asked of the grid service and what it tells while it works."""

from dataclasses import dataclass

from gemrec.records import Image, Model, Prompt


@dataclass(frozen=True, slots=True)
class GridRequest:
    """One side: images of one model for one prompt, one per seed."""

    model: Model
    prompt: Prompt
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GridProgress:
    """One number over all sides, 0..1 and never falling, and a message that names no model."""

    fraction: float
    message: str


@dataclass(frozen=True, slots=True)
class GridImages:
    """Images of one position, stored and ready to show.

    Attributes:
        position: Place in the grid, from 0.
        images: One entry per side. In pairwise mode every side that has not failed is filled;
            otherwise only the side that has just become ready.
    """

    position: int
    images: tuple[Image | None, ...]


@dataclass(frozen=True, slots=True)
class GridFailed:
    """A side that makes no more images. In a blind battle the reason is for the log only."""

    side: int
    reason: str


@dataclass(frozen=True, slots=True)
class GridDone:
    """The end: all images per side in the order of the seeds; a failed side may lack some."""

    images: tuple[tuple[Image, ...], ...]


GridEvent = GridProgress | GridImages | GridFailed | GridDone
