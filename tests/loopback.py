"""Servers on this machine that stand in for those of others, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Request:
    """What a client asked for."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Any
    body: bytes


@dataclass
class Answer:
    """What the server sends back."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: object, status: int = 200, **headers: str) -> "Answer":
        return cls(
            json.dumps(value).encode(), status, {"Content-Type": "application/json", **headers}
        )


Handle = Callable[[Request], Answer]


@contextmanager
def serve(handle: Handle) -> Iterator[str]:
    """Answer every request with ``handle`` until the block ends; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = read_body(self)
            request = Request(
                self.command, unquote(parts.path), parse_qs(parts.query), self.headers, body
            )
            answer = handle(request)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_HEAD = do_PUT = _answer  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    """All bytes of a request, whichever way their length is told."""
    if "chunked" not in (handler.headers.get("Transfer-Encoding") or ""):
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    body = b""
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


class Hub:
    """The part of the model hub's HTTP interface that downloads need.

    Args:
        repositories: Folder of each repository.
    """

    def __init__(self, repositories: dict[str, Path]) -> None:
        self.repositories = repositories
        self.requests: list[Request] = []
        self.mappings: dict[str, dict[str, Any]] = {}

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        path = request.path.removeprefix("/")
        if path.startswith("api/models/"):
            return self._info(path.removeprefix("api/models/"))
        if "/resolve/" in path:
            repository, _, rest = path.partition("/resolve/")
            return self._file(repository, rest.partition("/")[2], request.method)
        return Answer(status=404)

    def _info(self, path: str) -> Answer:
        repository = "/".join(path.split("/")[:2])
        if repository in self.mappings:
            return Answer.json(
                {"id": repository, "inferenceProviderMapping": self.mappings[repository]}
            )
        folder = self.repositories.get(repository)
        if folder is None:
            return Answer.json(
                {"error": "Repository not found"}, 404, **{"X-Error-Code": "RepoNotFound"}
            )
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        names = [str(file.relative_to(folder)) for file in files]
        if "/tree/" in path:
            return Answer.json(
                [
                    {"type": "file", "path": name, "size": file.stat().st_size, "oid": "0" * 40}
                    for name, file in zip(names, files, strict=True)
                ]
            )
        siblings = [{"rfilename": name} for name in names]
        return Answer.json({"id": repository, "sha": COMMIT, "siblings": siblings, "tags": []})

    def _file(self, repository: str, name: str, method: str) -> Answer:
        file = self.repositories.get(repository, Path("/nowhere")) / name
        if not file.is_file():
            return Answer(status=404, headers={"X-Error-Code": "EntryNotFound"})
        body = file.read_bytes()
        headers = {
            "ETag": f'"{hash((repository, name)) & 0xFFFFFFFF:08x}"',
            "X-Repo-Commit": COMMIT,
            "Content-Length": str(len(body)),
        }
        return Answer(b"" if method == "HEAD" else body, 200, headers)
