"""Catalog files: what is read, and what the errors name."""

from pathlib import Path

import pytest

from gemrec.catalog import Catalog, load_catalog
from gemrec.errors import CatalogError, UnknownModelError
from gemrec.records import GenerationParameters, ModelCost, ModelSource

FULL = """
[[model]]
id = "pocket-watercolor"
name = "Pocket Watercolor"
licence = "Apache-2.0"
downloads = 1200
tags = ["style:watercolor", "size:pocket"]
description = "Soft washes."
url = "https://example.org/watercolor"
retired = false
[model.source]
kind = "local"
path = "pocket/watercolor"
[model.parameters]
steps = 12
guidance_scale = 2
width = 64
height = 128
negative_prompt = "text"
[model.cost]
seconds_per_image = 0.5
vram_gb = 1
usd_per_image = 0.0
"""


def entry(model_id: str = "a", source: str = 'kind = "hub"\npath = "org/a"', more: str = "") -> str:
    return f'[[model]]\nid = "{model_id}"\nname = "N"\n{more}\n[model.source]\n{source}\n'


def write(folder: Path, text: str, name: str = "models.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_full_entry(tmp_path: Path) -> None:
    model = load_catalog(write(tmp_path, FULL)).get("pocket-watercolor")
    assert model.source == ModelSource("local", str(tmp_path / "pocket" / "watercolor"))
    assert model.parameters == GenerationParameters(12, 2.0, 64, 128, "text")
    assert model.cost == ModelCost(0.5, 1.0, 0.0)
    assert (model.licence, model.downloads, model.retired) == ("Apache-2.0", 1200, False)
    assert model.tags == ("style:watercolor", "size:pocket")
    hash(model)


def test_a_short_entry_has_defaults(tmp_path: Path) -> None:
    model = load_catalog(write(tmp_path, entry())).get("a")
    assert model.source == ModelSource("hub", "org/a")
    assert model.parameters == GenerationParameters()
    assert (model.tags, model.cost, model.retired) == ((), ModelCost(), False)


def test_an_empty_catalog_is_fine(tmp_path: Path) -> None:
    for catalog in (load_catalog(), load_catalog(write(tmp_path, "")), Catalog()):
        assert catalog.active() == catalog.select(None) == ()
        with pytest.raises(UnknownModelError, match="catalog is empty"):
            catalog.get("a")


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ('kind = "file"\npath = "x/w.safetensors"', "{}/x/w.safetensors"),
        ('kind = "local"\npath = "../up"', "{}/../up"),
        ('kind = "local"\npath = "/models/sd"', "/models/sd"),
        ('kind = "hub"\npath = "org/name"\nrevision = "main"', "org/name"),
        ('kind = "scripted"\npath = "slow:2"', "slow:2"),
    ],
)
def test_where_paths_lead(tmp_path: Path, source: str, path: str) -> None:
    found = load_catalog(write(tmp_path, entry(source=source))).get("a").source.path
    expected = path.format(tmp_path)
    assert found == (str(Path(expected).resolve()) if expected.startswith("/") else expected)


def test_a_later_file_adds_and_replaces(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    first = write(tmp_path, entry("a") + entry("b"))
    own = write(tmp_path / "own", entry("a", 'kind = "local"\npath = "m"') + entry("c"))
    catalog = load_catalog(first, own)
    assert list(catalog.models) == ["a", "b", "c"]
    assert catalog.get("a").source.path == str(tmp_path / "own" / "m")


def test_a_lora_may_stand_on_a_model_of_another_file(tmp_path: Path) -> None:
    lora = 'kind = "lora"\npath = "l"\nbase = "base"\nweight = 0.7'
    first = write(tmp_path, entry("base"))
    catalog = load_catalog(first, write(tmp_path, entry("l", lora), "own.toml"))
    assert catalog.get("l").source == ModelSource("lora", str(tmp_path / "l"), "base", 0.7)


LORA = 'kind = "lora"\npath = "l"\nbase = "{}"'


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[[model]]\nid = \n", ["is not TOML", "line 2"]),
        ("[model]\nid = 'a'", ["double brackets"]),
        ("[[models]]\nid = 'a'", ["'models'", "allowed: [[model]]"]),
        ("model = 3", ["double brackets"]),
        ("model = [3]", ["model 1, entry: got 3"]),
        ("[[model]]\nname = 'x'", ["model 1, id: missing", "source: missing"]),
        (entry(model_id="a b"), ["(a b), id: got 'a b'", "allowed"]),
        (entry(model_id="../x"), ["id: got '../x'"]),
        (entry() + entry(), ["model 2, id: got 'a'", "differ"]),
        (entry(more="downloads = -1"), ["model 1 (a), downloads: got -1", "greater than or equal"]),
        (entry(more="downloads = '5'"), ["downloads: got '5'", "valid integer"]),
        (entry(more="retired = 'no'"), ["retired: got 'no'", "boolean"]),
        (entry(more="licens = 'MIT'"), ["licens: no such field", "licence"]),
        (entry(more="tags = ['a', 3]"), ["tags.1: got 3", "string"]),
        (entry(more="url = 'javascript:alert(1)'"), ["url: got 'javascript:alert(1)'"]),
        (entry(more="cost = 3"), ["cost: got 3"]),
        (entry(source='kind = "onnx"\npath = "x"'), ["source.kind: got 'onnx'", "'hub'", "'lora'"]),
        (entry(source='kind = "hub"\npath = ""'), ["source.path: got ''"]),
        (entry(source='kind = "hub"'), ["source.path: missing"]),
        (
            entry(source='kind = "hub"\npath = "x"\nrepo = 1'),
            ["source.repo: no such field", "base"],
        ),
        (entry(source='kind = "hub"\npath = "x"\nbase = "b"'), ["source: kind 'hub' has base 'b'"]),
        (entry(source='kind = "lora"\npath = "x"'), ["source: kind 'lora' has no base"]),
        (
            entry(source='kind = "local"\npath = "x"\nrevision = "m"'),
            ["revision", "only kind 'hub'"],
        ),
        (entry(source='kind = "hub"\npath = "x"\nweight = nan'), ["source.weight: got nan"]),
        (entry(source=LORA.format("gone")), ["source.base: got 'gone', which is not in"]),
        (
            entry("a", LORA.format("b")) + entry("b", LORA.format("a")),
            ["'b', which is a lora itself"],
        ),
        (entry("a", LORA.format("a")), ["model a, source.base: got 'a', which is a lora itself"]),
        (entry() + "[model.parameters]\nsteps = 0", ["parameters.steps: got 0"]),
        (entry() + "[model.parameters]\nwidth = 65", ["parameters.width: got 65", "multiple of 8"]),
        (entry() + "[model.parameters]\nguidance_scale = inf", ["guidance_scale: got inf"]),
        (entry() + "[model.parameters]\nsampler = 'x'", ["no such field", "negative_prompt"]),
        (entry() + "[model.cost]\nvram_gb = -1", ["cost.vram_gb: got -1"]),
    ],
)
def test_errors_name_file_entry_and_field(tmp_path: Path, text: str, parts: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CatalogError) as caught:
        load_catalog(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    for part in parts:
        assert part in message, message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"gone\.toml: cannot be read"):
        load_catalog(tmp_path / "gone.toml")
    with pytest.raises(CatalogError, match="cannot be read"):
        load_catalog(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes("# ü\n".encode("latin-1"))
    with pytest.raises(CatalogError, match="not UTF-8"):
        load_catalog(path)


def test_the_byte_order_mark_of_windows_editors(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(entry(), "utf-8-sig")
    assert list(load_catalog(path).models) == ["a"]


def test_choosing_models(tmp_path: Path) -> None:
    catalog = load_catalog(
        write(tmp_path, entry("a") + entry("b", more="retired = true") + entry("c"))
    )
    assert [m.id for m in catalog.active()] == ["a", "c"]
    assert [m.id for m in catalog.select(None)] == ["a", "c"]
    assert [m.id for m in catalog.select(["c", "b", "c"])] == ["c", "b"]
    assert catalog.select([]) == ()
    assert catalog.get("b").retired
    with pytest.raises(TypeError):
        catalog.models["x"] = catalog.get("a")  # type: ignore[index]


def test_an_unknown_model_names_its_neighbours(tmp_path: Path) -> None:
    catalog = load_catalog(write(tmp_path, FULL + "".join(entry(f"m{i}") for i in range(20))))
    with pytest.raises(
        UnknownModelError, match=r"got 'pocket-watercolour'; did you mean pocket-water"
    ):
        catalog.get("pocket-watercolour")
    with pytest.raises(UnknownModelError, match=r"did you mean pocket-watercolor\?"):
        catalog.select(["POCKET WATERCOLOR"])
    with pytest.raises(UnknownModelError, match=r"got 'zzzzzz'; allowed: .* and 9 more"):
        catalog.get("zzzzzz")
