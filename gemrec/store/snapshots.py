"""Whole copies of the database: how one is made while votes come in, and how one is judged."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gemrec.errors import StoreError
from gemrec.store.connection import Database, explain


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """What a sound copy of the database holds.

    Attributes:
        schema: Name of its newest schema step.
        last_vote_id: Id of its newest vote event, 0 when there is none.
        votes: Vote events.
        images: Image rows.
    """

    schema: str
    last_vote_id: int
    votes: int
    images: int


def write_snapshot(database: Database, target: Path) -> None:
    """Write a consistent copy of the whole database; votes go on meanwhile.

    Args:
        database: The database.
        target: A file that does not exist yet; removed again when anything fails.

    Raises:
        StoreError: SQLite refused, for instance because the disk is full.
    """
    try:
        with database.connect() as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except BaseException:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        raise


def examine_snapshot(path: Path) -> SnapshotFacts:
    """Check a copy of the database from its first page to its last.

    Raises:
        NewerSchemaError: It was written by a newer gemrec.
        StoreError: It is damaged, or no database of gemrec.
    """
    from gemrec.store.migrations import (  # noqa: PLC0415 - slow to import
        MIGRATIONS,
        check_not_newer,
        schema_version,
    )

    with _reading(path) as connection:
        check_not_newer(connection, path, MIGRATIONS)
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'vote'").fetchone() is None:
            raise StoreError(f"{path} has no votes table, so it is no database of gemrec")
        found = "; ".join(row[0] for row in connection.execute("PRAGMA integrity_check(5)"))
        if found != "ok":
            raise StoreError(f"{path} is damaged: {found}")
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise StoreError(f"{path} is damaged: {len(broken)} rows point at nothing")
        return SnapshotFacts(
            schema_version(connection),
            _number(connection, "SELECT ifnull(max(id), 0) FROM vote"),
            _number(connection, "SELECT count(*) FROM vote"),
            _number(connection, "SELECT count(*) FROM image"),
        )


def snapshot_digests(path: Path) -> tuple[str, ...]:
    """Digests of the image files that a copy of the database speaks of, in the order of making.

    Raises:
        StoreError: It cannot be read.
    """
    with _reading(path) as connection:
        rows = connection.execute("SELECT digest FROM image ORDER BY id").fetchall()
    return tuple(dict.fromkeys(row[0] for row in rows))


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        # `immutable` leaves no -wal and -shm files beside a copy that nobody else uses.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(explain(path, error)) from error


def _number(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])
