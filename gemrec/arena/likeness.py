"""Whether two grids look the same, so that a vote between them would say nothing."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.records import Image

NEAR_IDENTICAL = 0.995
"""Cosine of two images' embeddings from which on they count as the same picture."""

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Likeness:
    """Compares grids by their images' embeddings.

    Attributes:
        vectors: The vectors of length 1 that are there already, by image id; must not wait.
        threshold: Cosine, -1..1.
    """

    vectors: Callable[[Sequence[Image]], Mapping[int, NDArray[np.float32]]]
    threshold: float = NEAR_IDENTICAL

    def near_identical(
        self,
        left: Sequence[Image],
        right: Sequence[Image],
        patience: float,
        hurry: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Whether every image of one grid looks like its partner of the same seed in the other.

        Args:
            left: One grid.
            right: The other, of the same length.
            patience: Seconds to wait for vectors that are still being made; without all of them the
                answer is no.
            hurry: Asked several times a second; True ends the wait.
        """
        images = [*left, *right]
        deadline = time.monotonic() + patience
        while True:
            known = self.vectors(images)
            if all(image.id in known for image in images):
                break
            if time.monotonic() >= deadline or hurry():
                return False
            time.sleep(_POLL_SECONDS)
        return bool(images) and all(
            float(known[a.id] @ known[b.id]) >= self.threshold
            for a, b in zip(left, right, strict=True)
        )
