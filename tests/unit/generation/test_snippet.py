import ast

import pytest

from gemrec.generation import snippet
from gemrec.records import GenerationParameters, Model, ModelSource
from gemrec.settings import REPOSITORY

BASE = Model("base", "Base", ModelSource("hub", "someone/base", revision="abc"))
MODELS = {
    "hub": (BASE, None),
    "local": (Model("l", "L", ModelSource("local", str(REPOSITORY / "assets" / "x"))), None),
    "file": (Model("f", "F", ModelSource("file", "/models/one.safetensors")), None),
    "lora": (Model("a", "A", ModelSource("lora", "someone/style", base="base", weight=0.7)), BASE),
}


@pytest.mark.parametrize("kind", MODELS)
def test_it_is_python_with_every_parameter(kind: str) -> None:
    model, base = MODELS[kind]
    code = snippet(model, base, 'a "cat" with \\ and \n', 7)
    tree = ast.parse(code)
    calls = [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Call)]
    (run,) = [call for call in calls if call.startswith(("pipe('", 'pipe("'))]
    assert ast.literal_eval(ast.parse(run).body[0].value.args[0]) == 'a "cat" with \\ and \n'
    for part in ("num_inference_steps=20", "guidance_scale=3.0", "width=128", "manual_seed(7)"):
        assert part in run


def test_folders_of_the_repository_are_relative_to_it() -> None:
    model, _ = MODELS["local"]
    assert "from_pretrained('assets/x', dtype=dtype)" in snippet(model, None, "a cat")


def test_an_adapter_is_loaded_on_its_base_with_its_weight() -> None:
    code = snippet(*MODELS["lora"], "a cat")
    assert "from_pretrained('someone/base', revision='abc', dtype=dtype)" in code
    assert "load_lora_weights('someone/style', adapter_name=\"style\")" in code
    assert 'set_adapters(["style"], [0.7])' in code


def test_a_negative_prompt_is_given() -> None:
    parameters = GenerationParameters(negative_prompt="blurry")
    model = Model("h", "H", ModelSource("hub", "x/y"), parameters)
    assert "negative_prompt='blurry'" in snippet(model, None, "a cat")


def test_what_diffusers_cannot_run_says_so() -> None:
    code = snippet(Model("s", "S", ModelSource("scripted", "ok")), None, "a cat")
    assert code == "# S has the source kind 'scripted', which diffusers does not run.\n"
