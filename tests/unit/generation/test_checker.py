"""A real safety checker with random weights: in a pipeline, and beside one that brings none."""

from dataclasses import replace

import numpy as np
import pytest

from gemrec.errors import GenerationError, GenerationRefusedError
from gemrec.generation import BackendOptions, GenerationJob, SafetyOptions
from gemrec.generation.by_source import SourceBackend
from gemrec.generation.ledger import MemoryLedger
from gemrec.records import ModelSource
from tests.unit.generation import tiny

# torch, diffusers and transformers warn about each other; that is not ours to fix.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

SEEDS = (1, 2, 3)
FAR, NEAR = 0.95, -2.0  # thresholds that no cosine here, and every cosine, reaches


@pytest.fixture(scope="module")
def checkers(tmp_path_factory):
    """Folders of two checkers with the same weights: one lets all pass, one holds all back."""
    folder = tmp_path_factory.mktemp("checkers")
    for name, threshold in (("passes", FAR), ("holds", NEAR)):
        tiny.save_tiny_checker(folder / name, threshold)
    return folder


@pytest.fixture(scope="module")
def checked(tiny_models, checkers, tmp_path_factory):
    """The tiny pipeline with each of the checkers inside, as models."""
    folder = tmp_path_factory.mktemp("checked")
    for name in ("passes", "holds"):
        tiny.save_checked_pipeline(folder / name, tiny_models / "base", checkers / name)
    base = tiny.base_model(tiny_models)
    return {
        name: replace(base, id=name, source=ModelSource("local", str(folder / name)))
        for name in ("passes", "holds")
    }


def generate(model, ledger=None, **safety):
    options = BackendOptions(device="cpu", threads=1, safety=SafetyOptions(**safety))
    backend = SourceBackend(options, ledger=ledger or MemoryLedger())
    job = GenerationJob(model, None, "a cat face", SEEDS)
    return backend.generate(job, lambda *_: None, lambda: False)


def by_hand(folder, images):
    """1 - (max over the concepts of (cosine - threshold) + 1) / 2, an image at a time in numpy."""
    import torch
    from diffusers.pipelines.stable_diffusion.safety_checker import (
        StableDiffusionSafetyChecker,
    )
    from transformers import CLIPImageProcessor  # noqa: PLC0415

    checker = StableDiffusionSafetyChecker.from_pretrained(folder)
    pixels = CLIPImageProcessor.from_pretrained(folder)(images, return_tensors="pt").pixel_values
    with torch.no_grad():
        seen = checker.visual_projection(checker.vision_model(pixels)[1]).numpy()
    concepts = checker.concept_embeds.detach().numpy()
    limits = checker.concept_embeds_weights.detach().numpy()
    found = []
    for vector in seen:
        cosines = [c @ vector / np.linalg.norm(c) / np.linalg.norm(vector) for c in concepts]
        found.append(1 - (max(np.array(cosines) - limits) + 1) / 2)
    return found


def test_a_pipelines_own_checker_measures_every_image(checked, checkers):
    drawn = generate(checked["passes"])
    expected = by_hand(checkers / "passes", [each.image for each in drawn])
    assert [each.safety for each in drawn] == pytest.approx(expected, abs=1e-5)
    assert len({round(each.safety, 6) for each in drawn}) == len(SEEDS)


def test_a_checker_changes_no_pixel(checked, tiny_models):
    plain = generate(tiny.base_model(tiny_models))
    assert [each.safety for each in plain] == [None] * 3
    for one, other in zip(plain, generate(checked["passes"]), strict=True):
        assert (np.asarray(one.image) == np.asarray(other.image)).all()


def test_what_it_holds_back_is_refused_and_counted(checked):
    ledger = MemoryLedger()
    with pytest.raises(GenerationRefusedError, match="safety checker of Tiny held back an image"):
        generate(checked["holds"], ledger)
    assert ledger.refusals() == {"safety_checker": 1}


def test_where_mature_content_may_be_made_it_measures_all_the_same(checked):
    drawn = generate(checked["holds"], mature=True)
    assert [each.safety for each in drawn] == [0.0] * 3  # far beyond every threshold
    assert all(each.image.convert("L").getextrema() != (0, 0) for each in drawn)


def test_the_owners_checker_looks_where_a_pipeline_brings_none(tiny_models, checked, checkers):
    base = tiny.base_model(tiny_models)
    drawn = generate(base, checker=str(checkers / "passes"))
    own = [each.safety for each in generate(checked["passes"])]
    assert [each.safety for each in drawn] == pytest.approx(own, abs=1e-6)
    with pytest.raises(GenerationRefusedError, match="safety checker of Tiny"):
        generate(base, checker=str(checkers / "holds"))


def test_without_the_owners_checker_nothing_is_made(tiny_models, tmp_path):
    with pytest.raises(GenerationError, match=r"GEMREC_SAFETY_CHECKER: .*nowhere.*allowed"):
        generate(tiny.base_model(tiny_models), checker=str(tmp_path / "nowhere"))


def test_its_weights_count_once_against_the_memory(tiny_models, checked, checkers):
    def used(*models, **safety):
        options = BackendOptions(device="cpu", threads=1, safety=SafetyOptions(**safety))
        pipelines = SourceBackend(options, ledger=MemoryLedger())._local._prepared()
        for model in models:
            pipelines.ready(model, None)
        return pipelines.used

    base = tiny.base_model(tiny_models)
    twin = replace(base, source=ModelSource("local", str(tiny_models / "." / "base"), revision="x"))
    plain, both = used(base), used(base, twin)
    looks = used(checked["passes"]) - plain
    assert looks > 0
    assert used(base, twin, checker=str(checkers / "passes")) == both + looks
