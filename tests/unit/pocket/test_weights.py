"""The shipped weights: sizes, standard loading, repeatability, and figures on small samples."""

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from gemrec.pocket import world
from gemrec.pocket.captions import caption, with_article
from gemrec.pocket.clip import embed_images, embed_texts, load_clip, noun_accuracy
from gemrec.pocket.evaluate import heldout_scenes, nearest_backgrounds, single_scenes
from gemrec.pocket.family import ASSETS, Family, read_members
from gemrec.pocket.training import draw_many, folder_megabytes
from gemrec.pocket.vae import heldout_psnr
from gemrec.pocket.world import Mixture, Placed, Scene, draw

pytestmark = pytest.mark.integration

needs_font = pytest.mark.skipif(
    not world.available(), reason="needs apt-get install fonts-noto-color-emoji"
)

MEMBERS = read_members()
ADAPTERS = [member for member in MEMBERS if member.is_adapter]


@pytest.fixture(scope="module")
def family() -> Iterator[Family]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("diffusers").setLevel(logging.ERROR)
        yield Family()


@pytest.fixture(scope="module")
def clip() -> Any:

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_clip(ASSETS / "pocket-clip")


def test_family_is_large_enough_and_small_enough() -> None:
    assert len(MEMBERS) >= 12
    assert len({member.id for member in MEMBERS}) == len(MEMBERS)
    assert folder_megabytes(ASSETS) <= 40


@pytest.mark.parametrize("member", ADAPTERS, ids=lambda member: member.id)
def test_adapter_is_at_most_one_and_a_half_megabytes(member: Any) -> None:
    weights = member.folder / "pytorch_lora_weights.safetensors"
    assert weights.stat().st_size <= 1.5e6


@pytest.mark.parametrize("member", ADAPTERS, ids=lambda member: member.id)
def test_every_layer_of_an_adapter_is_loaded(family: Family, member: Any) -> None:
    """Diffusers leaves layers out, with no error, of a file that mixes two ways of naming them."""
    stored = load_file(member.folder / "pytorch_lora_weights.safetensors")
    family.select(member.id)
    name = member.id.replace("-", "_")
    loaded = [
        parameter
        for network in (family.pipeline.unet, family.pipeline.text_encoder)
        for path, parameter in network.named_parameters()
        if f".{name}." in path
    ]
    assert len(loaded) == len(stored)
    assert sum(value.numel() for value in loaded) == sum(v.numel() for v in stored.values())
    assert sum(float(value.float().abs().sum()) for value in loaded) == pytest.approx(
        sum(float(value.float().abs().sum()) for value in stored.values()), rel=1e-3
    )


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.id)
def test_every_member_has_a_card_with_licence_and_figures(member: Any) -> None:
    card = (member.folder / "README.md").read_text("utf-8")
    for heading in ("**Good at**", "**Bad at**", "## How it was trained", "## Measured"):
        assert heading in card
    assert "Apache-2.0" in card


def test_base_is_a_standard_pipeline(family: Family) -> None:
    assert type(family.pipeline).__name__ == "StableDiffusionPipeline"
    assert family.pipeline.scheduler.config.prediction_type == "flow_prediction"
    assert family.pipeline.safety_checker is None


@pytest.mark.filterwarnings("ignore")
def test_same_seed_gives_the_same_picture_also_after_an_adapter(family: Family) -> None:
    prompt = ["a panda on a purple background"]
    first = family.generate("pocket-base", prompt, [5])
    other = family.generate(ADAPTERS[0].id, prompt, [5])
    assert np.array_equal(first, family.generate("pocket-base", prompt, [5]))
    assert not np.array_equal(first, other)
    assert first.shape == (1, 128, 128, 3)


@pytest.mark.filterwarnings("ignore")
def test_background_has_the_colour_that_the_prompt_names(family: Family) -> None:

    colours = ["blue", "yellow", "black", "pink"]
    prompts = [f"an owl on a {colour} background" for colour in colours]
    made = family.generate("pocket-base", prompts, range(4))
    assert sum(a == b for a, b in zip(nearest_backgrounds(made), colours, strict=True)) >= 3


@needs_font
def test_clip_names_the_noun_of_a_rendering(clip: Any) -> None:

    scenes = single_scenes(40, seed=99)
    names = [scene.items[0].noun for scene in scenes]
    assert noun_accuracy(clip, draw_many(scenes), names) >= 0.85


@needs_font
def test_clip_prefers_the_true_caption(clip: Any) -> None:

    scene = Scene((Placed("cat face", 0.5, 0.5, 0.8),), "blue")
    texts = [caption(scene), with_article("rocket"), "a cat face on a red background"]
    vectors = embed_texts(clip, texts)
    assert (embed_images(clip, draw(scene)[None]) @ vectors.T).argmax() == 0


def test_clip_loads_through_open_clip_with_its_own_tokenizer() -> None:
    import open_clip

    tokenizer = open_clip.get_tokenizer(f"local-dir:{ASSETS / 'pocket-clip'}")
    assert tokenizer(["a cat face"]).shape == (1, 16)


@needs_font
def test_codec_keeps_held_out_pictures(family: Family) -> None:

    pictures = draw_many(heldout_scenes(32, Mixture(), seed=99))
    assert heldout_psnr(family.pipeline.vae, pictures) >= 25.5
