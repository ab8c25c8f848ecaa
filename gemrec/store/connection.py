"""Opening the SQLite file: one connection per operation, write-ahead logging, typed errors."""

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gemrec.errors import GemrecError, InputError, StoreError

if TYPE_CHECKING:
    from sqlite_utils.migrations import Migrations

Journal = Literal["wal", "delete"]

BUSY_SECONDS = 30.0
"""How long a writer waits for another one before it gives up."""

MOST_IDLE = 8
"""Connections kept for the next operation; opening one costs about as much as ten small reads."""

MOVE_HINT = "choose another file with --db or GEMREC_DB"


class Database:
    """A SQLite file that exists, is writable and has the newest schema.

    Every operation borrows a connection of its own, so callers on different threads never share
    one. Returned connections wait for the next operation, because closing the last connection of
    a write-ahead log folds the log into the file, which is far slower than a vote.

    Args:
        path: The file; it and its folder are created when missing.
        migrations: The schema it shall have; None is the newest.
        journal: ``wal``, or ``delete`` for a file system without locks and shared memory, where
            each commit waits for the disk.

    Raises:
        StoreError: The file cannot be created, read or written, is no database, belongs to
            another program or was written by a newer gemrec.
    """

    def __init__(
        self, path: Path, migrations: "Migrations | None" = None, journal: Journal = "wal"
    ) -> None:
        # sqlite-utils brings pandas along, which processes that open no database need not pay for.
        from gemrec.store.migrations import MIGRATIONS, check_not_newer, migrate  # noqa: PLC0415

        wanted = migrations or MIGRATIONS
        self.path = path
        self._journal = journal
        self._writing = threading.RLock()
        self._idle: deque[sqlite3.Connection] = deque()
        _check_file(path)
        with self.connect() as connection:
            _use_journal(connection, journal)
            # Tables that others point at can only be replaced while nobody follows the pointers.
            connection.execute("PRAGMA foreign_keys = OFF")
            with _transaction(connection):
                check_not_newer(connection, path, wanted)
                migrate(connection, wanted)
            connection.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection in autocommit mode with named columns and enforced foreign keys.

        Raises:
            StoreError: SQLite refused; the message says what to do.
            InputError: A value cannot be stored at all.
        """
        with self._explained():
            connection = self._take()
            broken = True
            try:
                yield connection
                broken = False
            except GemrecError:
                broken = False
                raise
            finally:
                # After SQLite's own errors a connection may be of no use; a fresh one is cheap.
                if broken or connection.in_transaction or len(self._idle) >= MOST_IDLE:
                    connection.close()
                else:
                    self._idle.append(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a write transaction: all of it is kept, or none.

        The write lock is taken at the start, so that what the block reads is still true when it
        writes.

        Raises:
            StoreError: SQLite refused; the message says what to do.
            InputError: A value cannot be stored at all.
        """
        # SQLite makes a second writer sleep and ask again; within one process a lock is quicker.
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise StoreError(explain(self.path, sqlite3.OperationalError("database is locked")))
        try:
            with self.connect() as connection, _transaction(connection):
                yield connection
        finally:
            self._writing.release()

    def close(self) -> None:
        """Close the connections that nobody is using; a later operation opens new ones."""
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:  # another thread took the last one
                return

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            # In write-ahead mode NORMAL keeps every commit through a crash of the process and
            # never corrupts; only a power cut can take the last commits. A rollback journal needs
            # FULL for the same promise.
            level = "NORMAL" if self._journal == "wal" else "FULL"
            connection.execute(f"PRAGMA synchronous = {level}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(explain(self.path, error)) from error
        except (UnicodeEncodeError, OverflowError) as error:
            raise InputError(
                f"A value cannot be stored: {error}; allowed: valid Unicode text and whole numbers "
                "of at most 63 bits."
            ) from error


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def explain(path: Path, error: sqlite3.Error) -> str:
    """Say what SQLite's error means for the person at the keyboard."""
    text = str(error)
    if "not a database" in text:
        return f"{path} is not a SQLite database; {MOVE_HINT}."
    if "malformed" in text:
        return f"{path} is damaged ({text}); restore a copy, or {MOVE_HINT}."
    if "readonly" in text:
        return f"{path} cannot be written; make the file and its folder writable, or {MOVE_HINT}."
    if "unable to open" in text:
        return f"{path} cannot be opened; make the file and its folder writable, or {MOVE_HINT}."
    if "locked" in text or "busy" in text:
        return (
            f"{path} has been locked by another program for {BUSY_SECONDS:g} s; close that "
            "program and try again."
        )
    if "full" in text:
        return f"There is no space left for {path}; free some and try again."
    return f"{path}: {text}"


def _check_file(path: Path) -> None:
    """Create the folder and refuse what SQLite would only complain about at the first write."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {path.parent} cannot be created ({error.strerror}); {MOVE_HINT}."
        ) from error
    if path.is_dir():
        raise StoreError(f"{path} is a folder, not a database file; {MOVE_HINT}.")
    for needed in (path.parent, path):
        if needed.exists() and not _may_use(needed):
            raise StoreError(
                f"{path} cannot be opened: {needed} is not both readable and writable for this "
                f"user; change its permissions, or {MOVE_HINT}."
            )


def _may_use(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _use_journal(connection: sqlite3.Connection, journal: Journal) -> None:
    """Switch the file's journal, which SQLite does without waiting for others."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            if mode != journal:
                connection.execute(f"PRAGMA journal_mode = {journal}")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
