import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PILImage

from gemrec.errors import GenerationCancelledError, GenerationError
from gemrec.generation import BackendOptions, GenerationJob
from gemrec.generation.diffusers_local import DiffusersBackend, checked_images
from gemrec.records import ModelSource
from tests.unit.generation import tiny

# torch, diffusers, transformers and peft warn about each other; that is not ours to fix.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

PROMPT = "a cat face on a blue background"
TOLERANCE = 2  # of 255: batches of different sizes add up floats in a different order


@pytest.fixture(scope="module")
def backend():
    return DiffusersBackend(BackendOptions(device="cpu", threads=1))


def ignore(*_):
    pass


def never():
    return False


def generate(backend, model, seeds=(1, 2), base=None, on_step=ignore, cancelled=never):
    drawn = backend.generate(GenerationJob(model, base, PROMPT, seeds), on_step, cancelled)
    return [each.image for each in drawn]


def distance(one, other):
    return int(np.abs(np.asarray(one, int) - np.asarray(other, int)).max())


@pytest.fixture
def base(tiny_models):
    return tiny.base_model(tiny_models)


def test_images_have_the_size_and_number_asked_for(backend, base):
    wide = replace(base, parameters=replace(base.parameters, width=96))
    images = generate(backend, wide, (5, 6, 7))
    assert [image.size for image in images] == [(96, 64)] * 3
    assert {image.mode for image in images} == {"RGB"}


def test_the_same_seed_gives_the_same_image_in_any_batch(backend, base):
    together = generate(backend, base, (1, 2, 3, 4))
    chunks = generate(backend, base, (1, 2)) + generate(backend, base, (3, 4))
    alone = [generate(backend, base, (seed,))[0] for seed in (1, 2, 3, 4)]
    for one, two, three in zip(together, chunks, alone, strict=True):
        assert distance(one, two) <= TOLERANCE
        assert distance(one, three) <= TOLERANCE
    assert distance(together[0], together[1]) > TOLERANCE


def test_sides_with_the_same_seeds_start_from_the_same_noise(backend, base, tiny_models):
    adapter = tiny.lora_model(tiny_models, "one", weight=0.0)
    for left, right in zip(
        generate(backend, base), generate(backend, adapter, base=base), strict=True
    ):
        assert distance(left, right) <= TOLERANCE


def test_adapters_take_turns_on_one_base(backend, base, tiny_models):
    one, two = (tiny.lora_model(tiny_models, name) for name in ("one", "two"))
    plain = generate(backend, base)[0]
    first, second = generate(backend, one, base=base)[0], generate(backend, two, base=base)[0]
    assert distance(first, plain) > TOLERANCE
    assert distance(first, second) > TOLERANCE
    assert distance(generate(backend, base)[0], plain) == 0
    assert distance(generate(backend, two, base=base)[0], second) == 0
    assert distance(generate(backend, one, base=base)[0], first) == 0
    half = generate(backend, replace(one, source=replace(one.source, weight=0.5)), base=base)[0]
    assert distance(half, plain) > 0
    assert distance(half, first) > 0


def test_an_adapter_can_be_a_file(backend, base, tiny_models):
    folder = tiny.lora_model(tiny_models, "one")
    file = replace(
        folder,
        source=replace(
            folder.source, path=f"{folder.source.path}/pytorch_lora_weights.safetensors"
        ),
    )
    pair = generate(backend, folder, base=base)[0], generate(backend, file, base=base)[0]
    assert distance(*pair) == 0


def test_progress_counts_every_step(backend, base):
    seen = []
    generate(backend, base, on_step=lambda *step: seen.append(step))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_cancel_stops_at_the_next_step(backend, base):
    seen = []
    long = replace(base, parameters=replace(base.parameters, steps=50))
    with pytest.raises(GenerationCancelledError, match="Tiny"):
        generate(backend, long, on_step=lambda *s: seen.append(s), cancelled=lambda: len(seen) > 2)
    assert len(seen) == 3
    assert len(generate(backend, base)) == 2  # and the pipeline still works


def test_a_bad_size_is_an_error_that_says_so(backend, base):
    odd = replace(base, parameters=replace(base.parameters, width=65))
    with pytest.raises(GenerationError, match=r"Tiny could not.*divisible by 8"):
        generate(backend, odd)


def test_a_folder_that_is_no_pipeline_is_an_error(backend, base, tmp_path):
    broken = replace(base, source=ModelSource("local", str(tmp_path)))
    with pytest.raises(GenerationError, match="Tiny could not make its images"):
        generate(backend, broken)


def test_a_broken_adapter_does_not_spoil_its_base(backend, base, tiny_models, tmp_path):
    plain = generate(backend, base)[0]
    (tmp_path / "pytorch_lora_weights.safetensors").write_bytes(b"no weights at all")
    broken = replace(
        tiny.lora_model(tiny_models, "one"), source=ModelSource("lora", str(tmp_path), "base")
    )
    with pytest.raises(GenerationError, match="Tiny one could not"):
        generate(backend, broken, base=base)
    assert distance(generate(backend, base)[0], plain) == 0


def test_a_lora_without_its_base_is_an_error(backend, tiny_models):
    with pytest.raises(GenerationError, match="no base came with it"):
        generate(backend, tiny.lora_model(tiny_models, "one"))


def test_other_source_kinds_are_refused(backend, base):
    scripted = replace(base, source=ModelSource("scripted", "x"))
    with pytest.raises(GenerationError, match="runs hub, local"):
        generate(backend, scripted)


def test_the_memory_budget_decides_which_models_stay(base, tiny_models, tmp_path):
    def copies(count):
        for number in range(count):
            copy = tmp_path / f"copy-{number}"
            if not copy.exists():
                copy.symlink_to(tiny_models / "base")
            yield replace(base, source=ModelSource("local", str(copy)))

    first, second, third = copies(3)
    backend = DiffusersBackend(BackendOptions(device="cpu", threads=1, memory=1))
    generate(backend, first)
    size = backend._pipelines.used  # one model stays even when it alone is too large
    assert size > 50_000
    generate(backend, second)
    assert [key[1] for key in backend._pipelines._loaded] == [second.source.path]

    backend = DiffusersBackend(BackendOptions(device="cpu", threads=1, memory=2 * size + 1))
    for model in (first, second, first, third):  # the first was used again, so the second leaves
        generate(backend, model)
    assert [key[1] for key in backend._pipelines._loaded] == [first.source.path, third.source.path]
    assert backend._pipelines.used <= 2 * size + 1


def test_a_gpu_that_is_not_there_is_an_error(base):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(GenerationError, match="GEMREC_DEVICE is cuda"):
        generate(DiffusersBackend(BackendOptions(device="cuda")), base)


def test_warm_up_loads_the_base_and_its_adapters(base, tiny_models):
    backend = DiffusersBackend(BackendOptions(device="cpu", threads=1))
    adapter, gone = (tiny.lora_model(tiny_models, name) for name in ("one", "gone"))
    jobs = (
        GenerationJob(base, None, PROMPT, (0, 1)),
        GenerationJob(gone, base, PROMPT, (0, 1)),  # a model with a problem is left out
        GenerationJob(adapter, base, PROMPT, (0, 1)),
    )
    backend.warm_up(jobs, never)
    (loaded,) = backend._pipelines._loaded.values()
    assert len(loaded.adapters) == 1
    idle = DiffusersBackend(BackendOptions(device="cpu", threads=1))
    idle.warm_up(jobs, lambda: True)
    assert len(idle._pipelines) == 0


@pytest.mark.parametrize("checker", [[True, False], None])
def test_what_the_safety_checker_holds_back_is_an_error(base, checker):
    class Output:
        images = [PILImage.new("RGBA", (8, 8))] * 2
        nsfw_content_detected = checker

    job = GenerationJob(base, None, PROMPT, (1, 2))
    if checker:
        with pytest.raises(GenerationError, match="safety checker of Tiny"):
            checked_images(Output, job)
    else:
        assert [image.mode for image in checked_images(Output, job)] == ["RGB", "RGB"]
        with pytest.raises(GenerationError, match="made 2 images; 1"):
            checked_images(Output, replace(job, seeds=(1,)))


def test_the_fixture_is_a_real_pipeline(tiny_models):
    index = json.loads((tiny_models / "base" / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline"
