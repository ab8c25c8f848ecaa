"""Brings a database to the newest schema, all of the way or not at all.

All pending migrations of one opening run in one transaction, so a failing one leaves the file as it
was. Foreign keys are off meanwhile, so that a table can be replaced, and checked at the end.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType

from sqlite_utils import Database as Schema
from sqlite_utils.migrations import Migrations

from gemrec.errors import NewerSchemaError, StoreError
from gemrec.store.schema import STEPS

SET_NAME = "gemrec"
MIGRATIONS = Migrations(SET_NAME)


def _runner(step: ModuleType) -> Callable[[Schema], None]:
    def run(db: Schema) -> None:
        for statement in step.STATEMENTS:
            db.execute(statement)

    return run


for _step in STEPS:
    MIGRATIONS(name=_step.__name__.rpartition(".")[2])(_runner(_step))


def check_not_newer(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> None:
    """Refuse a database that this version of gemrec does not understand.

    Raises:
        NewerSchemaError: A newer gemrec has changed its schema.
        StoreError: It belongs to another program.
    """
    schema = Schema(connection)
    applied = [migration.name for migration in migrations.applied(schema)]
    if not applied and (foreign := schema.table_names()):
        raise StoreError(
            f"{path} is a SQLite database of another program (it has the table "
            f"{foreign[0]!r}); choose another file with --db or GEMREC_DB."
        )
    with closing(Schema(memory=True)) as empty:
        known = {migration.name for migration in migrations.pending(empty)}
    if newer := [name for name in applied if name not in known]:
        raise NewerSchemaError(
            f"{path} was written by a newer gemrec: it has {', '.join(newer)}, this one knows up "
            f"to {max(known)}. Update gemrec, or choose another file with --db or GEMREC_DB."
        )


def migrate(connection: sqlite3.Connection, migrations: Migrations) -> None:
    """Apply what is pending; inside the caller's transaction, so all of it or none.

    Raises:
        sqlite3.Error: A migration failed.
        StoreError: It left rows that point at nothing.
    """
    schema = Schema(connection)
    if not migrations.pending(schema):
        return
    migrations.apply(schema)
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise StoreError(
            f"Bringing the database up to date would leave {len(broken)} rows of the table "
            f"{broken[0][0]!r} that point at nothing; nothing was changed. Restore a copy."
        )


def schema_version(connection: sqlite3.Connection) -> str:
    """Name of the newest migration that the database has."""
    return MIGRATIONS.applied(Schema(connection))[-1].name
