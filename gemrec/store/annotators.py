"""People who vote."""

import secrets
import sqlite3
from datetime import datetime

from gemrec.errors import InputError
from gemrec.records import Annotator
from gemrec.store.connection import Database
from gemrec.store.rows import to_moment, to_text

LONGEST_NAME = 200
"""Characters; long enough for every id that other tools export."""


class Annotators:
    """The ``annotator`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, now: datetime, annotator_id: str | None = None) -> Annotator:
        """Add a person; ``name`` may be empty, names need not differ.

        Args:
            name: What they chose to be called.
            now: Time of creation.
            annotator_id: Their id; None draws a random one. An id that exists is returned as it is.

        Raises:
            InputError: The name is too long.
        """
        name = _check_name(name)
        with self._database.transaction() as connection:
            return _insert(connection, annotator_id or secrets.token_hex(16), name, now)

    def get(self, annotator_id: str) -> Annotator | None:
        """Return the person with this id, or None."""
        with self._database.connect() as connection:
            return _get(connection, annotator_id)

    def by_name(self, name: str, now: datetime) -> Annotator:
        """Return the person who has had this name longest, or create one.

        Raises:
            InputError: The name is empty or too long.
        """
        name = _check_name(name)
        if not name:
            raise InputError("annotator: got an empty name; allowed: 1 to 200 characters")
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM annotator WHERE name = ? ORDER BY created_at, rowid LIMIT 1", (name,)
            ).fetchone()
            if row is not None:
                return _annotator(row)
            return _insert(connection, secrets.token_hex(16), name, now)

    def named(self, name: str) -> Annotator | None:
        """Return the person who has had this name longest, or None; creates nobody."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT * FROM annotator WHERE name = ? ORDER BY created_at, rowid LIMIT 1",
                (name.strip(),),
            ).fetchone()
        return None if row is None else _annotator(row)

    def names(self) -> dict[str, str]:
        """Return everybody's name by id."""
        with self._database.connect() as connection:
            rows = connection.execute("SELECT id, name FROM annotator").fetchall()
        return {row["id"]: row["name"] for row in rows}

    def rename(self, annotator_id: str, name: str) -> None:
        """Change what a person is called.

        Raises:
            InputError: The name is too long, or nobody has this id.
        """
        name = _check_name(name)
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE annotator SET name = ? WHERE id = ?", (name, annotator_id)
            ).rowcount
        if not changed:
            raise InputError(f"annotator: got {annotator_id!r}; allowed: an id that exists")


def _check_name(name: str) -> str:
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise InputError(
            f"annotator: got a name of {len(name)} characters; allowed: at most {LONGEST_NAME}"
        )
    return name


def _insert(
    connection: sqlite3.Connection, annotator_id: str, name: str, now: datetime
) -> Annotator:
    connection.execute(
        "INSERT INTO annotator (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (annotator_id, name, to_text(now)),
    )
    row = connection.execute("SELECT * FROM annotator WHERE id = ?", (annotator_id,)).fetchone()
    return _annotator(row)


def _get(connection: sqlite3.Connection, annotator_id: str) -> Annotator | None:
    row = connection.execute("SELECT * FROM annotator WHERE id = ?", (annotator_id,)).fetchone()
    return None if row is None else _annotator(row)


def _annotator(row: sqlite3.Row) -> Annotator:
    return Annotator(row["id"], row["name"], to_moment(row["created_at"]))
