"""Battles that came to nothing, counted: near-identical pairs and no contests."""

import json
from collections.abc import Sequence
from datetime import datetime

from gemrec.store.connection import Database
from gemrec.store.rows import IncidentRow, to_text


class Incidents:
    """The ``incident`` table; one row per kind, models and day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, kind: str, models: Sequence[str], now: datetime) -> None:
        """Count one more.

        Args:
            kind: ``near_identical`` or ``no_contest``.
            models: Ids of the models concerned, in any order.
            now: When.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO incident (kind, models, day, count) VALUES (?, ?, ?, 1) "
                "ON CONFLICT (kind, models, day) DO UPDATE SET count = count + 1",
                (kind, json.dumps(sorted(models)), to_text(now)[:10]),
            )

    def all(self) -> tuple[IncidentRow, ...]:
        """Return the sums over all days, the most frequent first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT kind, models, sum(count) AS total FROM incident "
                "GROUP BY kind, models ORDER BY total DESC, kind, models"
            ).fetchall()
        return tuple(IncidentRow(row[0], tuple(json.loads(row[1])), int(row[2])) for row in rows)
