"""The finished data set: Parquet with the images inside, an imagefolder, a manifest, a card.

Every file is written beside its place and moved there when it is complete.
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from gemrec.building.builder import IMAGES
from gemrec.building.card import data_card
from gemrec.building.journal import MadeImage
from gemrec.building.plan import Plan, Task
from gemrec.errors import StoreError
from gemrec.images import ImageFiles
from gemrec.ranking import distinctiveness, popularity

PARQUET, METADATA, MANIFEST, CARD = "parquet", "metadata.jsonl", "manifest.json", "README.md"
SHARD_BYTES = 400 * 2**20
GROUP_ROWS = 256
FORMAT = 1

Made = Mapping[str, Sequence[MadeImage]]


@dataclass(frozen=True)
class Row:
    """One image with all that is known about it; the fields are the columns of the data set."""

    file_name: str
    model: str
    model_name: str
    prompt: str
    category: str
    seed: int
    prompt_match: float
    distinctiveness: float | None
    popularity: float
    safety: float | None
    seconds: float
    width: int
    height: int
    parameters: str
    licence: str
    sha256: str


COLUMNS: Mapping[str, tuple[str, str]] = {
    "file_name": ("string", "place of the image file"),
    "model": ("string", "id of the model"),
    "model_name": ("string", "name of the model"),
    "prompt": ("string", "what was asked for"),
    "category": ("string", "category of the prompt"),
    "seed": ("int64", "seed of the noise, the same for every model"),
    "prompt_match": (
        "float64",
        "100 · cosine of image and prompt (CLIPScore without its clipping)",
    ),
    "distinctiveness": ("float64", "1 - mean cosine to the prompt's other images"),
    "popularity": ("float64", "log10(downloads + 1) of the model"),
    "safety": ("float64", "of a safety checker, 0 to 1, more is safer; empty where none looked"),
    "seconds": ("float64", "share of the time that its grid took"),
    "width": ("int32", "pixels"),
    "height": ("int32", "pixels"),
    "parameters": ("string", "steps, guidance and the rest, as JSON"),
    "licence": ("string", "licence of the model"),
    "sha256": ("string", "checksum of the image file"),
}


def write_outputs(
    plan: Plan, folder: Path, made: Made, encoder: str, name: str, now: datetime
) -> dict[str, Any]:
    """Write everything besides the images, which are there already.

    Args:
        plan: What the data set holds.
        folder: Where.
        made: Images by task key; tasks without an entry are told as missing.
        encoder: Name of the encoder that looked at the images.
        name: Of the data set, for the card.
        now: Time of writing.

    Returns:
        The manifest.

    Raises:
        StoreError: A file cannot be written, or an image is not what its name says.
    """
    rows = rows_of(plan, made)
    try:
        with _complete(folder / IMAGES / METADATA) as part:
            lines = (json.dumps(asdict(row), ensure_ascii=False) for row in rows)
            part.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        write_parquet(rows, folder, _vectors(made))
        with _complete(folder / CARD) as part:
            part.write_text(data_card(plan, rows, COLUMNS, encoder, name), "utf-8")
        manifest = _manifest(plan, folder, made, rows, encoder, now)
        with _complete(folder / MANIFEST) as part:
            part.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise StoreError(
            f"The data set in {folder} cannot be written ({error.strerror or error}); free some space and "
            "go on with --resume."
        ) from error
    return manifest


def rows_of(plan: Plan, made: Made) -> list[Row]:
    """One row per image, by prompt, model and seed in the order of the plan."""
    unlike = _distinctiveness(plan, made)
    tasks = {(task.prompt.text, task.model.id): task for task in plan.tasks}
    return [
        _row(task, image, unlike.get((task.key, image.seed)))
        for prompt in plan.prompts
        for model in plan.models
        for task in (tasks[prompt.text, model.id],)
        for image in made.get(task.key, ())
    ]


def _row(task: Task, image: MadeImage, unlike: float | None) -> Row:
    model = task.model
    return Row(
        file_name=f"{image.digest[:2]}/{image.digest}.webp",
        model=model.id,
        model_name=model.name,
        prompt=task.prompt.text,
        category=task.prompt.category,
        seed=image.seed,
        prompt_match=image.prompt_match,
        distinctiveness=unlike,
        popularity=round(float(popularity([model.downloads])[0]), 4),
        safety=image.safety,
        seconds=image.seconds,
        width=image.width,
        height=image.height,
        parameters=json.dumps(asdict(model.parameters), sort_keys=True),
        licence=model.licence,
        sha256=image.digest,
    )


def _distinctiveness(plan: Plan, made: Made) -> dict[tuple[str, int], float]:
    """How unlike the prompt's other images each one is, by task key and seed."""
    of_prompt: dict[str, list[tuple[str, MadeImage]]] = defaultdict(list)
    for task in plan.tasks:
        of_prompt[task.prompt.text] += [(task.key, image) for image in made.get(task.key, ())]
    found = {}
    for images in of_prompt.values():
        vectors = np.stack([image.vector for _, image in images]) if images else np.zeros((0, 1))
        values = distinctiveness(vectors)
        for (key, image), value in zip(images, values, strict=True):
            if np.isfinite(value):
                found[key, image.seed] = round(float(value), 4)
    return found


def write_parquet(rows: Sequence[Row], folder: Path, vectors: Mapping[str, Any]) -> list[Path]:
    """Parquet shards with the image bytes inside, as the Hub's viewer and ``datasets`` read them.

    Args:
        rows: All images.
        folder: Of the data set.
        vectors: (d,) per image digest.

    Returns:
        The files.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = _schema(pa)
    target = folder / PARQUET
    target.mkdir(exist_ok=True)
    files = ImageFiles(folder / IMAGES)
    shards = list(_shards(rows, files))
    paths = [
        target / f"train-{number:05d}-of-{len(shards):05d}.parquet" for number in range(len(shards))
    ]
    for old in set(target.glob("*.parquet")) - set(paths):
        old.unlink()
    for path, shard in zip(paths, shards, strict=True):
        with _complete(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for start in range(0, len(shard), GROUP_ROWS):
                group = [_record(row, files, vectors) for row in shard[start : start + GROUP_ROWS]]
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
    return paths


def _record(row: Row, files: ImageFiles, vectors: Mapping[str, Any]) -> dict[str, Any]:
    image = {"bytes": files.path(row.sha256).read_bytes(), "path": row.file_name}
    return {"image": image, **asdict(row), "vector": vectors[row.sha256].astype(np.float32)}


def _schema(pa: Any) -> Any:
    """Columns, and the note by which ``datasets`` knows that one of them holds images."""
    kinds = {
        "string": pa.string(),
        "int64": pa.int64(),
        "int32": pa.int32(),
        "float64": pa.float64(),
    }
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    fields = [("image", image), *((name, kinds[kind]) for name, (kind, _) in COLUMNS.items())]
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    features |= {name: {"dtype": kind, "_type": "Value"} for name, (kind, _) in COLUMNS.items()}
    features["vector"] = {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "List"}
    note = json.dumps({"info": {"features": features}})
    return pa.schema([*fields, ("vector", pa.list_(pa.float32()))], {"huggingface": note})


def _shards(rows: Sequence[Row], files: ImageFiles) -> Iterator[list[Row]]:
    """Rows in shards of about :data:`SHARD_BYTES`; always at least one shard."""
    shard: list[Row] = []
    size = 0
    for row in rows:
        if size > SHARD_BYTES:
            yield shard
            shard, size = [], 0
        shard.append(row)
        size += files.path(row.sha256).stat().st_size
    yield shard


def _manifest(
    plan: Plan, folder: Path, made: Made, rows: Sequence[Row], encoder: str, now: datetime
) -> dict[str, Any]:
    missing = [task for task in plan.tasks if task.key not in made]
    return {
        "format": FORMAT,
        "created_at": now.isoformat(),
        "plan": plan.digest,
        "encoder": encoder,
        "counts": {
            "models": len(plan.models),
            "prompts": len(plan.prompts),
            "images": len(rows),
            "planned": plan.total,
        },
        "models": [
            {
                "id": m.id,
                "name": m.name,
                "licence": m.licence,
                "downloads": m.downloads,
                "url": m.url,
            }
            for m in plan.models
        ],
        "missing": [{"model": t.model.id, "prompt": t.prompt.text} for t in missing],
        "images": [_checked(folder, row) for row in rows],
        "files": [_file(folder, path) for path in sorted(_other_files(folder))],
    }


def _checked(folder: Path, row: Row) -> dict[str, Any]:
    """The checksum of an image file, read again from the disk."""
    path = folder / IMAGES / row.file_name
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise StoreError(
            f"The image file {path} is damaged; remove it and go on with --resume to make it again."
        )
    return {"path": f"{IMAGES}/{row.file_name}", "sha256": row.sha256, "bytes": len(content)}


def _file(folder: Path, path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    name = path.relative_to(folder).as_posix()
    return {"path": name, "sha256": digest.hexdigest(), "bytes": path.stat().st_size}


def _other_files(folder: Path) -> Iterable[Path]:
    yield from (folder / PARQUET).glob("*.parquet")
    yield folder / IMAGES / METADATA
    yield folder / CARD


def _vectors(made: Made) -> dict[str, Any]:
    return {image.digest: image.vector for images in made.values() for image in images}


@contextmanager
def _complete(path: Path) -> Iterator[Path]:
    """A place to write to, moved to ``path`` when the block ends well."""
    part = path.with_name(f"{path.name}.part")
    yield part
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
