"""The schema as the documentation tells it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gemrec.store.connection import Database


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: What it is called.
        kind: SQLite's type.
        is_required: Whether a row must have it.
        is_key: Whether it is part of the primary key.
        points_at: ``table.column`` that it refers to; empty for none.
    """

    name: str
    kind: str
    is_required: bool
    is_key: bool
    points_at: str


def describe_schema() -> dict[str, tuple[Column, ...]]:
    """Every table of a new database with its columns, by name."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "gemrec.db")
        with database.connect() as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' "
                "AND substr(name, 1, 1) <> '_' AND name NOT LIKE 'sqlite%' ORDER BY name"
            ).fetchall()
            pointers = 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)'
            columns = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?) ORDER BY cid'
            found = {}
            for (table,) in names:
                targets = {
                    row[0]: f"{row[1]}.{row[2]}" for row in connection.execute(pointers, (table,))
                }
                found[str(table)] = tuple(
                    Column(name, kind, bool(required or key), bool(key), targets.get(name, ""))
                    for name, kind, required, key in connection.execute(columns, (table,))
                )
        database.close()
        return found
