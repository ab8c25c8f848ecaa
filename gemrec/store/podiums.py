"""How people put models in order by hand; kept apart from votes, which it never moves."""

import json
from collections.abc import Sequence
from datetime import datetime

from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Podiums:
    """The ``podium_edit`` table: append-only; the newest row of a person and category stands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def order(self, annotator_id: str, category: str) -> tuple[str, ...]:
        """Return the model ids in the order that stands; empty when none was made by hand."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT models FROM podium_edit WHERE annotator_id = ? AND category = ? "
                "ORDER BY id DESC LIMIT 1",
                (annotator_id, category),
            ).fetchone()
        return () if row is None else tuple(json.loads(row["models"]))

    def put(self, annotator_id: str, category: str, models: Sequence[str], now: datetime) -> None:
        """Append an order; an empty one goes back to the order that was learnt.

        Raises:
            StoreError: The person is unknown.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO podium_edit (annotator_id, category, models, made_at) "
                "VALUES (?, ?, ?, ?)",
                (annotator_id, category, json.dumps(list(models)), to_text(now)),
            )
