"""A data set on a hub of our own on this machine: private unless somebody says otherwise."""

import base64
import json

import pytest

from gemrec.errors import InputError
from gemrec.exchange import push_folder
from tests.loopback import Answer, serve

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class DataSets:
    """The part of the hub's interface that uploads need."""

    def __init__(self):
        self.made, self.files, self.allowed, self.url = {}, {}, True, ""

    def __call__(self, request):
        if not self.allowed:
            return Answer.json({"error": "Unauthorized"}, 401)
        if request.path == "/api/repos/create":
            asked = json.loads(request.body)
            self.made = asked
            return Answer.json({"url": f"{self.url}/datasets/ada/votes", "name": "ada/votes"})
        if request.path.endswith("/preupload/main"):
            paths = [file["path"] for file in json.loads(request.body)["files"]]
            files = [{"path": p, "uploadMode": "regular", "shouldIgnore": False} for p in paths]
            return Answer.json({"files": files})
        if request.path.endswith("/commit/main"):
            for line in request.body.decode().splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    content = base64.b64decode(entry["value"]["content"])
                    self.files[entry["value"]["path"]] = content
            url = f"{self.url}/datasets/ada/votes/commit/{COMMIT}"
            return Answer.json({"commitUrl": url, "commitOid": COMMIT})
        if "/api/datasets/" in request.path:
            return Answer.json({"id": "ada/votes", "sha": COMMIT, "siblings": [], "tags": []})
        return Answer.json({})


@pytest.fixture
def hub(monkeypatch):
    from huggingface_hub import HfApi, constants  # noqa: PLC0415 - slow to import

    data_sets = DataSets()
    with serve(data_sets) as url:
        data_sets.url = url
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        init = HfApi.__init__
        monkeypatch.setattr(
            HfApi,
            "__init__",
            lambda self, **k: init(self, endpoint=url, token="t", **k),  # noqa: S106 - of nobody
        )
        yield data_sets


def test_a_push_is_private_and_whole(hub, tmp_path):
    (tmp_path / "README.md").write_text("---\npretty_name: x\n---\n")
    (tmp_path / "votes.csv").write_text("a\n")
    where = push_folder(tmp_path, "ada/votes")
    assert "ada/votes" in where
    assert (hub.made["visibility"], hub.made["type"]) == ("private", "dataset")
    assert hub.files == {"README.md": b"---\npretty_name: x\n---\n", "votes.csv": b"a\n"}
    push_folder(tmp_path, "ada/votes", public=True)
    assert hub.made["visibility"] == "public"


def test_a_refusal_says_what_to_do(hub, tmp_path):
    hub.allowed = False
    (tmp_path / "votes.csv").write_text("a\n")
    with pytest.raises(InputError, match="hf auth login"):
        push_folder(tmp_path, "ada/votes")
    with pytest.raises(InputError, match="owner/name"):
        push_folder(tmp_path, "not a name!")
