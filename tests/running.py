"""``python app.py`` as people run it, for tests of the whole."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from gemrec.settings import REPOSITORY

PATIENCE = 120.0


@dataclass(frozen=True)
class RunningApp:
    """The address of an app, the seconds that it took to answer there, and its process."""

    url: str
    seconds: float
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """End it as a power cut of the process would: no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def run_app(folder: Path, port: int, **environment: str) -> Iterator[RunningApp]:
    """Run the app with its data in ``folder`` until the block ends; on the shipped catalog.

    Args:
        folder: The data folder.
        port: Where it listens.
        environment: Further settings, such as ``GEMREC_BACKEND``.
    """
    url = f"http://127.0.0.1:{port}"
    places = {"GEMREC_DATA": str(folder), "GEMREC_PORT": str(port)}
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=REPOSITORY, env={**os.environ, **places, **environment}
    )
    try:
        while not answers(url):
            assert process.poll() is None, f"app.py ended with {process.returncode}"
            assert time.monotonic() - start < PATIENCE, f"no answer from {url}"
            time.sleep(0.02)
        yield RunningApp(url, time.monotonic() - start, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(url: str, path: str = "/health") -> bool:
    """Whether a server is there; asked often, so by the plainest of clients."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < HTTPStatus.BAD_REQUEST
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scripted(folder: Path, **more: str) -> dict[str, str]:
    """Environment of a server on the scripted models of ``tests.browser.server.settings_of``."""
    return {
        "GEMREC_BACKEND": "scripted",
        "GEMREC_ASSETS": str(folder / "assets"),
        "GEMREC_ANNOTATOR_LIMIT": "",
        "GEMREC_ADDRESS_LIMIT": "",
        **more,
    }
