"""A stand-in for Civitai's list of models and its files, over real HTTP."""

import hashlib
from dataclasses import dataclass, field

from tests.loopback import Answer, Request


def file_of(version_id: int) -> bytes:
    """The content of a checkpoint's file."""
    return hashlib.sha256(str(version_id).encode()).digest() * 4000


def listed_model(number: int, downloads: int, **fields: object) -> dict:
    """One model as the API lists it, with one version and its file."""
    version = 1000 + number
    content = file_of(version)
    file = {
        "type": "Model",
        "sizeKB": len(content) / 1024,
        "primary": True,
        "metadata": {"format": "SafeTensor"},
        "hashes": {"SHA256": hashlib.sha256(content).hexdigest().upper()},
        "downloadUrl": f"{{site}}/api/download/models/{version}",
    }
    return {
        "id": number,
        "name": f"Model {number}",
        "type": "Checkpoint",
        "nsfw": False,
        "stats": {"downloadCount": downloads},
        "modelVersions": [
            {
                "id": version,
                "name": "v1",
                "baseModel": "SD 1.5",
                "availability": "Public",
                "trainedWords": [],
                "files": [file],
            }
        ],
    } | fields


@dataclass
class CivitaiSite:
    """Lists ``models`` a page at a time; misbehaves by ``answers``, one per request, first."""

    models: list[dict]
    page: int = 100
    answers: list[Answer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        if self.answers:
            return self.answers.pop(0)
        if request.path == "/api/v1/models":
            return self._list(request)
        if request.path.startswith("/api/download/models/"):
            return self._file(request)
        return Answer(status=404)

    def _list(self, request: Request) -> Answer:
        assert request.query["types"] == ["Checkpoint"]
        assert request.query["sort"] == ["Most Downloaded"]
        start = int(request.query.get("cursor", ["0"])[0])
        items = [self._placed(m, request) for m in self.models[start : start + self.page]]
        more = start + self.page < len(self.models)
        return Answer.json(
            {"items": items, "metadata": {"nextCursor": str(start + self.page)} if more else {}}
        )

    def _placed(self, model: dict, request: Request) -> dict:
        site = f"http://{request.headers['Host']}"
        versions = [
            version
            | {
                "files": [
                    f | {"downloadUrl": f["downloadUrl"].format(site=site)}
                    for f in version["files"]
                ]
            }
            for version in model.get("modelVersions", ())
        ]
        return model | {"modelVersions": versions}

    def _file(self, request: Request) -> Answer:
        content = file_of(int(request.path.rsplit("/", 1)[1]))
        if (wanted := request.headers.get("Range")) is not None:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            return Answer(content[start:], 206)
        return Answer(content)
