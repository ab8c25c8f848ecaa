"""Embedding vectors, cached so that each image and text is embedded once per encoder."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from gemrec.store.connection import Database

Vector = NDArray[np.float32]


class Vectors:
    """The ``vector`` and ``text_vector`` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, encoder: str, vectors: Mapping[str, Vector]) -> None:
        """Store image vectors, replacing older ones.

        Args:
            encoder: Name of the encoder that made them.
            vectors: By digest of the image file; each of shape ``(dim,)``.
        """
        self._put(
            "INSERT OR REPLACE INTO vector (encoder, digest, data) VALUES (?, ?, ?)",
            encoder,
            vectors,
        )

    def get(self, encoder: str, digests: Iterable[str]) -> dict[str, Vector]:
        """Return the image vectors that are stored, by digest; missing ones are left out."""
        return self._get(
            "SELECT data FROM vector WHERE encoder = ? AND digest = ?", encoder, digests
        )

    def put_text(self, encoder: str, vectors: Mapping[str, Vector]) -> None:
        """Store text vectors by text, each of shape ``(dim,)``, replacing older ones."""
        self._put(
            "INSERT OR REPLACE INTO text_vector (encoder, text, data) VALUES (?, ?, ?)",
            encoder,
            vectors,
        )

    def get_text(self, encoder: str, texts: Iterable[str]) -> dict[str, Vector]:
        """Return the text vectors that are stored, by text; missing ones are left out."""
        return self._get(
            "SELECT data FROM text_vector WHERE encoder = ? AND text = ?", encoder, texts
        )

    def _put(self, sql: str, encoder: str, vectors: Mapping[str, Vector]) -> None:
        rows = [
            (encoder, name, np.ascontiguousarray(vector, "<f4").tobytes())
            for name, vector in vectors.items()
        ]
        with self._database.transaction() as connection:
            connection.executemany(sql, rows)

    def _get(self, sql: str, encoder: str, names: Iterable[str]) -> dict[str, Vector]:
        found: dict[str, Vector] = {}
        with self._database.connect() as connection:
            for name in names:
                row = connection.execute(sql, (encoder, name)).fetchone()
                if row is not None:
                    found[name] = np.frombuffer(row["data"], "<f4").astype(np.float32)
        return found
