"""King's runs: battles in a row in which the winner stays."""

from datetime import datetime

from gemrec.store.battles import HAS_VALID_TICKET
from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Runs:
    """The ``king_run`` table.

    A run is open until it is ended, or until the ticket of its newest battle has expired.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, run_id: str, annotator_id: str, now: datetime) -> None:
        """Store a new run and end this person's earlier ones.

        Raises:
            StoreError: The annotator is unknown, or the id is taken.
        """
        moment = to_text(now)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE king_run SET ended_at = ? WHERE annotator_id = ? AND ended_at IS NULL",
                (moment, annotator_id),
            )
            connection.execute(
                "INSERT INTO king_run (id, annotator_id, started_at) VALUES (?, ?, ?)",
                (run_id, annotator_id, moment),
            )

    def end(self, run_id: str, now: datetime) -> None:
        """Note that the run is over; a second time changes nothing."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE king_run SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                (to_text(now), run_id),
            )

    def open_ids(self, annotator_id: str, now: datetime) -> frozenset[str]:
        """Return the ids of this person's open runs, at most one."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT id FROM king_run WHERE annotator_id = ? AND ended_at IS NULL "  # noqa: S608
                f"AND {HAS_VALID_TICKET}",
                (annotator_id, to_text(now)),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def owner(self, run_id: str) -> str | None:
        """Return whose run it is, or None when there is no such run."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT annotator_id FROM king_run WHERE id = ?", (run_id,)
            ).fetchone()
        return None if row is None else str(row[0])
