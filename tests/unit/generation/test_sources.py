"""Five families, loaded through the catalog from every kind of place."""

import numpy as np
import pytest
from huggingface_hub import constants, hf_api

from gemrec.catalog import load_catalog
from gemrec.errors import GenerationError
from gemrec.generation import BackendOptions, GenerationJob
from gemrec.generation.by_source import SourceBackend
from gemrec.generation.placement import offload_for
from gemrec.records import Model, ModelSource
from tests.loopback import Hub, serve
from tests.unit.generation import checkpoints, families

# torch, diffusers, transformers and peft warn about each other; that is not ours to fix.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

ENTRY = """
[[model]]
id = "{id}"
name = "{id}"
source = {{ {source} }}
parameters = {{ steps = 2, guidance_scale = 3.0, width = 32, height = 32{more} }}
"""


@pytest.fixture(scope="module")
def backend():
    return SourceBackend(BackendOptions(device="cpu", threads=1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return families.save_families(tmp_path_factory.mktemp("families"))


def entry(folder, model_id, source, more=""):
    path = folder / f"{model_id}.toml"
    path.write_text(ENTRY.format(id=model_id, source=source, more=more))
    return load_catalog(path).get(model_id)


def generate(backend, model):
    images = backend.generate(
        GenerationJob(model, None, "a cat face", (1, 2)), lambda *_: None, lambda: False
    )
    return np.stack([np.asarray(drawn.image, int) for drawn in images])


@pytest.fixture(scope="module")
def from_folder(backend, folder):
    return {
        name: generate(backend, entry(folder, name, f'kind = "local", path = "{name}"'))
        for name in families.FAMILIES
    }


@pytest.mark.parametrize("name", families.FAMILIES)
def test_a_folder(from_folder, name):
    one, two = from_folder[name]
    assert one.shape == (32, 32, 3)
    assert one.std() > 5
    assert np.abs(one - two).max() > 5


@pytest.mark.parametrize("name", ["sd15", "sdxl", "sd3"])
def test_a_single_file(backend, folder, from_folder, name):
    """Flux has such files too, but diffusers knows their original names only at full width; PixArt has none."""
    import diffusers

    pipe = diffusers.DiffusionPipeline.from_pretrained(folder / name)
    checkpoints.save_checkpoint(pipe, folder / f"{name}.safetensors")
    source = f'kind = "file", path = "{name}.safetensors", config = "{name}"'
    assert (generate(backend, entry(folder, f"{name}-file", source)) == from_folder[name]).all()


def test_an_unsafe_file_is_not_opened(backend, folder):
    model = entry(folder, "old", 'kind = "file", path = "old.ckpt"')
    assert "only .safetensors files are opened" in backend.problem(model)


def test_weights_that_can_run_code_are_not_opened(backend, folder, tmp_path):
    """The same pipeline in the older format, and an adapter in it."""
    import diffusers

    pipe = diffusers.DiffusionPipeline.from_pretrained(folder / "sd15")
    pipe.save_pretrained(tmp_path / "pickled", safe_serialization=False)
    model = entry(tmp_path, "pickled", 'kind = "local", path = "pickled"')
    with pytest.raises(GenerationError, match="safetensors"):
        generate(backend, model)
    (tmp_path / "adapter.bin").write_bytes(b"")
    adapter = Model("a", "Ada", ModelSource("lora", str(tmp_path / "adapter.bin"), "sd15"))
    base = entry(folder, "sd15", 'kind = "local", path = "sd15"')
    assert "only .safetensors files" in backend.problem(adapter, base)
    far = Model("a", "Ada", ModelSource("lora", "hf://some/one/adapter.pt", "sd15"))
    assert "only .safetensors files" in backend.problem(far, base)


@pytest.fixture
def hub(folder, tmp_path, monkeypatch):
    """A hub on this machine, with an empty cache."""
    repositories = {f"someone/{name}": folder / name for name in families.FAMILIES}
    hub = Hub(repositories)
    with serve(hub) as url:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            url + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(hf_api.api, "endpoint", url)
        monkeypatch.setattr("urllib.request.getproxies", dict)
        yield hub


def test_a_hub_repository(backend, folder, from_folder, hub):
    for name in families.FAMILIES:
        model = entry(folder, f"{name}-hub", f'kind = "hub", path = "someone/{name}"')
        assert SourceBackend().problem(model) is None
        assert (generate(backend, model) == from_folder[name]).all()
    asked = {request.path for request in hub.requests if request.method == "GET"}
    assert any(path.endswith("diffusion_pytorch_model.safetensors") for path in asked)


def test_a_repository_that_is_not_there_is_named(backend, folder, hub):
    model = entry(folder, "gone", 'kind = "hub", path = "someone/gone"')
    with pytest.raises(GenerationError, match="gone could not make its images"):
        generate(backend, model)


def test_a_named_sampler_changes_the_image_and_leaves_the_pipeline_as_it_was(
    backend, folder, from_folder
):
    source = 'kind = "local", path = "sd15"'
    euler = entry(folder, "sd15-euler", source, ', scheduler = "euler-a"')
    assert np.abs(generate(backend, euler) - from_folder["sd15"]).max() > 0
    assert (generate(backend, entry(folder, "sd15", source)) == from_folder["sd15"]).all()


def test_one_grid_encodes_its_prompt_once(folder):
    backend = SourceBackend(BackendOptions(device="cpu", threads=1))
    model = entry(folder, "sd15", 'kind = "local", path = "sd15"')
    first, second = generate(backend, model), generate(backend, model)
    (loaded,) = backend._local._pipelines._loaded.values()
    assert loaded.encodings.made == 1
    assert (first == second).all()


def test_offload_by_size():
    assert offload_for(whole=10, largest=6, gpu=12) == "none"
    assert offload_for(whole=11, largest=6, gpu=12) == "model"
    assert offload_for(whole=30, largest=11, gpu=12) == "sequential"


def test_other_kinds_have_a_problem(backend):
    assert "GEMREC_BACKEND=scripted" in backend.problem(
        Model("m", "M", ModelSource("scripted", ""))
    )
