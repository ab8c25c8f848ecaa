import pytest
from PIL import Image as PILImage

from gemrec.catalog import Catalog
from gemrec.images import ImageFiles
from gemrec.records import (
    Battle,
    BattleMode,
    GenerationParameters,
    Model,
    ModelSource,
    Prompt,
    Showing,
)
from gemrec.ui.pictures import Pictures

PROMPT = Prompt("a cat", "animal")
SHOWN = "ab" * 12


def model(model_id: str, side: int) -> Model:
    parameters = GenerationParameters(width=side, height=side)
    return Model(model_id, model_id.title(), ModelSource("scripted", "ok"), parameters)


@pytest.fixture
def world(tmp_path, store, clock):
    """A store with one image of each of two models that draw at different sizes."""
    models = {"small": model("small", 32), "large": model("large", 64)}
    store.models.sync(models.values(), clock())
    files = ImageFiles(tmp_path / "images")
    store.prompts.add(PROMPT)
    images = {}
    for model_id, size in (("small", 32), ("large", 64)):
        stored = files.put(PILImage.new("RGB", (size, size), "red"))
        images[model_id] = store.images.add(
            digest=stored.digest, model_id=model_id, prompt=PROMPT, seed=1, parameters="p",
            parameters_json="{}", width=size, height=size, seconds=1.0, now=clock(),
        )  # fmt: skip
    return Pictures(store, files, Catalog(models), b"secret"), images, store


def size_of(file) -> tuple[int, int]:
    with PILImage.open(file) as image:
        return image.size


def show(store, clock, image, mode=BattleMode.BLIND):
    store.annotators.create("Ann", clock(), "ann")
    store.battles.open(
        Battle(
            "b1",
            "ann",
            PROMPT.text,
            PROMPT.category,
            mode,
            ("small", "large"),
            (1,),
            "uniform",
            1.0,
            clock(),
        )
    )
    store.battles.show([Showing(SHOWN, "b1", image.id, 1, 0)])


def test_a_lasting_name_leads_to_its_image(world):
    pictures, images, _ = world
    assert size_of(pictures.file(pictures.name_of(images["large"]))) == (64, 64)


def test_numbers_cannot_be_guessed(world):
    pictures, images, _ = world
    number, signature = pictures.name_of(images["small"]).split("-")
    other = images["large"].id
    assert pictures.file(f"{other}-{signature}") is None
    assert pictures.file(number) is None


@pytest.mark.parametrize("name", ["", "a", "../x", "f" * 24, "9" * 30, "1-" + "0" * 24, "AB" * 12])
def test_unknown_names(world, name):
    pictures, _, _ = world
    assert pictures.file(name) is None


def test_blind_battles_show_both_sides_at_one_size(world, clock):
    pictures, images, store = world
    show(store, clock, images["large"])
    assert size_of(pictures.file(SHOWN)) == (32, 32)


def test_named_comparisons_show_what_was_drawn(world, clock):
    pictures, images, store = world
    show(store, clock, images["large"], BattleMode.NAMED)
    assert size_of(pictures.file(SHOWN)) == (64, 64)
