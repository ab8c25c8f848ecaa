"""Fifty annotators at once against ``python app.py``: no vote lost, none counted twice, no leak."""

import asyncio
import gc
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from gemrec.settings import REPOSITORY
from gemrec.store import Store
from tests.browser.server import settings_of
from tests.running import free_port, run_app
from tests.voters import Crowd, Heard, stored

pytestmark = pytest.mark.bench
PEOPLE, VOTES = 50, 20
HALVES = 2
NO_LIMIT = "100000/minute"  # the crowd has one address
MIB = 2**20


@dataclass(frozen=True)
class Usage:
    """What a process and its children hold."""

    threads: int
    files: int
    mib: float

    @classmethod
    def of(cls, pid: int) -> "Usage":
        family = [pid, *_children(pid)]
        return cls(
            sum(len(list(Path(f"/proc/{p}/task").iterdir())) for p in family),
            sum(len(list(Path(f"/proc/{p}/fd").iterdir())) for p in family),
            sum(_resident(p) for p in family) / MIB,
        )

    def __str__(self) -> str:
        return f"{self.threads} threads, {self.files} open files, {self.mib:.0f} MiB"


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    tasks = Path(f"/proc/{pid}/task").iterdir()
    found = [child for task in tasks for child in (task / "children").read_text().split()]
    return [int(child) for child in found]


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def doctor(folder: Path, assets: Path) -> dict[str, str]:
    """What ``python -m gemrec doctor`` says, by check."""
    done = subprocess.run(
        [sys.executable, "-m", "gemrec", "doctor", "--json"],
        cwd=REPOSITORY,
        env={
            "GEMREC_DATA": str(folder), "GEMREC_ASSETS": str(assets),
            "GEMREC_BACKEND": "scripted", "PATH": "",
        },
        capture_output=True,
        check=True,
    )  # fmt: skip
    return {check["name"]: check["detail"] for check in json.loads(done.stdout)["checks"]}


def test_fifty_annotators_at_once(tmp_path: Path) -> None:
    data, assets = tmp_path / "data", settings_of(tmp_path).assets
    heard, usages = Heard(), []

    async def votes(url: str, pid: int) -> None:
        async with Crowd(url, PEOPLE) as crowd:
            for _ in range(HALVES):
                await crowd.vote(VOTES // HALVES, heard)
                await asyncio.sleep(2)  # let the last answers and pictures be put away
                usages.append(Usage.of(pid))

    environment = {
        "GEMREC_ASSETS": str(assets), "GEMREC_BACKEND": "scripted",
        "GEMREC_ANNOTATOR_LIMIT": NO_LIMIT, "GEMREC_ADDRESS_LIMIT": NO_LIMIT,
    }  # fmt: skip
    with run_app(data, free_port(), **environment) as app:
        started = time.monotonic()
        asyncio.run(votes(app.url, app.process.pid))
        seconds = time.monotonic() - started
        report = doctor(data, assets)
    gc.collect()
    half, full = usages
    print(f"\n{PEOPLE} annotators, {VOTES} votes each, in {seconds:.0f} s")
    print(heard.table())
    print(f"refused replays {heard.refused}; surprises {len(heard.surprises)}")
    print(f"half-way: {half}\nat the end: {full}")
    print(report["arena"])

    assert heard.surprises == []
    assert heard.refused > 0
    assert len(heard.accepted) == PEOPLE * VOTES
    store = Store(data / "gemrec.db")
    kept, twice = stored(store)
    assert (kept, twice) == (heard.accepted, [])
    assert store.integrity()["refused"] == {"used": heard.refused}
    store.close()
    assert f"refused votes: {heard.refused}" in report["arena"]
    assert "0 wait for a vote" in report["arena"]
    # The second half holds no more than the first, but for what was learnt from the votes.
    assert full.threads <= half.threads + 2
    assert full.files <= half.files + 8
    assert full.mib <= half.mib + 40
