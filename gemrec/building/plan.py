"""What a data set will hold, decided before anything is made."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from gemrec.errors import InputError
from gemrec.generation import GenerationJob
from gemrec.generation.ordering import pipeline_of
from gemrec.recommend import seeds_for
from gemrec.records import Model, Prompt

MOST_IMAGES = 64
BYTES_PER_PIXEL = 0.35
"""Of a WebP file of the store; generous for pictures, so that the disk is rather too large."""

COPIES = 2  # every image is kept as a file and inside Parquet


@dataclass(frozen=True)
class Task:
    """One grid: all images of one model for one prompt, made in one batch.

    A batch is never split, so that what is made again after an interruption is the same to the
    last bit.

    Attributes:
        model: Who draws.
        base: The model that it adapts when it is a LoRA; None otherwise.
        prompt: What to draw.
        seeds: One per image, the same for every model.
    """

    model: Model
    base: Model | None
    prompt: Prompt
    seeds: tuple[int, ...]

    @cached_property
    def key(self) -> str:
        """A digest of everything that decides how the images come out."""
        return _digest(
            {
                "model": self.model.id,
                "source": _portable(self.model),
                "base": None if self.base is None else _portable(self.base),
                "parameters": asdict(self.model.parameters),
                "prompt": [self.prompt.text, self.prompt.category],
                "seeds": self.seeds,
            }
        )

    @property
    def job(self) -> GenerationJob:
        """The task as the backends take it."""
        return GenerationJob(self.model, self.base, self.prompt.text, self.seeds)


@dataclass(frozen=True)
class Plan:
    """All tasks of a data set, grids of one model together.

    Attributes:
        models: Who draws.
        prompts: What.
        images: Per model and prompt.
        tasks: Every model with every prompt, ordered so that pipelines change least.
    """

    models: tuple[Model, ...]
    prompts: tuple[Prompt, ...]
    images: int
    tasks: tuple[Task, ...]

    @property
    def total(self) -> int:
        """Images in all."""
        return sum(len(task.seeds) for task in self.tasks)

    @property
    def bytes(self) -> int:
        """About how much disk the images will take."""
        pixels = sum(
            len(task.seeds) * task.model.parameters.width * task.model.parameters.height
            for task in self.tasks
        )
        return int(pixels * BYTES_PER_PIXEL * COPIES)

    def seconds(self, workers: int = 1) -> float | None:
        """About how long it will take; None when the catalog does not say for every model."""
        each = [
            None if (s := task.model.cost.seconds_per_image) is None else s * len(task.seeds)
            for task in self.tasks
        ]
        known = [seconds for seconds in each if seconds is not None]
        return sum(known) / workers if len(known) == len(each) else None

    @cached_property
    def digest(self) -> str:
        """Equal for two plans exactly when they make the same images, in whatever order."""
        return _digest(sorted(task.key for task in self.tasks))


def make_plan(
    models: Sequence[Model],
    bases: Sequence[Model | None],
    prompts: Sequence[Prompt],
    images: int,
) -> Plan:
    """Plan every model with every prompt.

    Args:
        models: Who draws, each once.
        bases: Of each model that is a LoRA; None of the others.
        prompts: What to draw, each once.
        images: Per model and prompt, 1..64.

    Raises:
        InputError: There is nothing to do, or too much of it.
    """
    if not 1 <= images <= MOST_IMAGES:
        raise InputError(f"images: got {images}; allowed: 1 to {MOST_IMAGES}")
    for name, found in (("models", models), ("prompts", prompts)):
        if not found:
            raise InputError(f"{name}: got none; allowed: at least one")
    if len({prompt.text for prompt in prompts}) < len(prompts):
        raise InputError("prompts: got a text under two categories; allowed: each text once")
    order = sorted(range(len(models)), key=lambda n: (pipeline_of(models[n]), n))
    tasks = (
        Task(models[n], bases[n], prompt, tuple(seeds_for(prompt.text, images)))
        for n in order
        for prompt in prompts
    )
    return Plan(tuple(models), tuple(prompts), images, tuple(tasks))


def _portable(model: Model) -> dict[str, object]:
    """A source as it is on any machine: folders by their last parts."""
    source = asdict(model.source)
    if source["path"].startswith("/"):
        source["path"] = "/".join(source["path"].split("/")[-2:])
    return source


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
