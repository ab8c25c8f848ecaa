"""Votes per second and their latency under 10, 50 and 200 annotators, while grids are being made.

A plain Gradio handler runs in the same run. ``cpu ms`` is what one vote costs the server, which other
programs on the machine do not change; the wall-clock figures are theirs too.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import median

import httpx
import psutil
import pytest
from gradio_client import Client

from gemrec.services import utc_now
from tests.ballots import Ballots, vote_all
from tests.bench.kept import keep
from tests.browser.server import MODELS, catalog
from tests.crowd import open_tickets, prepare_server
from tests.kills import crowd_of
from tests.running import RunningApp, answers, free_port, run_app, scripted

pytestmark = pytest.mark.bench
SECONDS = float(os.environ.get("LOAD_SECONDS", "10"))
EXPECTED = 900  # votes per second for which there are tickets
SOAK_MINUTES = float(os.environ.get("SOAK_MINUTES", "2"))
SOAK_TURNS = 12
PLAIN = Path(__file__).with_name("plain_gradio.py")
ELSEWHERE, AT_ONCE = "slow:0.3", "ok"
"""Models that take their time elsewhere, as on a GPU, so that the cores are the server's and the
voters'; and models that draw without a pause on the same cores, which no real model can."""
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


@contextmanager
def plain_gradio(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of a plain Gradio app."""
    folder.mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(PLAIN), str(folder / "votes.db"), str(port)]
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "0"}
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own file
    try:
        while not answers(url, "/config"):
            assert process.poll() is None
            time.sleep(0.05)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def server(
    folder: Path, people: int, each: int, script: str = ELSEWHERE, **environment: str
) -> Iterator[tuple[RunningApp, dict[str, list[str]]]]:
    store, _ = prepare_server(folder, catalog(**dict.fromkeys(MODELS, script)))
    tickets = open_tickets(store, crowd_of(people), each, Random(people), utc_now)  # noqa: S311
    store.close()
    with run_app(folder / "data", free_port(), **scripted(folder, **environment)) as app:
        yield app, tickets


def under_load(folder: Path, people: int, script: str = ELSEWHERE) -> Row:
    """Votes of so many people, while one more opens one battle after the other."""
    each = int(EXPECTED * SECONDS / people) + 1
    with server(folder, people, each, script) as (app, tickets):
        process = psutil.Process(app.process.pid)
        with drawing(app.url) as waits:
            while not waits:
                time.sleep(0.05)
            before, cpu = len(waits), cpu_seconds(process)
            ballots = asyncio.run(for_a_while(app.url, tickets, SECONDS))
            spent, grids = cpu_seconds(process) - cpu, 2 * (len(waits) - before)
        way = "POST /votes" if script == ELSEWHERE else "same cores"
        return measured(way, people, ballots, grids, spent, process)


def by_event(way: str, url: str, tickets: dict[str, list[str]], process: psutil.Process) -> Row:
    """Votes through Gradio's named event; nothing is drawn meanwhile."""
    cpu = cpu_seconds(process)
    ballots = by_gradio(url, tickets, SECONDS)
    return measured(way, len(tickets), ballots, 0, cpu_seconds(process) - cpu, process)


def test_votes_under_load(tmp_path: Path) -> None:
    rows = [under_load(tmp_path / str(people), people) for people in (10, 50, 200)]
    rows.append(under_load(tmp_path / "same", 200, AT_ONCE))
    each = int(EXPECTED * SECONDS / 50) + 1
    with server(tmp_path / "gradio", 50, each) as (app, tickets):
        rows.append(by_event("event /vote", app.url, tickets, psutil.Process(app.process.pid)))
    with plain_gradio(tmp_path / "plain") as (url, process):
        made_up = {f"p{p}": [f"{p}-{k}" for k in range(each)] for p in range(50)}
        rows.append(by_event("plain Gradio", url, made_up, process))
    say(rows)
    plain = rows[-1]
    ratios = {
        f"{row.way}, {row.annotators} people": {
            "votes": row.per_second / plain.per_second,
            "cpu": plain.cpu_ms / row.cpu_ms,
        }
        for row in rows
    }
    for name, ratio in ratios.items():
        print(
            f"{name:24s} {ratio['votes']:5.1f}x the votes/s of a plain Gradio handler at 50 people, "
            f"{ratio['cpu']:5.1f}x its votes per second of CPU"
        )
    keep("load", {"rows": [asdict(row) for row in rows], "to_plain_gradio": ratios})
    assert all(row.errors == 0 for row in rows)
    assert all(row.grids > 0 for row in rows[:4])
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


@dataclass(frozen=True)
class Moment:
    """What a server holds after a while.

    Attributes:
        votes: Accepted in this turn.
        battles: Drawn so far.
        rss_mb: Memory of the server.
        workers_mb: Memory of its worker processes.
        files: Open files of the server.
        threads: Of the server.
        temp_kb: Size of its folder of temporary files.
    """

    votes: int
    battles: int
    rss_mb: float
    workers_mb: float
    files: int
    threads: int
    temp_kb: float


def moment(process: psutil.Process, temp: Path, votes: int, battles: int) -> Moment:
    workers = sum(child.memory_info().rss for child in process.children(recursive=True))
    return Moment(
        votes,
        battles,
        process.memory_info().rss / 2**20,
        workers / 2**20,
        process.num_fds(),
        process.num_threads(),
        sum(file.stat().st_size for file in temp.rglob("*") if file.is_file()) / 1024,
    )


def test_soak(tmp_path: Path) -> None:
    """Flat memory, files, threads and temporary files; ``SOAK_MINUTES=20`` for the long one."""
    seconds = 60 * SOAK_MINUTES / SOAK_TURNS
    people = 20
    temp = tmp_path / "temp"
    temp.mkdir()
    each = int(40 * seconds * SOAK_TURNS / people) + 50
    with server(tmp_path, people, each, TMPDIR=str(temp)) as (app, tickets):
        process = psutil.Process(app.process.pid)
        seen = []
        with drawing(app.url) as waits:
            for _ in range(SOAK_TURNS):
                ballots = asyncio.run(
                    vote_all(app.url, tickets, pause=people / 40, until=time.monotonic() + seconds)
                )
                assert not ballots.refused
                for person in tickets:
                    tickets[person] = [t for t in tickets[person] if t not in ballots.accepted]
                seen.append(moment(process, temp, len(ballots.accepted), len(waits)))
                print("\n" * (len(seen) == 1), asdict(seen[-1]), flush=True)
        keep("soak", [asdict(each) for each in seen])
    third = SOAK_TURNS // 3
    first, last = seen[third : 2 * third], seen[-third:]  # the very first turns warm caches up
    print(f"{SOAK_MINUTES:g} minutes: middle third -> last third")
    for name in ("rss_mb", "workers_mb", "files", "threads", "temp_kb"):
        before, after = (median(getattr(m, name) for m in part) for part in (first, last))
        print(f"{name:11s} {before:8.1f} -> {after:8.1f}")
        assert after - before <= max(0.05 * before, 5), name
