"""What people do with images in the gallery: choose them, or report them."""

import json
from collections.abc import Iterable
from datetime import datetime

from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Picks:
    """The ``pick`` and ``image_report`` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, annotator_id: str) -> tuple[int, ...]:
        """Return the images that a person has chosen, in the order of choosing."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT image_id FROM pick WHERE annotator_id = ? ORDER BY picked_at, image_id",
                (annotator_id,),
            ).fetchall()
        return tuple(row["image_id"] for row in rows)

    def add(self, annotator_id: str, image_ids: Iterable[int], now: datetime) -> None:
        """Choose images; those that are chosen already keep their place.

        Raises:
            StoreError: An image or the person is unknown.
        """
        rows = [(annotator_id, image_id, to_text(now)) for image_id in image_ids]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO pick (annotator_id, image_id, picked_at) VALUES (?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                rows,
            )

    def drop(self, annotator_id: str, image_ids: Iterable[int]) -> None:
        """Choose images no longer."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM pick WHERE annotator_id = ? "
                "AND image_id IN (SELECT value FROM json_each(?))",
                (annotator_id, json.dumps(list(image_ids))),
            )

    def report(self, annotator_id: str, image_id: int, reason: str, now: datetime) -> None:
        """Keep that a person finds an image wrong; a second report replaces the first.

        Raises:
            StoreError: The image or the person is unknown.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO image_report (image_id, annotator_id, reason, reported_at) "
                "VALUES (?, ?, ?, ?) ON CONFLICT (image_id, annotator_id) "
                "DO UPDATE SET reason = excluded.reason, reported_at = excluded.reported_at",
                (image_id, annotator_id, reason, to_text(now)),
            )

    def reported(self, annotator_id: str | None, enough: int) -> frozenset[int]:
        """Return the images that this person, or at least ``enough`` people, have reported."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT image_id FROM image_report GROUP BY image_id "
                "HAVING count(*) >= ? OR sum(annotator_id = ?) > 0",
                (enough, annotator_id or ""),
            ).fetchall()
        return frozenset(row["image_id"] for row in rows)

    def reports(self) -> dict[int, tuple[str, ...]]:
        """Return the reasons that people gave, by image; for the owner."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT image_id, json_group_array(reason) AS reasons FROM image_report "
                "GROUP BY image_id ORDER BY count(*) DESC, image_id"
            ).fetchall()
        return {row["image_id"]: tuple(json.loads(row["reasons"])) for row in rows}
