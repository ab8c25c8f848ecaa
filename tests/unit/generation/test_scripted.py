import time

import pytest

from gemrec.errors import GenerationCancelledError, GenerationError, SettingsError
from gemrec.generation import BackendOptions, GenerationJob
from gemrec.generation.registry import BACKENDS, build_backend
from gemrec.generation.scripted import ScriptedBackend
from gemrec.records import GenerationParameters, Model, ModelSource


def model(path="", name="plain"):
    parameters = GenerationParameters(width=48, height=32)
    return Model(name, name.title(), ModelSource("scripted", path), parameters=parameters)


def generate(path="", seeds=(1, 2), steps=None, cancelled=lambda: False, name="plain"):
    job = GenerationJob(model(path, name), None, "a cat", seeds)
    drawn = ScriptedBackend().generate(job, lambda *s: (steps or []).append(s), cancelled)
    return [each.image for each in drawn]


def test_pictures_depend_on_model_prompt_and_seed_alone():
    first, second = generate()
    assert first.size == (48, 32)
    assert first.mode == "RGB"
    assert first.tobytes() != second.tobytes()
    assert generate(seeds=(2,))[0].tobytes() == second.tobytes()
    assert generate(name="other")[0].tobytes() != first.tobytes()


def test_fail_raises():
    with pytest.raises(GenerationError, match="Plain failed"):
        generate("fail")


def test_slow_takes_its_time_and_can_be_cancelled():
    started = time.monotonic()
    generate("slow:0.2")
    assert time.monotonic() - started >= 0.2
    asked = iter([False, False, True])
    with pytest.raises(GenerationCancelledError, match="step 2"):
        generate("slow:60", cancelled=lambda: next(asked))


def test_a_missing_model_has_a_problem():
    assert ScriptedBackend().problem(model()) is None
    assert "put its files in place" in ScriptedBackend().problem(model("missing"))


def test_registry_builds_each_backend_and_names_the_allowed_ones():
    for name in BACKENDS:
        assert build_backend(name, BackendOptions()).name == name
    with pytest.raises(SettingsError, match="'x'; allowed are diffusers, scripted"):
        build_backend("x", BackendOptions())
