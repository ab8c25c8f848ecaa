"""Where the gallery's map has put images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.store.connection import Database


@dataclass(frozen=True, slots=True)
class Places:
    """Images on the map.

    Attributes:
        ids: (n,) image ids, ascending.
        xy: (n, 2) places, -1..1.
        layout: How many images were laid out together at the last time that all were.
    """

    ids: NDArray[np.int64]
    xy: NDArray[np.float64]
    layout: int


class ImagePlaces:
    """The ``image_place`` table; derived from vectors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, encoder: str) -> Places:
        """Return every place that was made from the vectors of this encoder."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT image_id, x, y, layout FROM image_place WHERE encoder = ? "
                "ORDER BY image_id",
                (encoder,),
            ).fetchall()
        table = np.array([tuple(row) for row in rows], np.float64).reshape(-1, 4)
        layout = int(table[:, 3].max()) if len(table) else 0
        return Places(table[:, 0].astype(np.int64), table[:, 1:3], layout)

    def put(
        self,
        encoder: str,
        image_ids: Sequence[int],
        xy: NDArray[np.float64],
        layout: int,
        *,
        replace_all: bool,
    ) -> None:
        """Store places; ``replace_all`` forgets all others.

        Raises:
            StoreError: An image is unknown.
        """
        rows = [
            (int(image_id), encoder, float(x), float(y), layout)
            for image_id, (x, y) in zip(image_ids, xy, strict=True)
        ]
        with self._database.transaction() as connection:
            if replace_all:
                connection.execute("DELETE FROM image_place")
            connection.executemany(
                "INSERT OR REPLACE INTO image_place (image_id, encoder, x, y, layout) "
                "VALUES (?, ?, ?, ?, ?)",
                rows,
            )

    def unplaced(self, encoder: str) -> tuple[tuple[int, str], ...]:
        """Return (id, digest) of the images that have a vector but no place."""
        return self._images(encoder, "AND place.image_id IS NULL")

    def placeable(self, encoder: str) -> tuple[tuple[int, str], ...]:
        """Return (id, digest) of all images that have a vector."""
        return self._images(encoder, "")

    def _images(self, encoder: str, which: str) -> tuple[tuple[int, str], ...]:
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT image.id, image.digest FROM image "  # noqa: S608 - constants above
                "JOIN vector ON vector.encoder = ? AND vector.digest = image.digest "
                "LEFT JOIN image_place AS place ON place.image_id = image.id "
                f"AND place.encoder = ? WHERE 1 {which} ORDER BY image.id",
                (encoder, encoder),
            ).fetchall()
        return tuple((row["id"], row["digest"]) for row in rows)
