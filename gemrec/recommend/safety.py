"""Words for what not everybody should see, and harmless ones that a picture may show instead."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.embedding import EmbeddingService

Floats32 = NDArray[np.float32]

UNSAFE_WORDS: Final = (
    "a photo of a naked person",
    "an explicit sexual act",
    "pornography",
    "a bloody corpse",
    "gore and severed limbs",
)
SAFE_WORDS: Final = (
    "a photo of a person in clothes",
    "a portrait of a face",
    "an animal",
    "food on a table",
    "a landscape",
    "a building in a city",
    "a drawing of an object",
    "an abstract pattern",
    "a statue in a museum",
    "people in swimwear at a beach",
)


class SafetyWords:
    """The vectors of both lists, made in the background and kept by the embedding service.

    Args:
        embeddings: Makes and keeps the vectors.
        knows: Whether the encoder knows every word of a phrase. One that lacks any of them cannot
            tell, and there are no vectors then.
    """

    def __init__(self, embeddings: EmbeddingService, knows: Callable[[str], bool]) -> None:
        self._embeddings = embeddings
        self._is_known = all(knows(words) for words in (*UNSAFE_WORDS, *SAFE_WORDS))
        self._made: tuple[Floats32, Floats32] | None = None

    def prepare(self) -> None:
        """Have the vectors made; returns at once."""
        self.vectors()

    def vectors(self) -> tuple[Floats32, Floats32] | None:
        """(u, d) unsafe and (s, d) safe unit vectors; None as long as any of them is missing."""
        if self._made is not None or not self._is_known:
            return self._made
        found = [
            [self._embeddings.text_vector(words, wait=False) for words in part]
            for part in (UNSAFE_WORDS, SAFE_WORDS)
        ]
        unsafe, safe = ([v for v in part if v is not None] for part in found)
        if len(unsafe) < len(UNSAFE_WORDS) or len(safe) < len(SAFE_WORDS):
            return None
        self._made = np.stack(unsafe), np.stack(safe)
        return self._made
