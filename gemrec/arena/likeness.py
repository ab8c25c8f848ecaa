"""Whether two grids look the same, so that a vote between them would say nothing."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.records import Image

NEAR_IDENTICAL = 0.995
"""Cosine of two images' embeddings from which on they count as the same picture.

Measured on the shipped models and encoder (``tests/bench/test_likeness.py``): a picture that is only
compressed again, at WebP quality 95 or 75, keeps 0.9957 or more; a LoRA at a fiftieth of its weight
0.9993. The two shipped models that are most alike, base and food, reach 0.9948 at most and 0.990 at
the median; other pairs of models lie between 0.15 and 0.993. As all images of two grids have to be
that alike, models that differ are hardly ever skipped.
"""

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
