import pytest
from huggingface_hub import constants

from gemrec.generation.availability import Availability
from gemrec.generation.sources import hub as hub_source
from gemrec.generation.sources.hub import HubProbe
from gemrec.records import Model, ModelCost, ModelSource


def model(kind, path, **fields):
    base = fields.pop("base", None)
    return Model("m", "Mira", ModelSource(kind, str(path), base=base), **fields)


def problem(entry, base=None, device="auto", gpu=False, hub=False):
    return Availability(device, lambda: gpu, lambda: hub).problem(entry, base)


@pytest.fixture
def pipeline(tmp_path):
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "model_index.json").write_text("{}")
    return tmp_path / "pipeline"


def test_a_complete_folder_has_no_problem(pipeline):
    assert problem(model("local", pipeline)) is None


def test_a_missing_folder_is_named(tmp_path):
    assert str(tmp_path / "nowhere") in problem(model("local", tmp_path / "nowhere"))


def test_a_folder_without_a_pipeline_is_named(tmp_path):
    assert "no model_index.json" in problem(model("local", tmp_path))


def test_a_missing_checkpoint_is_named(tmp_path):
    assert "checkpoint of Mira is missing" in problem(model("file", tmp_path / "x.safetensors"))
    (tmp_path / "x.safetensors").write_bytes(b"")
    assert problem(model("file", tmp_path / "x.safetensors")) is None


def test_a_lora_needs_weights_and_a_base_that_works(tmp_path, pipeline):
    folder = tmp_path / "lora"
    entry, base = model("lora", folder, base="b"), model("local", pipeline)
    assert "its base 'b' is not in the catalog" in problem(entry)
    assert "LoRA weights of Mira are missing" in problem(entry, base)
    folder.mkdir()
    (folder / "pytorch_lora_weights.safetensors").write_bytes(b"")
    assert problem(entry, base) is None
    assert "needs Mira. The folder" in problem(entry, model("local", tmp_path / "gone"))
    assert "a LoRA itself" in problem(entry, entry)


def test_a_hub_model_needs_the_hub_or_a_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    entry = model("hub", "someone/something")
    assert "hub cannot be reached" in problem(entry)
    assert problem(entry, hub=True) is None
    (tmp_path / "models--someone--something" / "snapshots" / "abc").mkdir(parents=True)
    (tmp_path / "models--someone--something/snapshots/abc/model_index.json").write_text("{}")
    assert problem(entry) is None


def test_a_large_model_needs_a_gpu(pipeline):
    large = model("local", pipeline, cost=ModelCost(vram_gb=12))
    assert "needs a GPU with about 12 GiB" in problem(large)
    assert problem(large, gpu=True) is None
    assert "needs a GPU" in problem(large, gpu=True, device="cpu")
    assert problem(model("local", pipeline, cost=ModelCost(vram_gb=0.5))) is None


def test_a_scripted_model_needs_the_scripted_backend():
    assert "GEMREC_BACKEND=scripted" in problem(model("scripted", ""))


class CountingProbe(HubProbe):
    def __init__(self, timer):
        super().__init__(timer)
        self.asked = 0

    def _connect(self):
        self.asked += 1
        return True


def test_the_hub_is_asked_at_most_once_a_minute():
    now = [0.0]
    probe = CountingProbe(lambda: now[0])
    assert probe()
    now[0] = 59
    assert probe()
    assert probe.asked == 1
    now[0] = 61
    assert probe()
    assert probe.asked == 2


def test_no_hub_when_told_to_be_offline(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert HubProbe()() is False


def test_no_hub_when_nobody_listens(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(hub_source.urllib.request, "getproxies", dict)
    assert HubProbe()() is False


def test_a_large_download_does_not_begin_unasked(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    large = Model("m", "Large", ModelSource("hub", "org/large"), cost=ModelCost(download_gb=7.0))
    adapter = Model("a", "Style", ModelSource("lora", "hf://org/style/x.safetensors", base="m"))

    def availability(limit):
        return Availability("cpu", lambda: False, lambda: True, download_gb=limit)

    assert "GEMREC_DOWNLOAD_GB to 7" in availability(1.0).problem(large)
    assert "Style needs Large" in availability(1.0).problem(adapter, large)
    assert availability(7.0).problem(large) is None
    own = Model("o", "Own", ModelSource("hub", "org/own"))  # says no size: the owner wants it
    assert availability(1.0).problem(own) is None
    (tmp_path / "models--org--large" / "snapshots" / "abc").mkdir(parents=True)
    (tmp_path / "models--org--large" / "snapshots" / "abc" / "model_index.json").write_text("{}")
    assert availability(1.0).problem(large) is None
