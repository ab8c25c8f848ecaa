"""What breaks around a server: each fault ends in words, and no accepted vote is lost."""

import errno
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from gemrec.arena import BattleFailed, BattleReady
from gemrec.cli import doctor
from gemrec.errors import GenerationError, NewerSchemaError, StoreError
from gemrec.generation import GridRequest
from gemrec.images import ImageFiles
from gemrec.records import EventKind, Outcome
from gemrec.settings import REPOSITORY
from gemrec.store import Store
from tests.browser.server import settings_of
from tests.integration.test_blindness import PROMPT, open_battle
from tests.scripted import scripted_model
from tests.unit.store.world import World

pytestmark = pytest.mark.integration


def limit_pages(store: Store, monkeypatch: pytest.MonkeyPatch, extra: int) -> None:
    """Let the database grow by a few pages only, as on a disk that is nearly full."""
    database = store._database
    real = database._open
    first = real()
    limit = first.execute("PRAGMA page_count").fetchone()[0] + extra
    first.close()

    def open_limited() -> sqlite3.Connection:
        connection = real()
        connection.execute(f"PRAGMA max_page_count = {limit}")
        return connection

    store.close()
    monkeypatch.setattr(database, "_open", open_limited)


def drawn(services, name: str, images: int):
    """Images of one model."""
    request = GridRequest(services.catalog.get(name), PROMPT, tuple(range(images)))
    return services.grids.generate([request])


def test_a_full_disk_refuses_votes_in_words_and_keeps_those_before(store, clock, monkeypatch):
    world = World(store, clock)
    tickets = [world.ticket() for _ in range(3000)]
    limit_pages(store, monkeypatch, extra=4)
    accepted, said = [], ""
    for ticket in tickets:
        try:
            accepted.append(store.votes.cast(ticket, Outcome.LEFT, clock()))
        except StoreError as error:
            said = str(error)
            break
    assert "no space left" in said
    assert 0 < len(accepted) < 3000
    assert [vote.id for vote in store.votes.after(0)] == [vote.id for vote in accepted]
    refused = tickets[len(accepted)]
    row = store.tickets.get(refused)
    assert row is not None
    assert row.vote_id is None
    counts = store.votes.counts()
    monkeypatch.undo()  # somebody has freed space: the same ticket is still good
    store.close()
    assert store.votes.cast(refused, Outcome.LEFT, clock()).id == accepted[-1].id + 1
    assert sum(row.wins_a + row.wins_b for row in counts) == len(accepted)


def test_a_full_disk_leaves_no_half_written_image(tmp_path, monkeypatch):
    from PIL import Image  # noqa: PLC0415

    files = ImageFiles(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="free some space"):
        files.put(Image.new("RGB", (8, 8)))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_database_that_becomes_read_only_says_so_and_works_again(store, clock, monkeypatch):
    world = World(store, clock)
    first, second = world.ticket(), world.ticket()
    vote = store.votes.cast(first, Outcome.LEFT, clock())
    store.close()
    real = store._database._open

    def read_only() -> sqlite3.Connection:
        connection = real()
        connection.execute("PRAGMA query_only = ON")
        return connection

    monkeypatch.setattr(store._database, "_open", read_only)
    with pytest.raises(StoreError, match="make the file and its folder writable"):
        store.votes.cast(second, Outcome.RIGHT, clock())
    assert store.votes.after(0) == (vote,)
    monkeypatch.undo()
    store.close()
    assert store.votes.cast(second, Outcome.RIGHT, clock()).id == vote.id + 1


def test_a_database_of_a_newer_version_stops_the_app_in_one_line(tmp_path):
    settings = settings_of(tmp_path)
    Store(settings.database).close()
    with sqlite3.connect(settings.database) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('gemrec', 'm999_from_the_future', '2030-01-01')"
        )
    connection.close()
    with pytest.raises(NewerSchemaError, match=r"newer gemrec.*m999_from_the_future.*Update"):
        Store(settings.database)


def test_two_servers_on_one_database_the_second_says_who_the_first_is(tmp_path):
    settings = settings_of(tmp_path)
    store = Store(settings.database)
    store.serving.acquire()
    other = (
        "import sys; from pathlib import Path; from gemrec.store import Store\n"
        "Store(Path(sys.argv[1])).serving.acquire()"
    )

    def serve_too() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", other, str(settings.database)]
        return subprocess.run(  # noqa: S603 - our own words
            command, cwd=REPOSITORY, capture_output=True, text=True, check=False
        )

    second = serve_too()
    assert f"is being served by another gemrec (process {os.getpid()})" in second.stderr
    store.serving.release()
    third = serve_too()
    assert third.returncode == 0, third.stderr
    store.close()


def test_a_command_may_write_beside_a_server(store, clock):
    store.serving.acquire()
    beside = Store(store.path)
    assert World(beside, clock).ticket()
    beside.close()
    store.serving.release()


def test_two_processes_never_both_use_one_ticket(store, clock):
    """Two servers, were the lock not there: the database alone keeps each ticket to one vote."""
    world = World(store, clock)
    tickets = [world.ticket() for _ in range(40)]
    other = Store(store.path)
    votes: list[int] = []
    lock = threading.Lock()

    def vote(by: Store, outcome: Outcome) -> None:
        for ticket in tickets:
            try:
                cast = by.votes.cast(ticket, outcome, clock())
            except ValueError:
                continue
            with lock:
                votes.append(cast.id)

    threads = [
        threading.Thread(target=vote, args=args)
        for args in ((store, Outcome.LEFT), (other, Outcome.RIGHT))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(votes) == list(range(1, 41))
    assert len({vote.battle_id for vote in store.votes.after(0)}) == 40


def test_a_clock_that_goes_backwards_keeps_tickets_and_the_order_of_votes(make_services, clock):
    services = make_services()
    from gemrec.arena import TicketOffice  # noqa: PLC0415

    office = TicketOffice(b"k" * 32, services.store, clock, 60)
    world = World(services.store, clock)
    token = office.issue(world.battle(), "ann")
    clock.advance(hours=-5)
    ticket_id = office.read(token)
    first = services.store.votes.cast(ticket_id, Outcome.LEFT, clock())
    second = services.store.votes.append_change(
        first.id, EventKind.UNDO, None, clock() - timedelta(days=1)
    )
    assert second.id > first.id
    assert services.refresher.wait_for(second.id, 5).last_vote_id == second.id
    assert services.store.tickets.refusals() == {}


@pytest.mark.parametrize("broken", ["black", "short"])
def test_a_model_that_makes_what_no_model_makes_is_no_contest(make_services, broken):
    services = make_services(scripted_model("red") + scripted_model("green", broken))
    last = open_battle(services, images=2)[-1]
    assert isinstance(last, BattleFailed)
    assert "no contest" in last.reason
    assert all(image.model_id != "green" for image in services.store.images.all())


@pytest.mark.parametrize(
    ("broken", "words"), [("black", "black all over"), ("short", "1 images; 2 were asked for")]
)
def test_the_owner_learns_what_a_broken_model_did(make_services, broken, words):
    services = make_services(scripted_model("red", broken) + scripted_model("green"))
    with pytest.raises(GenerationError, match=words):
        drawn(services, "red", 2)


def test_a_model_that_never_returns_is_no_contest_and_the_next_battle_works(make_services):
    catalog = scripted_model("red") + scripted_model("green", "hang") + scripted_model("blue")
    services = make_services(catalog, generation_timeout=1.5)
    first = open_battle(services, images=1, models=["red", "green"])[-1]
    assert isinstance(first, BattleFailed)
    second = open_battle(services, images=1, models=["red", "blue"])[-1]
    assert isinstance(second, BattleReady)


def test_a_damaged_image_is_found_named_and_made_again(make_services):
    services = make_services()
    (image,) = drawn(services, "red", 1)
    path = services.images.path(image.digest)
    good = path.read_bytes()
    path.write_bytes(good[:-20] + b"\0" * 20)
    checks = doctor.examine(services.settings)
    (found,) = [check for check in checks if check.name == "images"]
    assert found.status is doctor.Status.BROKEN
    assert str(path) in found.detail
    assert drawn(services, "red", 1) == [image]
    assert path.read_bytes() == good
