"""The picture world: deterministic, varied, honestly captioned."""

from collections import Counter

import numpy as np
import pytest

from gemrec.pocket import world
from gemrec.pocket.captions import caption, sample_caption, short_name
from gemrec.pocket.styles import STYLES, apply_style
from gemrec.pocket.world import Mixture, Placed, Scene, draw, nouns, rng_for, sample_scene

CATEGORIES = {
    "abstract",
    "animal",
    "architecture",
    "art",
    "artifact",
    "food",
    "illustration",
    "people",
    "produce & plant",
    "scenery",
    "vehicle",
    "world knowledge",
}

needs_font = pytest.mark.skipif(
    not world.available(), reason="needs apt-get install fonts-noto-color-emoji"
)


def test_at_least_300_nouns_in_all_twelve_categories() -> None:
    counts = Counter(noun.category for noun in nouns().values())
    assert len(nouns()) >= 300
    assert set(counts) == CATEGORIES
    assert min(counts.values()) >= 10


def test_no_glyph_has_two_names() -> None:
    assert len({noun.glyph for noun in nouns().values()}) == len(nouns())


def test_ten_backgrounds_and_at_least_ten_styles() -> None:
    assert len(world.BACKGROUNDS) == 10
    assert len(STYLES) >= 10


def test_splits_never_share_a_scene() -> None:
    def scenes(split: str) -> list[Scene]:
        rng = rng_for(split, 0)
        return [sample_scene(rng) for _ in range(300)]

    assert scenes("train") == scenes("train")
    assert not set(scenes("train")) & set(scenes("heldout"))


def test_mixture_decides_how_often_pairs_and_styles_occur() -> None:
    rng = rng_for("test", 1)
    scenes = [sample_scene(rng, Mixture(pairs=0.3, styled=0.5)) for _ in range(600)]
    assert np.mean([len(scene.items) == 2 for scene in scenes]) == pytest.approx(0.3, abs=0.07)
    assert np.mean([scene.style is not None for scene in scenes]) == pytest.approx(0.5, abs=0.07)


def test_caption_says_what_the_scene_holds() -> None:
    items = (Placed("rocket", 0.3, 0.5, 0.45), Placed("owl", 0.7, 0.5, 0.45))
    scene = Scene(items, "orange", "pixel art")
    assert caption(scene) == "a rocket and an owl on an orange background, pixel art"
    assert caption(scene, background=False, style=False) == "a rocket and an owl"


def test_every_wording_names_every_noun_and_the_style() -> None:
    rng = rng_for("test", 2)
    for _ in range(300):
        scene = sample_scene(rng)
        text = sample_caption(rng, scene)
        assert all(short_name(item.noun) in text for item in scene.items)
        assert scene.style is None or scene.style in text
        assert scene.style is None or scene.style not in sample_caption(rng, scene, style=False)


@pytest.mark.parametrize("style", STYLES)
def test_styles_are_deterministic_and_change_the_picture(style: str) -> None:
    picture = rng_for("test", 3).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    styled = apply_style(picture, style)
    assert styled.shape == picture.shape
    assert styled.dtype == np.uint8
    assert np.array_equal(styled, apply_style(picture, style))
    assert np.abs(styled.astype(int) - picture).mean() > 5


@needs_font
def test_same_scene_gives_the_same_pixels() -> None:
    scene = sample_scene(rng_for("test", 4))
    assert np.array_equal(draw(scene), draw(scene))


@needs_font
@pytest.mark.parametrize("colour", world.BACKGROUNDS)
def test_background_has_the_colour_that_the_caption_names(colour: str) -> None:
    picture = draw(Scene((Placed("cat face", 0.5, 0.5, 0.6),), colour))
    corner = picture[:6, :6].reshape(-1, 3).mean(0)
    distance = {
        name: np.linalg.norm(corner - np.array(rgb)) for name, rgb in world.BACKGROUNDS.items()
    }
    assert min(distance, key=lambda name: distance[name]) == colour


@needs_font
def test_every_noun_has_ink() -> None:
    for noun in list(nouns())[::12]:
        blank = draw(Scene((), "white"))
        assert (draw(Scene((Placed(noun, 0.5, 0.5, 0.8),), "white")) != blank).mean() > 0.05


def test_missing_font_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "FONT_PATHS", ())
    assert not world.available()
    with pytest.raises(world.FontMissingError, match="fonts-noto-color-emoji"):
        world.font_path()
