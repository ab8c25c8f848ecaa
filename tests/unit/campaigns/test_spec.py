"""The YAML of a study: what it makes, and errors that name the field and what is allowed."""

import pytest
import yaml

from gemrec.campaigns import parse_spec, read_spec, stored_spec
from gemrec.errors import InputError

MODELS = ("ada", "bob", "cyd")
GOOD = """
id: faces
title: Faces
prompts: [a cat face, {prompt: a fox, category: animal}]
models: [ada, bob, cyd]
gold: [{prompt: a dog, models: [ada, bob], answer: first}]
overlap: 2
"""


def test_every_pair_on_every_prompt_and_the_same_images_for_all():
    spec = parse_spec(yaml.safe_load(GOOD), MODELS)
    items = spec.items()
    assert len(items) == 2 * 3 + 1
    assert items[-1].gold == "first"
    assert items == spec.items() == stored_spec(spec.to_json()).items()
    assert len({item.seeds for item in items if item.prompt == "a fox"}) == 1
    assert len(items[0].seeds) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"overlap": 0}, "overlap: got 0; allowed: Input should be greater than or equal to 1"),
        ({"id": "No Spaces"}, "id: got 'No Spaces'; allowed: String should match"),
        ({"title": None}, "title: got None"),
        ({"models": ["ada", "zed"]}, "models: got 'zed'; allowed: ada, bob, cyd"),
        ({"models": ["ada"]}, "at least two different ones"),
        ({"models": []}, "prompts and models go together"),
        ({"outcomes": ["tie"]}, "left and right must be among them"),
        ({"outcomes": ["left", "right", "maybe"]}, "outcomes.2: got 'maybe'; allowed"),
        ({"colour": "red"}, "colour: unknown field; allowed: id, title"),
        ({"gold": [{"prompt": "x", "models": ["ada", "bob"]}]}, "each needs an answer"),
        ({"pairs": [{"prompt": "x", "models": ["ada", "ada"]}]}, "got the model 'ada' twice"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(change, words):
    with pytest.raises(InputError) as caught:
        parse_spec(yaml.safe_load(GOOD) | change, MODELS)
    assert words in str(caught.value)


def test_what_is_no_specification(tmp_path):
    with pytest.raises(InputError, match="id: got nothing; this field is required"):
        parse_spec({"title": "x"}, MODELS)
    with pytest.raises(InputError, match="got list"):
        parse_spec([], MODELS)
    with pytest.raises(InputError, match="can be read"):
        read_spec(tmp_path / "none.yaml", MODELS)
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(InputError, match="is no YAML"):
        read_spec(tmp_path / "bad.yaml", MODELS)
    (tmp_path / "code.yaml").write_text("!!python/object/apply:os.getcwd []")
    with pytest.raises(InputError, match="is no YAML"):
        read_spec(tmp_path / "code.yaml", MODELS)
