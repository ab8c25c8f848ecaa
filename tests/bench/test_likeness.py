"""How alike images of the shipped models are to the shipped encoder; the ground of NEAR_IDENTICAL."""

import tomllib
from collections.abc import Iterator
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from PIL import Image as PILImage

from gemrec.arena.likeness import NEAR_IDENTICAL
from gemrec.generation import GridRequest
from gemrec.records import Image, Prompt
from gemrec.services import Services, build_services
from gemrec.settings import REPOSITORY, load_settings

pytestmark = pytest.mark.bench

MODELS = ("pocket-base", "pocket-food", "pocket-animals", "pocket-swift", "pocket-comic")
PROMPTS = ("a cat face on a blue background", "a pizza on a red background")
SEEDS = (11, 12)
FAINT = (0.02, 0.1, 0.3)
"""Weights of a LoRA that is hardly applied: the same pictures to an eye, then more and more not."""


def faint_models() -> str:
    """Catalog entries of the comic LoRA at small weights."""
    with (REPOSITORY / "assets" / "models.toml").open("rb") as file:
        comic = next(m for m in tomllib.load(file)["model"] if m["id"] == "pocket-comic")
    folder = REPOSITORY / "assets" / comic["source"]["path"]
    steps = comic["parameters"]
    numbers = "".join(f"{name} = {value!r}\n" for name, value in steps.items()).replace("'", '"')
    return "".join(
        f'[[model]]\nid = "faint-{weight}"\nname = "Faint {weight}"\n[model.source]\n'
        f'kind = "lora"\nbase = "pocket-base"\npath = "{folder}"\nweight = {weight}\n'
        f"[model.parameters]\n{numbers}"
        for weight in FAINT
    )


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("likeness")
    (folder / "faint.toml").write_text(faint_models())
    built = build_services(
        load_settings(
            data=folder, models=folder / "faint.toml", threads=1, generation_timeout=3600.0
        )
    )
    yield built
    built.close()


def vectors_of(services: Services, images: list[Image]) -> np.ndarray:
    found = services.embeddings.image_vectors(images)
    return np.stack([found[image.id] for image in images])


def described(name: str, cosines: np.ndarray) -> str:
    low, middle, high = np.quantile(cosines, (0.05, 0.5, 0.95))
    share = np.mean(cosines >= NEAR_IDENTICAL)
    return (
        f"{name:44s} {len(cosines):4d}  5% {low:.4f}  median {middle:.4f}  95% {high:.4f}  "
        f"max {cosines.max():.4f}  at or above {NEAR_IDENTICAL}: {share:.0%}"
    )


def saved_again(services: Services, image: Image, quality: int) -> Image:
    """The same picture, compressed once more."""
    buffer = BytesIO()
    services.images.open(image.digest).save(buffer, "webp", quality=quality)
    file = services.images.put(PILImage.open(buffer).convert("RGB"))
    return services.store.images.add(
        digest=file.digest, model_id=image.model_id, prompt=Prompt("saved again"),
        seed=image.seed * 1000 + quality, parameters="", parameters_json="{}", width=file.width,
        height=file.height, seconds=0.0, now=services.clock(),
    )  # fmt: skip


def test_the_threshold_lies_between_copies_and_different_models(services: Services) -> None:
    names = (*MODELS, *(f"faint-{weight}" for weight in FAINT))
    requests = [
        GridRequest(services.catalog.get(name), Prompt(prompt), SEEDS)
        for prompt in PROMPTS
        for name in names
    ]
    images = services.grids.generate(requests)
    vectors = vectors_of(services, images).reshape(len(PROMPTS), len(names), len(SEEDS), -1)
    base = vectors[:, 0]

    def against_base(name: str) -> np.ndarray:
        return np.einsum("psd,psd->ps", base, vectors[:, names.index(name)]).ravel()

    originals = images[: len(SEEDS)]
    copies = [saved_again(services, image, quality) for image in originals for quality in (95, 75)]
    again = vectors_of(services, copies).reshape(len(SEEDS), 2, -1)
    same = np.einsum("sd,sqd->sq", base[0], again).ravel()
    lines = [described("the same picture, compressed again", same)]
    lines += [
        described(f"base against comic at weight {w}", against_base(f"faint-{w}")) for w in FAINT
    ]
    different = []
    for one, other in combinations(range(len(MODELS)), 2):
        cosines = np.einsum("psd,psd->ps", vectors[:, one], vectors[:, other]).ravel()
        different.append(cosines)
        lines.append(described(f"{MODELS[one]} against {MODELS[other]}", cosines))
    seeds = np.einsum("pmd,pmd->pm", vectors[:, :, 0], vectors[:, :, 1]).ravel()
    lines.append(described("one model, two seeds", seeds))
    print("\ncosines of images with the same prompt and seed\n" + "\n".join(lines))

    assert same.min() >= NEAR_IDENTICAL
    assert against_base(f"faint-{FAINT[0]}").min() >= NEAR_IDENTICAL
    assert np.median(seeds) < NEAR_IDENTICAL  # some prompts look much the same with any seed
    # A pair is skipped when all its images are alike: that must not happen to different models.
    alike = [cosines.reshape(len(PROMPTS), -1).min(axis=1) for cosines in different]
    assert np.mean(np.concatenate(alike) >= NEAR_IDENTICAL) <= 0.05
