"""A stand-in for the Hub's private data sets, over real HTTP: made, committed to, read."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.loopback import COMMIT, Answer, Request


@dataclass
class Dataset:
    """One repository: what its main branch holds."""

    private: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0


class DatasetHub:
    """The part of the Hub's HTTP interface that backups need.

    Args:
        token: The only one that may see private data sets and write.
    """

    def __init__(self, token: str = "hf_test") -> None:  # noqa: S107 - a stand-in's
        self.token = token
        self.datasets: dict[str, Dataset] = {}
        self.objects: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.spoil: Callable[[str, bytes], bytes] = lambda _, content: content
        """What uploads become on their way: (SHA-256 that was announced, bytes) to bytes."""
        self.down = 0
        """How many requests from now on are answered with 503."""

    def __call__(self, request: Request) -> Answer:
        self.requests.append(f"{request.method} {request.path}")
        if self.down:
            self.down -= 1
            return Answer(status=503)
        if request.path.startswith("/store/"):
            oid = request.path.removeprefix("/store/")
            self.objects[oid] = self.spoil(oid, request.body)
            return Answer()
        known = request.headers.get("authorization") == f"Bearer {self.token}"
        if request.path == "/api/repos/create":
            return self._create(request, known)
        path = request.path.removeprefix("/api").removeprefix("/datasets/")
        name = "/".join(path.split("/")[:2]).removesuffix(".git")
        dataset = self.datasets.get(name)
        if dataset is None or (dataset.private and not known):
            return error(404, "RepoNotFound")
        rest = path.removeprefix(name).removeprefix(".git")
        return self._repository(dataset, name, rest, request)

    def _create(self, request: Request, known: bool) -> Answer:
        asked = json.loads(request.body)
        name = f"{asked['organization']}/{asked['name']}"
        if not known:
            return error(401, "Unauthorized")
        self.datasets[name] = Dataset(
            private=asked.get("visibility") == "private" or bool(asked.get("private"))
        )
        return Answer.json({"url": f"https://huggingface.co/datasets/{name}"})

    def _repository(self, dataset: Dataset, name: str, rest: str, request: Request) -> Answer:
        if rest.startswith("/resolve/"):
            return self._file(dataset, rest.split("/", 3)[3], request.method)
        if rest.startswith("/tree/"):
            return Answer.json(
                [
                    {"type": "file", "path": path, "size": len(content), "oid": "0" * 40}
                    for path, content in sorted(dataset.files.items())
                ]
            )
        if rest.startswith("/preupload/"):
            return Answer.json(
                {"files": [self._mode(f) for f in json.loads(request.body)["files"]]}
            )
        if rest == "/info/lfs/objects/batch":
            return self._batch(request)
        if rest.startswith("/commit/"):
            return self._commit(dataset, name, request)
        if rest in ("", "/revision/main"):
            siblings = [{"rfilename": path} for path in sorted(dataset.files)]
            return Answer.json(
                {
                    "id": name,
                    "sha": COMMIT,
                    "private": dataset.private,
                    "siblings": siblings,
                    "tags": [],
                }
            )
        return Answer(status=404)

    def _file(self, dataset: Dataset, path: str, method: str) -> Answer:
        if path not in dataset.files:
            return error(404, "EntryNotFound")
        content = dataset.files[path]
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": COMMIT,
            "Content-Length": str(len(content)),
        }
        return Answer(b"" if method == "HEAD" else content, 200, headers)

    def _mode(self, file: dict[str, str]) -> dict[str, object]:
        large = file["path"].endswith((".db", ".tar"))
        return {
            "path": file["path"],
            "uploadMode": "lfs" if large else "regular",
            "shouldIgnore": False,
        }

    def _batch(self, request: Request) -> Answer:
        base = f"http://{request.headers['host']}"
        objects = [
            {**wanted, "actions": {"upload": {"href": f"{base}/store/{wanted['oid']}"}}}
            for wanted in json.loads(request.body)["objects"]
        ]
        return Answer.json({"transfer": "basic", "objects": objects})

    def _commit(self, dataset: Dataset, name: str, request: Request) -> Answer:
        for line in request.body.splitlines():
            change = json.loads(line)
            value = change["value"]
            if change["key"] == "file":
                dataset.files[value["path"]] = base64.b64decode(value["content"])
            elif change["key"] == "lfsFile":
                if value["oid"] not in self.objects:
                    return error(400, "LfsObjectMissing")
                dataset.files[value["path"]] = self.objects[value["oid"]]
            elif change["key"] == "deletedFile":
                del dataset.files[value["path"]]
        dataset.commits += 1
        return Answer.json(
            {
                "success": True,
                "commitOid": COMMIT,
                "commitUrl": f"https://huggingface.co/datasets/{name}/commit/{COMMIT}",
            }
        )


def error(status: int, code: str) -> Answer:
    return Answer.json({"error": code}, status, **{"X-Error-Code": code})
