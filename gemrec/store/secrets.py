"""Keys that must outlive a restart, such as the one that signs tickets."""

import secrets

from gemrec.store.connection import Database

KEY_BYTES = 32
"""256 bits, the size of the hashes that the keys are used with."""


class Secrets:
    """The ``secret`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_or_create(self, name: str) -> bytes:
        """Return the key of this name, 32 random bytes drawn at the first call ever."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (name, secrets.token_bytes(KEY_BYTES)),
            )
            row = connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()
        return bytes(row["value"])
