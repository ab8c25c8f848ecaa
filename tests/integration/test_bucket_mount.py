"""A database on a mounted bucket: no locks, no shared memory, so a rollback journal."""

import errno
import fcntl
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from gemrec.store import Store
from tests.browser.server import serve

pytestmark = pytest.mark.integration
PROMPT = "a cat face on a blue background"
PEOPLE, TURNS = 6, 2


def journal_of(path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA journal_mode").fetchone()[0]


def companions(folder):
    return {file.name for file in folder.iterdir() if file.name.startswith("gemrec.db-")}


def test_people_vote_at_once_and_a_restart_finds_every_vote(tmp_path):
    def person(number):
        client = running.client()
        taken = []
        for _ in range(TURNS):
            battle = client.predict(PROMPT, None, 1, f"p{number}", api_name="/open_battle")
            taken.append(client.predict(battle["ticket"], "left", api_name="/vote")["vote_id"])
            client.predict(api_name="/leaderboard")
        return taken

    with serve(tmp_path, journal="delete") as running:
        path = running.services.settings.database
        with ThreadPoolExecutor(PEOPLE) as pool:
            told = sorted(vote for votes in pool.map(person, range(PEOPLE)) for vote in votes)
        assert journal_of(path) == "delete"
        assert not companions(path.parent) & {"gemrec.db-wal", "gemrec.db-shm"}
    with serve(tmp_path, journal="delete") as running:
        assert [vote.id for vote in running.services.store.votes.after(0)] == told
        assert running.client().predict(api_name="/leaderboard")["votes"] == PEOPLE * TURNS


def test_a_database_moves_from_one_journal_to_the_other_with_its_rows(tmp_path, clock):
    path = tmp_path / "gemrec.db"
    for journal in ("wal", "delete", "wal"):
        store = Store(path, journal)
        store.annotators.create(journal.title(), clock(), None)
        store.close()
        assert journal_of(path) == journal
    assert Store(path).integrity()["rows"]["annotator"] == 3


def test_where_there_are_no_locks_the_server_says_so_and_serves(tmp_path, monkeypatch, caplog):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    store = Store(tmp_path / "gemrec.db", "delete")
    store.serving.acquire()
    assert "make sure that no other server uses it" in caplog.text
    store.serving.release()
    store.close()
