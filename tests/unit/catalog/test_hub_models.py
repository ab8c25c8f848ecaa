"""The shipped list of well-known models: complete entries, each offered or with its reason."""

from collections import Counter

import pytest

from gemrec.catalog import load_catalog
from gemrec.generation.availability import Availability
from gemrec.settings import REPOSITORY

ASSETS = REPOSITORY / "assets"
FAMILIES = {"sd15", "sd2", "sdxl", "kolors", "pixart", "sana", "sd3", "flux", "qwen"}


@pytest.fixture(scope="module")
def catalog():
    return load_catalog(ASSETS / "models.toml", ASSETS / "hub-models.toml")


@pytest.fixture(scope="module")
def known(catalog):
    own = load_catalog(ASSETS / "models.toml").models
    return [model for model in catalog.active() if model.id not in own]


def test_many_families_locally_and_at_providers(known):
    kinds = Counter(model.source.kind for model in known)
    assert kinds["hub"] + kinds["lora"] >= 15
    assert kinds["provider"] >= 3
    tags = {tag.removeprefix("family:") for model in known for tag in model.tags}
    assert tags >= FAMILIES


def test_every_entry_says_what_it_takes(known):
    for model in known:
        assert model.licence != "unknown", model.id
        assert model.url.startswith("https://huggingface.co/"), model.id
        assert model.description.endswith("."), model.id
        if model.source.kind != "provider":
            assert model.cost.vram_gb, model.id
            assert model.cost.download_gb, model.id


def test_without_a_gpu_each_says_why_and_the_network_is_not_asked(known, catalog):
    here = Availability("cpu", lambda: False, hub=lambda: 1 / 0)
    for model in known:
        if model.source.kind != "provider":
            problem = here.problem(model, catalog.models.get(model.source.base or ""))
            assert "needs a GPU" in problem, model.id


def test_with_a_gpu_and_the_hub_each_is_offered(known, catalog):
    there = Availability("auto", lambda: True, hub=lambda: True)
    for model in known:
        if model.source.kind != "provider":
            assert there.problem(model, catalog.models.get(model.source.base or "")) is None
