"""GEMRec-18K in: 200 models, 90 prompts in 12 categories, and an image for each pair.

The models become catalog entries that show prerendered images, the prompts prompts of the dice, the
images images of the store; the published scores are kept.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gemrec.errors import InputError
from gemrec.exchange.gemrec_files import (
    IMAGE_COLUMNS,
    GemrecFiles,
    Progress,
    Row,
    row_count,
    rows_of,
    written,
)
from gemrec.exchange.gemrec_models import as_model, model_of, read_prompt, whole, write_models
from gemrec.exchange.gemrec_scores import keep_scores, take_over_safety
from gemrec.images import ImageFiles
from gemrec.ranking import PopularityBins, popularity_bins
from gemrec.records import Model, Prompt
from gemrec.settings import Settings
from gemrec.store import Store

_KEPT = ("size", "negativePrompt", "sampler", "cfgScale", "image_id")


@dataclass(frozen=True, slots=True)
class ImportedGemrec:
    """What an import did.

    Attributes:
        models: Models in the roster.
        prompts: Prompts in the set.
        categories: Their categories, in order of first appearance.
        images: New images.
        known: Images that were in the store before.
        scored: Images whose published scores were kept, in the store or not.
        bins: All models by popularity.
        sampled: Those that were sampled by popularity, without the originals that were added.
    """

    models: int
    prompts: int
    categories: tuple[str, ...]
    images: int
    known: int
    scored: int
    bins: PopularityBins
    sampled: PopularityBins


def import_gemrec(
    files: GemrecFiles,
    settings: Settings,
    store: Store,
    images: ImageFiles,
    now: datetime,
    progress: Progress = lambda done: None,  # noqa: ARG005
) -> ImportedGemrec:
    """Take the data set in; a second time, or after an interruption, adds what is missing.

    Args:
        files: Where its parts are.
        settings: Where models, prompts and the list of images go.
        store: Where images go.
        images: Where their files go.
        now: Time of the import.
        progress: Told what share of the images is in, 0..1.

    Raises:
        InputError: A file has a row that is none; the message names file and row.
        StoreError: Something cannot be written.
    """
    manifest = settings.image_folder / "gemrec-18k.jsonl"
    rows = [(path, n, row) for path in files.roster for n, row in enumerate(rows_of(path), 1)]
    models = {}
    for path, number, row in rows:
        model = as_model(row, manifest, f"{path}, row {number}")
        models[model.id] = model
    if not models:
        raise InputError(f"{files.roster[0]}: has no models")
    prompts = _prompts(files)
    folder = settings.imports_folder / "gemrec-18k"
    write_models(folder / "models.toml", models.values())
    _write_prompts(folder / "prompts.csv", prompts)
    store.models.sync(models.values(), now)
    published = keep_scores(files, models, folder / "scores.csv")
    new, known = 0, 0
    if files.images:
        new, known = _images(files, models, manifest, store, images, now, progress)
    take_over_safety(store, published)
    counts = [model.downloads for model in models.values()]
    drawn = [model.downloads for model in models.values() if "civitai.com" in model.url]
    return ImportedGemrec(
        len(models),
        len(prompts),
        tuple(dict.fromkeys(prompt.category for prompt in prompts)),
        new,
        known,
        published.images,
        popularity_bins(counts),
        popularity_bins(drawn or counts),
    )


def imported_gemrec_document(done: ImportedGemrec) -> dict[str, Any]:
    """What an import did, as a JSON object."""

    def bins(found: PopularityBins) -> dict[str, Any]:
        return {"edges": [round(edge, 6) for edge in found.edges], "counts": list(found.counts)}

    return {
        "models": done.models,
        "prompts": done.prompts,
        "categories": list(done.categories),
        "images": done.images,
        "known_images": done.known,
        "scored_images": done.scored,
        "popularity_bins": bins(done.bins),
        "sampled_popularity_bins": bins(done.sampled),
    }


def _prompts(files: GemrecFiles) -> tuple[Prompt, ...]:
    """Every prompt once, in the order of the files."""
    wanted = ("prompt_id", "tag", "prompt")
    return tuple(
        dict.fromkeys(
            read_prompt(row, f"{path}, row {number}")
            for path in files.prompts
            for number, row in enumerate(rows_of(path, wanted), 1)
        )
    )


def _write_prompts(path: Path, prompts: tuple[Prompt, ...]) -> None:
    with written(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("category", "prompt"))
        writer.writerows((prompt.category, prompt.text) for prompt in prompts)


def _images(
    files: GemrecFiles,
    models: dict[str, Model],
    manifest: Path,
    store: Store,
    images: ImageFiles,
    now: datetime,
    progress: Progress,
) -> tuple[int, int]:
    """Store every image, then list them for the backend that shows prerendered ones."""
    total = sum(map(row_count, files.images))
    new, known, lines = 0, 0, []
    for done, (where, row) in enumerate(_image_rows(files), 1):
        line, is_new = _image(row, where, model_of(row, models, where), store, images, now)
        lines.append(line)
        new, known = new + is_new, known + (not is_new)
        progress(done / max(total, 1))
    with written(manifest) as part:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return new, known


def _image_rows(files: GemrecFiles) -> Iterator[tuple[str, Row]]:
    columns = (*IMAGE_COLUMNS, *_KEPT)
    for path in files.images:
        for number, row in enumerate(rows_of(path, columns), 1):
            yield f"{path}, row {number}", row


def _image(
    row: Row, where: str, model: Model, store: Store, images: ImageFiles, now: datetime
) -> tuple[str, bool]:
    prompt, seed = read_prompt(row, where), whole(row, "seed", where)
    key = model.parameters.key
    there = store.images.find(model.id, prompt, [seed], key).get(seed)
    if there is not None and images.path(there.digest).is_file():
        return _line(there.digest, model.id, prompt, seed), False
    encoded = row.get("image")
    content = encoded.get("bytes") if isinstance(encoded, dict) else encoded
    if not isinstance(content, bytes):
        raise InputError(f"{where}, image: got no bytes; allowed: an encoded picture")
    try:
        file = images.put_bytes(content)
    except InputError as error:
        raise InputError(f"{where}, {error}") from error
    store.images.add(
        digest=file.digest,
        model_id=model.id,
        prompt=prompt,
        seed=seed,
        parameters=key,
        parameters_json=json.dumps({name: row.get(name) for name in _KEPT}, sort_keys=True),
        width=file.width,
        height=file.height,
        seconds=None,
        now=now,
    )
    return _line(file.digest, model.id, prompt, seed), True


def _line(digest: str, model_id: str, prompt: Prompt, seed: int) -> str:
    name = f"{digest[:2]}/{digest}.webp"
    return json.dumps({"file_name": name, "model": model_id, "prompt": prompt.text, "seed": seed})
