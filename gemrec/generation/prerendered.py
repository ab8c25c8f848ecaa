"""Images that were made before: a folder with a manifest, looked up by prompt and seed."""

import csv
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from PIL import Image as PILImage
from PIL import UnidentifiedImageError

from gemrec.errors import GenerationCancelledError, GenerationError
from gemrec.generation.backend import Drawn, GenerationJob
from gemrec.records import Model

MANIFESTS = ("metadata.jsonl", "metadata.csv")  # the names that the Hub's imagefolder uses
COLUMNS = ("file_name", "prompt", "seed")

Key = tuple[str, int]


class PrerenderedBackend:
    """Kind ``prerendered``; follows ``Backend``.

    The path of such a model is a folder with images and ``metadata.csv`` or ``metadata.jsonl``, or
    one of these files itself. It has a line per image with ``file_name`` (within the folder),
    ``prompt`` and ``seed``; further columns are ignored, and where there is a column ``model``,
    only the lines of this model count, so that one folder serves a whole family.
    """

    name = "prerendered"

    def problem(self, model: Model, base: Model | None = None) -> str | None:  # noqa: ARG002
        """A folder that is missing or has no usable manifest."""
        try:
            index = image_index(model)
        except GenerationError as error:
            return str(error)
        if not index:
            return f"{model.name} has no images: its manifest has no line for {model.id!r}."
        return None

    def warm_up(self, jobs: tuple[GenerationJob, ...], cancelled: Callable[[], bool]) -> None:
        """Nothing to load."""

    def generate(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> list[Drawn]:
        """Open the images of a job; see ``Backend.generate``.

        Where a prompt has images but not for a seed that is asked for, seeds are matched by rank,
        so that a new seed shows another image rather than none.

        Raises:
            GenerationError: No image of the prompt, or a file that cannot be read.
        """
        index = image_index(job.model)
        known = sorted(seed for prompt, seed in index if prompt == job.prompt)
        if not known:
            raise GenerationError(
                f"{job.model.name} has images for {len({p for p, _ in index})} prompts, but none "
                f"for {job.prompt!r}; choose one of its prompts."
            )
        images = []
        for done, seed in enumerate(job.seeds, 1):
            if cancelled():
                raise GenerationCancelledError(f"{job.model.name} was cancelled.")
            found = seed if (job.prompt, seed) in index else known[seed % len(known)]
            images.append(Drawn(open_image(index[job.prompt, found])))
            on_step(done, len(job.seeds))
        return images


def image_index(model: Model) -> Mapping[Key, Path]:
    """Files by prompt and seed.

    Raises:
        GenerationError: There is no manifest, or one of its lines is wrong.
    """
    manifest = find_manifest(model)
    return read_manifest(manifest, manifest.stat().st_mtime_ns, model.id)


def find_manifest(model: Model) -> Path:
    """The manifest of a model.

    Raises:
        GenerationError: There is none.
    """
    path = Path(model.source.path)
    candidates = [path] if path.suffix in (".csv", ".jsonl") else [path / n for n in MANIFESTS]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise GenerationError(
        f"The images of {model.name} have no manifest: {' or '.join(map(str, candidates))} is "
        f"missing; it needs the columns {', '.join(COLUMNS)}."
    )


@lru_cache(maxsize=64)
def read_manifest(manifest: Path, _changed_at: int, model_id: str) -> Mapping[Key, Path]:
    """Read one manifest; remembered until the file changes.

    Raises:
        GenerationError: A line is wrong; the message names it.
    """
    folder = manifest.parent.resolve()
    index: dict[Key, Path] = {}
    for number, row in enumerate(_rows(manifest), 1):
        if str(row.get("model") or model_id) != model_id:
            continue
        try:
            file = (folder / str(row["file_name"])).resolve()
            key = str(row["prompt"]), int(str(row["seed"]))
        except (KeyError, ValueError) as error:
            raise GenerationError(
                f"{manifest}: image {number}: got {row!r:.120}; allowed: values for "
                f"{', '.join(COLUMNS)}, the seed a whole number"
            ) from error
        if not file.is_relative_to(folder):
            raise GenerationError(
                f"{manifest}: image {number}: got {row['file_name']!r}; allowed: files in {folder}"
            )
        index.setdefault(key, file)
    return MappingProxyType(index)


def _rows(manifest: Path) -> list[dict[str, object]]:
    try:
        text = manifest.read_text("utf-8-sig")
        if manifest.suffix == ".csv":
            return list(csv.DictReader(text.splitlines(keepends=True)))
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (OSError, ValueError, csv.Error) as error:
        raise GenerationError(f"{manifest}: cannot be read ({error})") from error
    if not all(isinstance(row, dict) for row in rows):
        raise GenerationError(f"{manifest}: allowed: one JSON object per line")
    return rows


def open_image(path: Path) -> PILImage.Image:
    """One image as RGB.

    Raises:
        GenerationError: The file is missing or no image.
    """
    try:
        with PILImage.open(path) as image:
            return image.convert("RGB")
    except (OSError, UnidentifiedImageError, PILImage.DecompressionBombError) as error:
        raise GenerationError(f"{path}: is no image that can be read ({error})") from error
