"""Data sets on a hub that runs on this machine."""

import json

import pytest
from huggingface_hub import constants

from gemrec.building import push
from gemrec.errors import InputError, RemoteError
from tests.loopback import Answer, serve
from tests.loopback_datasets import DatasetHub
from tests.unit.building.test_output import make


class ParquetHub(DatasetHub):
    """Takes Parquet as the real one does, as large files beside the commit, and looks at cards."""

    def __call__(self, request):
        if request.path == "/api/validate-yaml":
            header = json.loads(request.body)["content"].split("---")[1]
            assert "\npretty_name:" in header
            return Answer.json({"errors": [], "warnings": []})
        return super().__call__(request)

    def _mode(self, file):
        large = file["path"].endswith(".parquet")
        return {**super()._mode(file), "uploadMode": "lfs" if large else "regular"}


@pytest.fixture
def hub(monkeypatch):
    built = ParquetHub()
    with serve(built) as url:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", built.token)
        yield built


def test_parquet_manifest_and_card_arrive_in_a_private_repository(hub, tmp_path):
    make(tmp_path)
    url = push(tmp_path, "someone/pictures")
    assert url.endswith("/datasets/someone/pictures")
    dataset = hub.datasets["someone/pictures"]
    assert dataset.private
    assert set(dataset.files) == {
        "README.md",
        "manifest.json",
        "parquet/train-00000-of-00001.parquet",
    }
    for name, content in dataset.files.items():
        assert content == (tmp_path / name).read_bytes()
    assert dataset.commits == 1
    push(tmp_path, "someone/pictures")  # again is no mistake


class Uploads:
    """Large files on their way: lost at first, then counted."""

    def __init__(self, hub, lost):
        self.hub, self.lost, self.arrived = hub, lost, []

    def __call__(self, request):
        if request.path.startswith("/store/"):
            if self.lost:
                self.lost -= 1
                raise ConnectionResetError
            self.arrived.append(request.path)
        return self.hub(request)


def test_an_upload_that_breaks_off_goes_on(hub, tmp_path, monkeypatch):
    """The hub has some of it; nothing is committed by halves, and nothing is sent twice."""
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    make(tmp_path)
    uploads = Uploads(hub, lost=1000)
    with serve(uploads) as url:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        with pytest.raises(
            RemoteError, match=r"did not take someone/x.*is complete.*not sent twice"
        ):
            push(tmp_path, "someone/x")
        assert hub.datasets["someone/x"].files == {}
        uploads.lost = 0
        push(tmp_path, "someone/x")
        assert len(hub.datasets["someone/x"].files) == 3
    assert len(uploads.arrived) == 1


def test_a_hub_that_cannot_be_reached_is_told(hub, tmp_path, monkeypatch):
    make(tmp_path)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(RemoteError, match=r"did not take someone/x: .+is complete"):
        push(tmp_path, "someone/x")


def test_what_goes_wrong_is_told(hub, tmp_path, monkeypatch):
    make(tmp_path)
    with pytest.raises(InputError, match="OWNER/NAME"):
        push(tmp_path, "pictures")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(RemoteError, match=r"did not take someone/x.*is complete"):
        push(tmp_path, "someone/x")
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(InputError, match="HF_TOKEN"):
        push(tmp_path, "someone/x")
