"""The restore drill: a server with votes and images, its disk wiped, started again."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx
from gradio_client import Client

from gemrec.recommend.rest import LONGEST
from gemrec.store import Store
from tests.browser.server import catalog
from tests.crowd import draw, fill, prepare_server
from tests.kills import crowd_of
from tests.loopback import serve
from tests.loopback_datasets import DatasetHub
from tests.running import RunningApp, free_port, run_app, scripted
from tests.unit.backup.waiting import eventually

PEOPLE = 12
PATIENCE = 240.0
STILL = LONGEST + 5.0
"""Seconds without a change after which nothing in the background is resting before its next turn."""


@dataclass(frozen=True)
class Answers:
    """What a server says about everything that people see.

    Attributes:
        board: The leaderboard.
        recommendations: By person and prompt.
        pictures: The bytes of every recommended picture, by its path.
        health: The health document.
    """

    board: dict[str, Any]
    recommendations: dict[tuple[str, str], dict[str, Any]]
    pictures: dict[str, bytes]
    health: dict[str, Any]


@dataclass(frozen=True)
class Drill:
    """Before and after.

    Attributes:
        before: Answers of the first server.
        after: Answers of the server that began with an empty disk.
        seconds: From its start to its first answer, the restore included.
    """

    before: Answers
    after: Answers
    seconds: float


@contextmanager
def private_hub() -> Iterator[dict[str, str]]:
    """A Hub on this machine; yields the environment that backs up to it."""
    with serve(DatasetHub()) as url:
        yield {
            "GEMREC_BACKUP": "hf://datasets/ada/gemrec-backup",
            "HF_ENDPOINT": url,
            "HF_TOKEN": "hf_test",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_OFFLINE": "0",
        }


def restore_drill(folder: Path, votes: int, images: int) -> Drill:
    """Fill a server, stop it, wipe its disk, start it again; over real HTTP to a private data set.

    Args:
        folder: Where everything happens.
        votes: In the database.
        images: Of each model for each prompt.
    """
    store, files = prepare_server(folder, catalog())
    crowd = crowd_of(PEOPLE)
    fill(store, crowd, votes, Random(7))  # noqa: S311
    draw(store, files, crowd, images)
    store.close()
    with private_hub() as hub:
        environment = scripted(folder, **hub)
        with run_app(folder / "data", free_port(), **environment) as app:
            before = ask(app, folder, votes)
        shutil.rmtree(folder / "data")
        with run_app(folder / "data", free_port(), **environment) as app:
            return Drill(before, ask(app, folder, votes), app.seconds)


def ask(app: RunningApp, folder: Path, votes: int) -> Answers:
    """Everything that people see, once the server has taken in all votes and pictures."""
    store = Store(folder / "data" / "gemrec.db")
    assert eventually(lambda: store.integrity()["images_without_vectors"] == 0, PATIENCE)
    store.close()
    client = Client(app.url, verbose=False)
    asked = [(f"Person {p}", prompt.text) for p in range(PEOPLE) for prompt in crowd_of(1).prompts]
    deadline = time.monotonic() + PATIENCE
    last: dict[tuple[str, str], dict[str, Any]] = {}
    changed = time.monotonic()
    while True:
        found = {
            (name, text): without_host(client.predict(text, name, 4, api_name="/recommend"))
            for name, text in asked
        }
        applied = sum({name: a["votes_applied"] for (name, _), a in found.items()}.values())
        now = time.monotonic()
        if found != last:
            last, changed = found, now
        is_whole = applied == votes and all(a["images"] for a in found.values())
        if is_whole and now - changed >= STILL:
            break
        assert now < deadline, f"no rest: {applied} votes, {now - changed:.0f} s without a change"
        time.sleep(2.0)
    paths = {image["url"] for answer in found.values() for image in answer["images"]}
    pictures = {path: httpx.get(app.url + path) for path in sorted(paths)}
    assert all(answer.status_code == 200 for answer in pictures.values())
    return Answers(
        client.predict(api_name="/leaderboard"),
        found,
        {path: answer.content for path, answer in pictures.items()},
        httpx.get(f"{app.url}/health").json(),
    )


def without_host(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with addresses that do not name the port."""
    for image in answer["images"]:
        image["url"] = urlsplit(image["url"]).path
    return answer
