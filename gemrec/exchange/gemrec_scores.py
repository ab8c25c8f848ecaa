"""The scores that GEMRec-18K published for its images, kept with or without the images.

They depend on the publishers' encoder and on all of their images, so the store measures its own
prompt match and distinctiveness; what they published stays in a file of its own. Only the safety
checker's score means the same everywhere: the store takes it over for the images that are there.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gemrec.exchange.gemrec_files import GemrecFiles, Row, columns_of, rows_of, written
from gemrec.exchange.gemrec_models import model_of, read_prompt, whole
from gemrec.ranking import safety_of
from gemrec.records import Model
from gemrec.store import Store

SCORES: Final = (
    "nsfw_score", "mcos_score", "clip_score", "norm_clip", "norm_mcos", "norm_nsfw", "norm_pop",
)  # fmt: skip
_KEY: Final = ("modelVersion_id", "prompt", "tag", "seed")


@dataclass(frozen=True, slots=True)
class PublishedScores:
    """What was published.

    Attributes:
        images: Images with scores.
        safety: Safety 0..1 by model id and seed, by prompt text, where it was published.
    """

    images: int = 0
    safety: Mapping[str, Mapping[tuple[str, int], float]] = field(default_factory=dict)


def keep_scores(files: GemrecFiles, models: Mapping[str, Model], path: Path) -> PublishedScores:
    """Write down every published score of an image, as it is; a second time replaces the file.

    Args:
        files: The parts of the data set; those without scores are passed over.
        models: The roster, by id.
        path: A CSV file with the columns ``model``, ``prompt``, ``category``, ``seed`` and those of
            ``SCORES``, empty where nothing was published. Not written where there are no scores.

    Raises:
        InputError: A row is none, or of a model that the roster lacks.
        StoreError: The file cannot be written.
    """
    safety: dict[str, dict[tuple[str, int], float]] = {}
    lines = []
    for where, row in _scored_rows(files):
        model, prompt = model_of(row, models, where), read_prompt(row, where)
        seed = whole(row, "seed", where)
        nsfw = _number(row.get("nsfw_score"))
        if nsfw is not None and 0 <= nsfw <= 1:
            safety.setdefault(prompt.text, {})[model.id, seed] = safety_of(nsfw)
        lines.append((model.id, prompt.text, prompt.category, seed, *map(row.get, SCORES)))
    if lines:
        with written(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("model", "prompt", "category", "seed", *SCORES))
            writer.writerows(lines)
    return PublishedScores(len(lines), safety)


def take_over_safety(store: Store, published: PublishedScores) -> None:
    """Give the images that are there the safety that was published for them."""
    for prompt, known in published.safety.items():
        images = store.images.for_prompt(prompt)
        found = [(i.id, known[i.model_id, i.seed]) for i in images if (i.model_id, i.seed) in known]
        before = store.image_scores.of_images([image_id for image_id, _ in found])
        fresh = [
            (image_id, safety)
            for image_id, safety in found
            if image_id not in before or before[image_id].safety != safety
        ]
        if fresh:
            store.image_scores.put_safety(fresh)


def _scored_rows(files: GemrecFiles) -> Iterator[tuple[str, Row]]:
    for path in dict.fromkeys((*files.prompts, *files.images)):
        columns = set(columns_of(path))
        if columns >= set(_KEY) and columns & set(SCORES):
            for number, row in enumerate(rows_of(path, (*_KEY, *SCORES)), 1):
                yield f"{path}, row {number}", row


def _number(said: object) -> float | None:
    """A score as a number; the text of a CSV file may hold anything."""
    try:
        return float(str(said))
    except ValueError:
        return None
