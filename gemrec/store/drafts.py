"""Rankings that are not finished yet."""

import json
from datetime import datetime

from gemrec.records import Tiers
from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Drafts:
    """The ``draft`` table: at most one unfinished ranking per battle, gone with its vote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, battle_id: str, ranking: Tiers, now: datetime) -> None:
        """Keep the order so far; replaces an earlier one.

        Raises:
            StoreError: There is no such battle.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO draft (battle_id, ranking, saved_at) VALUES (?, ?, ?) "
                "ON CONFLICT (battle_id) DO UPDATE SET ranking = excluded.ranking, "
                "saved_at = excluded.saved_at",
                (battle_id, json.dumps(ranking), to_text(now)),
            )

    def get(self, battle_id: str) -> Tiers | None:
        """Return the order so far, or None when nothing was kept."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT ranking FROM draft WHERE battle_id = ?", (battle_id,)
            ).fetchone()
        return None if row is None else tuple(map(tuple, json.loads(row[0])))
