"""Raw scores of images: what was measured, before any normalising."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gemrec.records import Prompt
from gemrec.store.connection import Database


@dataclass(frozen=True, slots=True)
class ImageScore:
    """What was measured on one image; None is unknown.

    Attributes:
        image_id: The image.
        prompt_match: 100 times the cosine with its prompt.
        distinctiveness: 1 minus its mean cosine to the other images of its prompt.
        safety: 0..1, more is safer; of a safety checker.
        id: Number of the measurement; a newer one has a higher number.
    """

    image_id: int
    prompt_match: float | None
    distinctiveness: float | None
    safety: float | None = None
    id: int = 0


class ImageScores:
    """The ``image_score`` table: what is derived from vectors, and what a safety checker saw once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, encoder: str, scores: Sequence[ImageScore]) -> None:
        """Store measurements, replacing older ones; an unknown safety keeps the known one.

        Raises:
            StoreError: There is no such image.
        """
        rows = [
            (s.image_id, encoder, s.prompt_match, s.distinctiveness, s.safety, s.image_id)
            for s in scores
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO image_score "
                "(image_id, encoder, prompt_match, distinctiveness, safety) VALUES (?, ?, ?, ?, "
                "coalesce(?, (SELECT safety FROM image_score WHERE image_id = ?)))",
                rows,
            )

    def put_safety(self, safety: Sequence[tuple[int, float]]) -> None:
        """Store how safe images are, by image id, and leave their other scores as they are."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO image_score "
                "(image_id, encoder, prompt_match, distinctiveness, safety) "
                "SELECT wanted.id, coalesce(old.encoder, ''), old.prompt_match, "
                "old.distinctiveness, wanted.safety FROM (SELECT ? AS id, ? AS safety) AS wanted "
                "LEFT JOIN image_score AS old ON old.image_id = wanted.id",
                safety,
            )

    def after(self, score_id: int) -> tuple[ImageScore, ...]:
        """Return the measurements after this one, oldest first."""
        return self._select("SELECT * FROM image_score WHERE id > ? ORDER BY id", score_id)

    def of_images(self, image_ids: Sequence[int]) -> dict[int, ImageScore]:
        """Return the newest measurement of each image that has one."""
        with self._database.connect() as connection:
            found = (
                connection.execute(
                    "SELECT * FROM image_score WHERE image_id = ?", (image_id,)
                ).fetchone()
                for image_id in image_ids
            )
            return {row["image_id"]: _score(row) for row in found if row is not None}

    def stale_prompts(self, encoder: str, limit: int) -> tuple[Prompt, ...]:
        """Return prompts with an image that has a vector but no score by this encoder.

        Args:
            encoder: Whose vectors and scores.
            limit: At most this many prompts.
        """
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT text, category FROM prompt WHERE id IN ("
                "SELECT image.prompt_id FROM image "
                "JOIN vector ON vector.encoder = ? AND vector.digest = image.digest "
                "LEFT JOIN image_score ON image_score.image_id = image.id "
                "AND image_score.encoder = ? "
                "WHERE image_score.id IS NULL) ORDER BY id LIMIT ?",
                (encoder, encoder, limit),
            ).fetchall()
        return tuple(Prompt(row["text"], row["category"]) for row in rows)

    def _select(self, sql: str, *values: object) -> tuple[ImageScore, ...]:
        with self._database.connect() as connection:
            rows = connection.execute(sql, values).fetchall()
        return tuple(_score(row) for row in rows)


def _score(row: sqlite3.Row) -> ImageScore:
    return ImageScore(
        row["image_id"], row["prompt_match"], row["distinctiveness"], row["safety"], row["id"]
    )
