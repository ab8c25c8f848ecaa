"""``python app.py`` as people run it, for tests of the whole."""

import os
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
    """The address of an app, and the seconds that it took to answer there."""

    url: str
    seconds: float


@contextmanager
def run_app(folder: Path, port: int) -> Iterator[RunningApp]:
    """Run the app on the shipped catalog with its data in ``folder`` until the block ends."""
    url = f"http://127.0.0.1:{port}"
    places = {"GEMREC_DATA": str(folder), "GEMREC_PORT": str(port)}
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=REPOSITORY, env={**os.environ, **places}
    )
    try:
        while not answers(url):
            assert process.poll() is None, f"app.py ended with {process.returncode}"
            assert time.monotonic() - start < PATIENCE, f"no answer from {url}"
            time.sleep(0.02)
        yield RunningApp(url, time.monotonic() - start)
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).is_success
    except httpx.TransportError:
        return False
