"""``generate``: which models, their images with progress, copies of the files."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gemrec.cli.progress import progress_bar
from gemrec.errors import InputError
from gemrec.generation import GridDone, GridFailed, GridImages, GridProgress, GridRequest
from gemrec.records import Image, Model, Prompt
from gemrec.services import Services

ALL = "all"
_SLUG_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Made:
    """Images in the order of the models asked for, and why some models made none."""

    images: tuple[Image, ...]
    failures: tuple[str, ...]


def choose_models(services: Services, words: str) -> tuple[Model, ...]:
    """The models that ``all`` or a list of ids with commas stands for.

    Raises:
        UnknownModelError: An id is not in the catalog.
        InputError: No id at all, or a model that cannot run here.
    """
    if words.strip() == ALL:
        chosen = services.arena.usable_models()
        if not chosen:
            raise InputError(
                "models: got 'all', but none can run here; `python -m gemrec doctor` says why"
            )
        return chosen
    ids = tuple(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))
    if not ids:
        known = ", ".join(services.catalog.models)
        raise InputError(f"models: got {words!r}; allowed: all, or ids of {known}")
    chosen = tuple(services.catalog.get(model_id) for model_id in ids)
    for model in chosen:
        if (problem := services.grids.problem(model)) is not None:
            raise InputError(f"models: {model.id!r} cannot run here: {problem}")
    return chosen


def make_images(
    services: Services, prompt: Prompt, models: Sequence[Model], seeds: Sequence[int]
) -> Made:
    """Make one image per model and seed; progress goes to stderr."""
    requests = [GridRequest(model, prompt, tuple(seeds)) for model in models]
    images: dict[tuple[int, int], Image] = {}
    failures: list[str] = []
    with progress_bar(f"{len(models) * len(seeds)} images") as advance:
        for event in services.grids.stream(requests, lambda: False, pairwise=False):
            if isinstance(event, GridProgress):
                advance(event.fraction)
            elif isinstance(event, GridImages):
                for side, image in enumerate(event.images):
                    if image is not None:
                        images[side, event.position] = image
            elif isinstance(event, GridFailed):
                failures.append(f"{models[event.side].id}: {event.reason}")
            elif isinstance(event, GridDone):
                advance(1.0)
    return Made(tuple(images[key] for key in sorted(images)), tuple(failures))


def export_images(services: Services, images: Sequence[Image], out: Path | None) -> dict[int, Path]:
    """Copy the files to a folder under readable names; without one, say where they are.

    Raises:
        InputError: The folder cannot be made or written to.
    """
    stored = {image.id: services.images.path(image.digest) for image in images}
    if out is None:
        return stored
    try:
        out.mkdir(parents=True, exist_ok=True)
        return {
            image.id: Path(shutil.copyfile(stored[image.id], out / _file_name(image)))
            for image in images
        }
    except OSError as error:
        raise InputError(
            f"out: got {str(out)!r}; allowed: a folder that can be written to ({error.strerror})"
        ) from error


def _file_name(image: Image) -> str:
    """Prompt, model and seed for people; a piece of the digest keeps similar prompts apart."""
    slug = re.sub(r"[^a-z0-9]+", "-", image.prompt.lower()).strip("-")[:_SLUG_LENGTH].strip("-")
    model = re.sub(r"[^A-Za-z0-9._-]+", "-", image.model_id)
    return "_".join(filter(None, (slug, model, str(image.seed), image.digest[:8]))) + ".webp"
