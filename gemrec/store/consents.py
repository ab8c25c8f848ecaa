"""Who has agreed to which text."""

from datetime import datetime

from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Consents:
    """The ``consent`` table: people, and the digest of the text that they agreed to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, annotator_id: str, digest: str, now: datetime) -> None:
        """Note that somebody agrees; a second time changes nothing.

        Raises:
            StoreError: There is no such annotator.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO consent (annotator_id, digest, agreed_at) VALUES (?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (annotator_id, digest, to_text(now)),
            )

    def has(self, annotator_id: str, digest: str) -> bool:
        """Return whether somebody has agreed to this text."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT 1 FROM consent WHERE annotator_id = ? AND digest = ?",
                (annotator_id, digest),
            ).fetchone()
        return row is not None
