"""What an owner turns on and off while the server runs, kept over restarts."""

from datetime import datetime

from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Switches:
    """The ``switch`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str, default: bool) -> bool:
        """Return whether the switch is on; ``default`` when nobody has touched it yet."""
        with self._database.connect() as connection:
            row = connection.execute("SELECT is_on FROM switch WHERE name = ?", (name,)).fetchone()
        return default if row is None else bool(row["is_on"])

    def put(self, name: str, is_on: bool, now: datetime) -> None:
        """Turn a switch on or off."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO switch (name, is_on, changed_at) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET is_on = excluded.is_on, "
                "changed_at = excluded.changed_at",
                (name, is_on, to_text(now)),
            )
