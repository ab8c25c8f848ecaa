"""The models that votes and images refer to, whether or not the catalog still has them."""

from collections.abc import Iterable
from datetime import datetime

from gemrec.records import Model
from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Models:
    """The ``model`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sync(self, models: Iterable[Model], now: datetime) -> None:
        """Add new catalog models and update the names of known ones; others stay as they are."""
        rows = [(model.id, model.name, model.retired, to_text(now)) for model in models]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO model (id, name, retired, first_seen_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, retired = excluded.retired",
                rows,
            )

    def known(self) -> dict[str, str]:
        """Return the display name of every model there ever was, by id."""
        with self._database.connect() as connection:
            rows = connection.execute("SELECT id, name FROM model ORDER BY id").fetchall()
        return {row["id"]: row["name"] for row in rows}

    def used(self) -> frozenset[str]:
        """Return the models that have votes or images."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT model_a AS id FROM vote_count UNION SELECT model_b FROM vote_count "
                "UNION SELECT model_id FROM image"
            ).fetchall()
        return frozenset(row["id"] for row in rows)
