"""``python app.py`` as people run it, for tests of the whole."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from gemrec.settings import REPOSITORY

PATIENCE = 120.0


@dataclass(frozen=True)
class RunningApp:
    """The address of an app, the seconds that it took to answer there, and its process."""

    url: str
    seconds: float
    pid: int


@contextmanager
def run_app(folder: Path, port: int | None = None, **settings: object) -> Iterator[RunningApp]:
    """Run the app on the shipped catalog with its data in ``folder`` until the block ends.

    Args:
        folder: Where its data go.
        port: Where it listens; None takes a free one.
        settings: Further settings, such as ``backend="scripted"``.
    """
    port = free_port() if port is None else port
    url = f"http://127.0.0.1:{port}"
    places = {"GEMREC_DATA": str(folder), "GEMREC_PORT": str(port)}
    places |= {f"GEMREC_{name.upper()}": str(value) for name, value in settings.items()}
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=REPOSITORY, env={**os.environ, **places}
    )
    try:
        while not answers(url):
            assert process.poll() is None, f"app.py ended with {process.returncode}"
            assert time.monotonic() - start < PATIENCE, f"no answer from {url}"
            time.sleep(0.02)
        yield RunningApp(url, time.monotonic() - start, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).is_success
    except httpx.TransportError:
        return False
