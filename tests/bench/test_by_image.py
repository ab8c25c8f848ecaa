"""Which shipped model made a picture: found by the picture alone, on prompts never sketched."""

import csv
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from gemrec.generation import GridRequest
from gemrec.records import Prompt
from gemrec.retrieval import sketch_models
from gemrec.services import Services, build_services
from gemrec.settings import REPOSITORY, load_settings

pytestmark = pytest.mark.bench

STYLES = (
    "watercolor", "pixel-art", "neon", "pencil-sketch", "comic", "mosaic", "blueprint", "vintage",
    "noir", "pop-art",
)  # fmt: skip
TWELVE = ("pocket-base", "pocket-food", *(f"pocket-{style}" for style in STYLES))
ALL = (*TWELVE, "pocket-animals", "pocket-swift", "pocket-early")
PROMPTS, HELD, FIRST = 24, 3, 4
"""Prompts drawn; every third of them is never sketched; the right model must be among the first."""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    built = build_services(
        load_settings(
            data=tmp_path_factory.mktemp("by-image"), threads=1, generation_timeout=3600.0
        )
    )
    yield built
    built.close()


def prompts() -> list[Prompt]:
    with (REPOSITORY / "assets" / "prompts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [Prompt(row["prompt"], row["category"]) for row in rows[:: len(rows) // PROMPTS]][
        :PROMPTS
    ]


def embedded(services: Services) -> np.ndarray:
    """(models, prompts, d) embeddings of one picture each."""
    requests = [
        GridRequest(services.catalog.get(name), prompt, (21,))
        for name in ALL
        for prompt in prompts()
    ]
    images = services.grids.generate(requests)
    vectors = services.embeddings.image_vectors(images)
    return np.stack([vectors[image.id] for image in images]).reshape(len(ALL), PROMPTS, -1)


def places(vectors: np.ndarray, models: Sequence[str]) -> np.ndarray:
    """The right model's place, from 0, for every held-out picture."""
    held = np.arange(PROMPTS) % HELD == 0
    sketches = sketch_models({m: list(vectors[i, ~held]) for i, m in enumerate(models)})
    return np.array(
        [
            [name for name, _ in sketches.nearest(vector, len(models))].index(model)
            for row, model in enumerate(models)
            for vector in vectors[row, held]
        ]
    )


def test_the_right_model_is_among_the_first_four_of_twelve(services: Services) -> None:
    vectors = embedded(services)
    shares = {}
    for models in (TWELVE, ALL):
        found = places(vectors[: len(models)], models)
        shares[len(models)] = (found < FIRST).mean()
        print(
            f"{len(models)} models, {len(found)} pictures for held-out prompts: right model first "
            f"{(found == 0).mean():.1%}, among the first {FIRST} {shares[len(models)]:.1%} "
            f"(by chance {FIRST / len(models):.1%})"
        )
    assert shares[len(TWELVE)] >= 0.8
