"""What happens to good and bad database files."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database as Schema

from gemrec.errors import InputError, StoreError
from gemrec.records import Prompt
from gemrec.store import Store
from gemrec.store.connection import MOST_IDLE, Database
from gemrec.store.migrations import MIGRATIONS

NOBODY = 65534


def test_missing_folders_are_created(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "gemrec.db"
    Store(path).close()
    assert path.is_file()


def test_write_ahead_log_and_foreign_keys_are_on(tmp_path: Path) -> None:
    database = Database(tmp_path / "gemrec.db")
    with database.connect() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == 30_000
    database.close()


def test_many_threads_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    with closing(Schema(memory=True)) as empty:
        newest = MIGRATIONS.pending(empty)[-1].name
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(Store, [tmp_path / "gemrec.db"] * 8))
    assert {s.integrity()["schema"] for s in stores} == {newest}
    for opened in stores:
        opened.close()


@pytest.mark.parametrize("content", [b"not a database, only some text\n" * 200, b"\x89PNG" * 999])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"notes\.txt is not a SQLite database; choose another"):
        Store(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipe (id INTEGER)")
    with pytest.raises(StoreError, match=r"another program .*'recipe'"):
        Store(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipe",)]


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "gemrec.db"
    path.touch()
    store = Store(path)
    assert store.votes.last_id() == 0
    store.close()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Store(tmp_path)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="GEMREC_DB"):
        Store(tmp_path / "file" / "gemrec.db")


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Permissions mean nothing to root, so step down for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
@pytest.mark.parametrize(
    ("file_mode", "folder_mode"), [(0o444, 0o777), (0o000, 0o777), (0o666, 0o555)]
)
def test_a_file_that_may_not_be_written(file_mode: int, folder_mode: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Store(folder / "gemrec.db").close()
        (folder / "gemrec.db").chmod(file_mode)
        folder.chmod(folder_mode)
        try:
            with as_ordinary_user(), pytest.raises(StoreError, match="change its permissions"):
                Store(folder / "gemrec.db")
        finally:
            folder.chmod(0o755)


def test_a_file_that_turns_bad_while_open(tmp_path: Path) -> None:
    store = Store(tmp_path / "gemrec.db")
    store.close()
    (tmp_path / "gemrec.db").write_bytes(b"gone" * 5000)
    with pytest.raises(StoreError, match="not a SQLite database"):
        store.prompts.all()


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("attempt to write a readonly database", "writable"),
        ("unable to open database file", "writable"),
        ("database is locked", "close that program"),
        ("database or disk is full", "no space left"),
        ("database disk image is malformed", "restore a copy"),
        ("something else", r"gemrec\.db: something else"),
    ],
)
def test_what_sqlite_says_is_explained(tmp_path: Path, message: str, advice: str) -> None:
    database = Database(tmp_path / "gemrec.db")
    with pytest.raises(StoreError, match=advice), database.connect():
        raise sqlite3.OperationalError(message)
    database.close()


def test_a_failing_block_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "gemrec.db")
    with pytest.raises(RuntimeError), database.transaction() as connection:
        connection.execute("INSERT INTO prompt (text, category) VALUES ('a', 'b')")
        raise RuntimeError
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM prompt").fetchone()[0] == 0
    database.close()


def test_nested_operations_have_connections_of_their_own(tmp_path: Path) -> None:
    database = Database(tmp_path / "gemrec.db")
    with database.connect() as first, database.connect() as second:
        assert first is not second
    with ThreadPoolExecutor(3 * MOST_IDLE) as pool:
        list(pool.map(lambda _: _read(database), range(100)))
    database.close()
    _read(database)  # opens again
    database.close()


def _read(database: Database) -> int:
    with database.connect() as connection:
        return int(connection.execute("SELECT count(*) FROM vote").fetchone()[0])


def test_values_that_sqlite_cannot_hold(store: Store) -> None:
    with pytest.raises(InputError, match="valid Unicode"):
        store.prompts.add(Prompt("a lone surrogate \ud800", ""))
    with pytest.raises(InputError, match="63 bits"):
        store.images.get(2**70)
