"""Measures images: raw scores are made once per prompt and stored, whatever is asked of them later."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.embedding import EmbeddingService
from gemrec.errors import GemrecError
from gemrec.ranking import distinctiveness, prompt_match
from gemrec.records import Image
from gemrec.store import ImageScore, Store

Floats = NDArray[np.float64]

_ROUND = 64  # prompts per look at the database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """One image with everything that is known of it.

    Attributes:
        image: The image.
        raw: Measured values by score, None where unknown.
        normalised: Values 0..1 within its prompt.
        score: The weighted mean of the normalised values, 0..1.
    """

    image: Image
    raw: Mapping[str, float | None]
    normalised: Mapping[str, float]
    score: float


class Scorer:
    """Keeps the raw scores up to date; safe to use from several threads.

    Args:
        store: Images, vectors and scores.
        embeddings: Reads prompts, and looks at images when somebody waits for their scores.
    """

    def __init__(self, store: Store, embeddings: EmbeddingService) -> None:
        self._store = store
        self._embeddings = embeddings
        self._lock = threading.Lock()

    def score(self, prompt: str) -> int:
        """Measure all images of a prompt, looking at those that nobody has looked at yet.

        Args:
            prompt: The prompt's text.

        Returns:
            How many images that were.

        Raises:
            EmbeddingError: An image or the prompt cannot be embedded.
            WorkerError: The encoder's process died.
        """
        images = self._store.images.for_prompt(prompt)
        self._embeddings.image_vectors(images)
        return self._measure(prompt)

    def catch_up(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Measure every prompt that has images with vectors but without scores.

        Args:
            stopped: Asked before each prompt.

        Returns:
            How many images were measured. A prompt that fails is logged and left for later.
        """
        done, failed = 0, set[str]()
        with self._lock:
            while True:
                stale = self._store.image_scores.stale_prompts(
                    self._embeddings.name, _ROUND + len(failed)
                )
                texts = [t for t in dict.fromkeys(p.text for p in stale) if t not in failed]
                if not texts:
                    return done
                for text in texts:
                    if stopped():
                        return done
                    try:
                        done += self._measure(text)
                    except GemrecError as error:
                        log.warning("the images of %r cannot be scored: %s", text, error)
                        failed.add(text)

    def _measure(self, prompt: str) -> int:
        images = self._store.images.for_prompt(prompt)
        vectors = self._embeddings.image_vectors(images, wait=False)
        seen = [image for image in images if image.id in vectors]
        if not seen:
            return 0
        text = self._embeddings.text_vector(prompt)
        rows = np.stack([vectors[image.id] for image in seen])
        match = None if text is None else prompt_match(rows, text)
        self._store.image_scores.put(self._embeddings.name, _measured(seen, match, rows))
        return len(seen)


def _measured(
    images: Sequence[Image], match: Floats | None, rows: NDArray[np.float32]
) -> list[ImageScore]:
    unlike = distinctiveness(rows)
    return [
        ImageScore(
            image.id,
            None if match is None else float(match[place]),
            float(unlike[place]) if np.isfinite(unlike[place]) else None,
        )
        for place, image in enumerate(images)
    ]
