"""Votes per second and their latency under 10, 50 and 200 annotators, while grids are being made.

Set ``BENCH_JSON=FILE`` to keep the numbers. ``cpu ms`` is what one vote costs the server, which other
programs on the machine do not change; the wall-clock figures are theirs too.
"""

import asyncio
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import httpx
import psutil
import pytest
from gradio_client import Client

from gemrec.services import utc_now
from tests.ballots import Ballots, vote_all
from tests.browser.server import MODELS, catalog
from tests.crowd import open_tickets, prepare_server
from tests.kills import crowd_of
from tests.running import RunningApp, free_port, run_app, scripted

pytestmark = pytest.mark.bench
SECONDS = float(os.environ.get("LOAD_SECONDS", "10"))
EXPECTED = 900  # votes per second for which there are tickets
SOAK_MINUTES = float(os.environ.get("SOAK_MINUTES", "2"))
LEAST_RATE, MOST_P95 = 300.0, 1.0


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    way: str
    annotators: int
    votes: int
    per_second: float
    p50_ms: float
    p95_ms: float
    errors: int
    grids: int
    cpu_ms: float
    rss_mb: float


@contextmanager
def drawing(url: str) -> Iterator[list[float]]:
    """One person after the other opens a battle of new pictures; yields the seconds of each."""
    stop, waits = threading.Event(), []

    def open_battles() -> None:
        client = Client(url, verbose=False)
        while not stop.is_set():
            start = time.monotonic()
            client.predict(
                f"a pizza {uuid.uuid4().hex}", None, 2, "drawer", api_name="/open_battle"
            )
            waits.append(time.monotonic() - start)

    thread = threading.Thread(target=open_battles)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()


def measured(
    way: str, annotators: int, ballots: Ballots, grids: int, cpu: float, process: psutil.Process
) -> Row:
    errors = len(ballots.refused) + len(ballots.unanswered)
    return Row(
        way,
        annotators,
        len(ballots.accepted),
        ballots.rate,
        1000 * ballots.percentile(0.5),
        1000 * ballots.percentile(0.95),
        errors,
        grids,
        1000 * cpu / max(1, len(ballots.accepted)),
        process.memory_info().rss / 2**20,
    )


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def for_a_while(url: str, tickets: dict[str, list[str]], seconds: float) -> Ballots:
    """Vote until the time is over; who is in the middle of a vote finishes it."""
    return await vote_all(url, tickets, until=time.monotonic() + seconds)


def by_gradio(url: str, tickets: dict[str, list[str]], seconds: float) -> Ballots:
    """The same votes through Gradio's own event route: what a plain handler would cost."""
    ballots = Ballots(started=time.monotonic())
    deadline = time.monotonic() + seconds

    def voter(theirs: list[str]) -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            for ticket in theirs:
                before = time.monotonic()
                if before > deadline:
                    return
                call = client.post("/gradio_api/call/vote", json={"data": [ticket, "left"]})
                answer = client.get(f"/gradio_api/call/vote/{call.json()['event_id']}").text
                ballots.ended = time.monotonic()
                ballots.seconds.append(ballots.ended - before)
                kept = ballots.accepted if "event: complete" in answer else ballots.refused
                kept[ticket] = {}

    threads = [threading.Thread(target=voter, args=(theirs,)) for theirs in tickets.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ballots


def say(rows: list[Row]) -> None:
    print(f"\n{'way':14s} people  votes  votes/s  p50 ms  p95 ms  errors  grids  cpu ms  rss MB")
    for r in rows:
        print(
            f"{r.way:14s} {r.annotators:6d} {r.votes:6d} {r.per_second:8.0f} {r.p50_ms:7.0f} "
            f"{r.p95_ms:7.0f} {r.errors:7d} {r.grids:6d} {r.cpu_ms:7.2f} {r.rss_mb:7.0f}"
        )
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"{os.cpu_count()} cores; load of the machine (1, 5, 15 min): {load}")


def keep(name: str, document: object) -> None:
    if path := os.environ.get("BENCH_JSON"):
        file = Path(path)
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(known | {name: document}, indent=1))


@contextmanager
def server(
    folder: Path, people: int, each: int
) -> Iterator[tuple[RunningApp, dict[str, list[str]]]]:
    # Models that take their time elsewhere, as on a GPU; the cores are the server's and the voters'.
    slow = catalog(**dict.fromkeys(MODELS, "slow:0.3"))
    store, _ = prepare_server(folder, slow)
    tickets = open_tickets(store, crowd_of(people), each, Random(people), utc_now)  # noqa: S311
    store.close()
    with run_app(folder / "data", free_port(), **scripted(folder)) as app:
        yield app, tickets


def test_votes_under_load(tmp_path: Path) -> None:
    rows = []
    for people in (10, 50, 200):
        each = int(EXPECTED * SECONDS / people) + 1
        with server(tmp_path / str(people), people, each) as (app, tickets):
            process = psutil.Process(app.process.pid)
            with drawing(app.url) as waits:
                while not waits:
                    time.sleep(0.05)
                before, cpu = len(waits), cpu_seconds(process)
                ballots = asyncio.run(for_a_while(app.url, tickets, SECONDS))
                spent, grids = cpu_seconds(process) - cpu, 2 * (len(waits) - before)
            rows.append(measured("POST /votes", people, ballots, grids, spent, process))
    with server(tmp_path / "gradio", 50, each) as (app, tickets):
        process = psutil.Process(app.process.pid)
        cpu = cpu_seconds(process)
        ballots = by_gradio(app.url, tickets, SECONDS)
        spent = cpu_seconds(process) - cpu
        rows.append(measured("Gradio /vote", 50, ballots, 0, spent, process))
    say(rows)
    print(
        f"POST /votes : Gradio's event at 50 people = {rows[1].per_second / rows[3].per_second:.1f} : 1"
    )
    keep("load", [asdict(row) for row in rows])
    assert all(row.errors == 0 for row in rows)
    assert all(row.grids > 0 for row in rows[:3])
    assert rows[2].per_second >= LEAST_RATE
    assert rows[2].p95_ms <= 1000 * MOST_P95


def test_memory_per_session(tmp_path: Path) -> None:
    """What one more open page costs the server."""
    pages = 100
    with server(tmp_path, 1, 1) as (app, _):
        process = psutil.Process(app.process.pid)
        clients = [Client(app.url, verbose=False) for _ in range(5)]
        for client in clients:
            client.predict(api_name="/leaderboard")
        before = process.memory_info().rss
        clients += [Client(app.url, verbose=False) for _ in range(pages)]
        for client in clients[5:]:
            client.predict("a pizza", client.session_hash[:20], 3, api_name="/recommend")
        each = (process.memory_info().rss - before) / pages
    print(f"\nmemory per session: {each / 1024:.0f} KiB")
    keep("memory_per_session_kib", each / 1024)
    assert each < 2 * 2**20


def test_soak(tmp_path: Path) -> None:
    """Flat memory, files and threads; ``SOAK_MINUTES=20`` for the long one."""
    turns = 8
    seconds = 60 * SOAK_MINUTES / turns
    people = 20
    with server(tmp_path, people, int(40 * seconds * turns / people) + 50) as (app, tickets):
        process = psutil.Process(app.process.pid)
        seen = []
        with drawing(app.url) as waits:
            for _ in range(turns):
                ballots = asyncio.run(
                    vote_all(app.url, tickets, pause=people / 40, until=time.monotonic() + seconds)
                )
                assert not ballots.refused
                for person in tickets:
                    tickets[person] = [t for t in tickets[person] if t not in ballots.accepted]
                rss = process.memory_info().rss / 2**20
                seen.append((len(ballots.accepted), rss, process.num_fds(), process.num_threads()))
        print(
            f"\n{'votes':>6s} {'rss MB':>7s} {'files':>6s} {'threads':>8s}   ({len(waits)} battles made)"
        )
        for votes, rss, files, threads in seen:
            print(f"{votes:6d} {rss:7.1f} {files:6d} {threads:8d}")
        keep("soak", seen)
        half = seen[turns // 2 :]
        assert max(row[2] for row in half) <= max(row[2] for row in seen[: turns // 2]) + 5
        assert max(row[3] for row in half) <= max(row[3] for row in seen[: turns // 2]) + 5
        assert half[-1][1] - half[0][1] < 0.05 * half[0][1]
