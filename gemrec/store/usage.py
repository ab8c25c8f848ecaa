"""What providers were paid, and how often a rule refused images, by day."""

from datetime import date
from sqlite3 import Connection

from gemrec.store.connection import Database

MICRO = 1_000_000
"""Millionths of a US dollar, the unit that is stored."""


class Usage:
    """The ``spending`` and ``image_refusal`` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spend(self, day: date, model_id: str, usd: float, limit: float) -> bool:
        """Book one image if the day's sum stays within the limit.

        Args:
            day: In UTC.
            model_id: Whose image.
            usd: Its price.
            limit: Most that all models together may cost on that day.

        Returns:
            Whether it was booked; nothing changes otherwise, whoever books at the same time.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(micro_usd), 0) AS spent FROM spending WHERE day = ?",
                (day.isoformat(),),
            ).fetchone()
            if row["spent"] + round(usd * MICRO) > round(limit * MICRO):
                return False
            self._book(connection, day, model_id, 1, usd)
        return True

    def refund(self, day: date, model_id: str, usd: float) -> None:
        """Take one booked image back, because it was not made."""
        with self._database.transaction() as connection:
            self._book(connection, day, model_id, -1, -usd)

    def spent(self, day: date) -> float:
        """US dollars booked on a day."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(micro_usd), 0) AS spent FROM spending WHERE day = ?",
                (day.isoformat(),),
            ).fetchone()
        return float(row["spent"]) / MICRO

    def refuse(self, day: date, reason: str, model_id: str) -> None:
        """Count one refusal."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO image_refusal (day, reason, model_id, times) VALUES (?, ?, ?, 1) "
                "ON CONFLICT DO UPDATE SET times = times + 1",
                (day.isoformat(), reason, model_id),
            )

    def refusals(self) -> dict[str, int]:
        """How often each reason refused images, over all days and models."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT reason, sum(times) AS times FROM image_refusal GROUP BY reason ORDER BY reason"
            ).fetchall()
        return {row["reason"]: row["times"] for row in rows}

    @staticmethod
    def _book(connection: Connection, day: date, model_id: str, images: int, usd: float) -> None:
        connection.execute(
            "INSERT INTO spending (day, model_id, images, micro_usd) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET images = images + excluded.images, "
            "micro_usd = micro_usd + excluded.micro_usd",
            (day.isoformat(), model_id, images, round(usd * MICRO)),
        )
