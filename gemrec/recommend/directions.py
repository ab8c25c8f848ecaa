"""What words and pictures mean in the space of embeddings: directions, read from the text tower."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.embedding import EmbeddingService
from gemrec.recommend.words import axes, poles

Array = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_TEMPLATES: Final = ("{}", "a house, {}", "a cat face, {}")
"""A phrase is read alone and beside things; what the things say cancels in a difference."""


class Directions:
    """Directions of words, from text vectors that are made once and kept in the store.

    Safe to use from many threads.

    Args:
        embeddings: Makes and keeps the vectors.
        knows: Whether the encoder knows every word of a phrase; an encoder that has not learnt a
            word would make a vector of noise.
    """

    def __init__(self, embeddings: EmbeddingService, knows: Callable[[str], bool]) -> None:
        self._embeddings = embeddings
        self._knows = knows
        self._vectors: dict[str, Floats32] = {}
        self._phrases = tuple(
            phrase
            for axis in axes()
            for phrase in (*axis.more_phrases, *axis.less_phrases)
            if knows(phrase)
        )

    def prepare(self) -> None:
        """Have the vectors of all axes made in the background; returns at once."""
        for text in _texts(self._phrases):
            self._embeddings.text_vector(text, wait=False)

    def is_known(self, what: str) -> bool:
        """Whether the words mean something to the encoder."""
        axis = poles().get(what)
        if axis is None:
            return self._knows(what)
        return any(self._knows(p) for p in (*axis.more_phrases, *axis.less_phrases))

    def of(self, what: str, wait: bool = False) -> Array | None:
        """(d,) the difference of embeddings that means "more of this".

        Args:
            what: A pole of an axis, or any phrase.
            wait: Make vectors that are missing, which takes a moment.

        Returns:
            None when the encoder does not know the words or a vector is not there yet.

        Raises:
            EmbeddingError: A vector cannot be made.
            WorkerError: The encoder's process died.
        """
        axis = poles().get(what)
        if axis is None:
            return self._between([what] if self._knows(what) else [], [], wait)
        found = self._between(self._known(axis.more_phrases), self._known(axis.less_phrases), wait)
        return None if found is None else found * axis.towards(what)

    def _known(self, phrases: Iterable[str]) -> list[str]:
        return [phrase for phrase in phrases if phrase in self._phrases]

    def _between(self, more: Sequence[str], less: Sequence[str], wait: bool) -> Array | None:
        """From ``less`` to ``more``; where one is empty, the mean of all axes stands in."""
        if not more and not less:
            return None
        ends = [self._mean(phrases or self._phrases, wait) for phrases in (more, less)]
        return None if ends[0] is None or ends[1] is None else ends[0] - ends[1]

    def _mean(self, phrases: Sequence[str], wait: bool) -> Array | None:
        texts = _texts(phrases)
        for text in texts:
            if text not in self._vectors:
                vector = self._embeddings.text_vector(text, wait=wait)
                if vector is None:
                    return None
                self._vectors[text] = vector
        mean: Array = np.mean([self._vectors[text] for text in texts], axis=0, dtype=np.float64)
        return mean


def _texts(phrases: Iterable[str]) -> list[str]:
    return [template.format(phrase) for phrase in phrases for template in _TEMPLATES]
