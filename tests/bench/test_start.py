"""How long a person waits: for the server, and for the first grids of the pocket models."""

import time
from pathlib import Path

import pytest
from gradio_client import Client

from tests.running import run_app

pytestmark = pytest.mark.bench
READ_FOR = 10.0
"""Seconds that a person needs to read the page and type a prompt."""


def seconds_for_battle(client: Client, images: int) -> float:
    start = time.monotonic()
    battle = client.predict(
        "a cat face on a blue background", images=images, api_name="/open_battle"
    )
    assert [len(side["images"]) for side in battle["sides"]] == [images, images]
    return time.monotonic() - start


def test_waiting_times(tmp_path: Path) -> None:
    with run_app(tmp_path, 7868) as app:
        print(f"\nserver ready                {app.seconds:5.1f} s")
        client = Client(app.url, verbose=False)
        time.sleep(READ_FOR)
        for name in ("first battle, 2 grids of 4", "next battle", "next battle"):
            print(f"{name:27s} {seconds_for_battle(client, 4):5.1f} s")
