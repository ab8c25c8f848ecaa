"""Tickets, the single-use rights to vote, and how many votes were refused."""

import sqlite3
from datetime import datetime

from gemrec.store.connection import Database
from gemrec.store.rows import TicketRow, to_moment, to_text


class Tickets:
    """The ``ticket`` and ``refusal`` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issue(
        self,
        ticket_id: str,
        battle_id: str,
        annotator_id: str,
        issued_at: datetime,
        expires_at: datetime,
    ) -> None:
        """Store a new, unused ticket.

        Raises:
            StoreError: The battle or the annotator is unknown, or the id is taken.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO ticket (id, battle_id, annotator_id, issued_at, expires_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (ticket_id, battle_id, annotator_id, to_text(issued_at), to_text(expires_at)),
            )

    def get(self, ticket_id: str) -> TicketRow | None:
        """Return one ticket, or None."""
        with self._database.connect() as connection:
            row = connection.execute("SELECT * FROM ticket WHERE id = ?", (ticket_id,)).fetchone()
        return None if row is None else ticket_row(row)

    def for_battle(self, battle_id: str) -> TicketRow | None:
        """Return the newest ticket of a battle, or None."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT * FROM ticket WHERE battle_id = ? ORDER BY issued_at DESC LIMIT 1",
                (battle_id,),
            ).fetchone()
        return None if row is None else ticket_row(row)

    def refuse(self, reason: str, now: datetime) -> None:
        """Count a refused vote, so that refusals can be seen; one row per reason and day."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO refusal (reason, day, count) VALUES (?, ?, 1) "
                "ON CONFLICT (reason, day) DO UPDATE SET count = count + 1",
                (reason, to_text(now)[:10]),
            )

    def refusals(self) -> dict[str, int]:
        """Return how many votes were refused, by reason."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT reason, sum(count) FROM refusal GROUP BY reason ORDER BY reason"
            ).fetchall()
        return {reason: int(count) for reason, count in rows}


def ticket_row(row: sqlite3.Row) -> TicketRow:
    """Read one row of the ``ticket`` table."""
    return TicketRow(
        id=row["id"],
        battle_id=row["battle_id"],
        annotator_id=row["annotator_id"],
        issued_at=to_moment(row["issued_at"]),
        expires_at=to_moment(row["expires_at"]),
        vote_id=row["vote_id"],
    )
