"""Old databases keep their rows; new ones are refused; a failing migration changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database as Schema
from sqlite_utils.migrations import Migrations

from gemrec.errors import StoreError
from gemrec.records import EventKind, Outcome
from gemrec.store import Store
from gemrec.store.connection import Database
from gemrec.store.migrations import MIGRATIONS, SET_NAME, migrate
from tests.conftest import Clock
from tests.unit.store.world import World

V1 = Path(__file__).parent / "v1.sql"
"""A database as the first version wrote it: two battles, a vote that was edited, one undone."""


def version_1(path: Path, *, rows: bool) -> Path:
    """Write a database of version 1."""
    script = V1.read_text()
    if not rows:
        kept = [s for s in script.split(";\n") if not s.startswith("INSERT INTO") or SET_NAME in s]
        script = ";\n".join(kept)
    with closing(sqlite3.connect(path)) as opened:
        opened.executescript(script)
    return path


def later(*, fail: bool = False) -> Migrations:
    """A future set: all of today's and one more."""
    migrations = Migrations(SET_NAME)
    with closing(Schema(memory=True)) as empty:
        for known in MIGRATIONS.pending(empty):
            migrations(name=known.name)(known.fn)

    @migrations()
    def m999_mood(db: Schema) -> None:
        db.execute("ALTER TABLE vote ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'")
        if fail:
            db.execute("INSERT INTO no_such_table VALUES (1)")

    return migrations


def schema_of(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()


def test_version_1_with_rows_keeps_them(tmp_path: Path) -> None:
    store = Store(version_1(tmp_path / "gemrec.db", rows=True))
    assert [vote.kind for vote in store.votes.after(0)] == ["cast", "edit", "cast", "undo"]
    (standing,) = store.votes.current()
    assert (standing.outcome, standing.models) == (Outcome.RIGHT, ("ada", "bob"))
    counts = store.votes.counts()
    store.votes.rebuild_counts()
    assert store.votes.counts() == counts
    assert counts[0].wins_b == 1
    assert len(store.images.all()) == 2
    assert store.secrets.get_or_create("tickets") == bytes(range(32))
    assert store.vectors.get("tiny", ["a" * 64])["a" * 64].tolist() == [1.0, 0.5]
    again = store.votes.append_change(4, EventKind.EDIT, Outcome.TIE, standing.cast_at)
    assert again.id == 5
    assert store.integrity()["broken_references"] == 0
    store.close()


def test_version_1_without_rows(tmp_path: Path, clock: Clock) -> None:
    store = Store(version_1(tmp_path / "gemrec.db", rows=False))
    assert store.votes.current() == ()
    world = World(store, clock)
    assert store.votes.cast(world.ticket(), Outcome.LEFT, world.clock()).id == 1
    store.close()


def test_a_fresh_database_equals_a_migrated_one(tmp_path: Path) -> None:
    Store(tmp_path / "fresh.db").close()
    Store(version_1(tmp_path / "old.db", rows=False)).close()
    assert schema_of(tmp_path / "fresh.db") == schema_of(tmp_path / "old.db")


def test_pending_is_read_only(tmp_path: Path) -> None:
    path = version_1(tmp_path / "gemrec.db", rows=True)
    before = schema_of(path)
    with closing(sqlite3.connect(path)) as opened:
        assert [m.name for m in later().pending(Schema(opened))][-1] == "m999_mood"
        assert not opened.in_transaction
    assert schema_of(path) == before
    with closing(sqlite3.connect(tmp_path / "empty.db")) as opened:
        assert [m.name for m in MIGRATIONS.pending(Schema(opened))][:1] == ["m001_initial"]
    assert schema_of(tmp_path / "empty.db") == []


def test_a_later_migration_keeps_the_rows(tmp_path: Path) -> None:
    path = version_1(tmp_path / "gemrec.db", rows=True)
    database = Database(path, later())
    with database.connect() as opened:
        assert [row["mood"] for row in opened.execute("SELECT mood FROM vote")] == ["calm"] * 4
    database.close()
    Database(path, later()).close()  # nothing left to do


def test_a_failing_migration_changes_nothing_and_stays_pending(tmp_path: Path) -> None:
    path = version_1(tmp_path / "gemrec.db", rows=True)
    before = schema_of(path)
    with pytest.raises(StoreError, match="no_such_table"):
        Database(path, later(fail=True))
    assert schema_of(path) == before
    with closing(sqlite3.connect(path)) as opened:
        assert [m.name for m in later().pending(Schema(opened))][-1] == "m999_mood"
    Store(path).close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gemrec.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as opened:
        migrate(opened, later())
    before = schema_of(path)
    with pytest.raises(StoreError, match=r"newer gemrec: it has m999_mood.*Update gemrec"):
        Store(path)
    assert schema_of(path) == before
