"""All generated images by prompt, and which prompts are like another one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference import FeatureTable
from gemrec.records import Image, Prompt

_SMALL_WORDS: Final = frozenset({"a", "an", "and", "at", "in", "of", "on", "the", "with"})
_LIKE_ENOUGH: Final = 0.25  # share of words that two prompts must have in common
_SAME_KIND: Final = 0.5  # share of words from which the category is taken over


@dataclass(frozen=True, slots=True)
class Gallery:
    """Every image by prompt; immutable.

    Attributes:
        by_prompt: Images per prompt text, oldest first.
        categories: Category per prompt text.
        last_image_id: Newest image.
    """

    by_prompt: Mapping[str, tuple[Image, ...]] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    last_image_id: int = 0
    _words: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def with_images(self, images: Sequence[Image]) -> "Gallery":
        """A gallery with further images."""
        if not images:
            return self
        by_prompt, categories = dict(self.by_prompt), dict(self.categories)
        words = dict(self._words)
        fresh: dict[str, list[Image]] = {}
        for image in images:
            fresh.setdefault(image.prompt, []).append(image)
            if image.category or image.prompt not in categories:
                categories[image.prompt] = image.category
            if image.prompt not in words:
                words[image.prompt] = _words(image.prompt)
        for prompt, added in fresh.items():
            by_prompt[prompt] = (*by_prompt.get(prompt, ()), *added)
        return Gallery(
            MappingProxyType(by_prompt),
            MappingProxyType(categories),
            max(self.last_image_id, images[-1].id),
            MappingProxyType(words),
        )

    def images(self) -> tuple[Image, ...]:
        """Every image, in the order of ids."""
        every = [image for images in self.by_prompt.values() for image in images]
        return tuple(sorted(every, key=lambda image: image.id))

    def like(
        self, prompt: str, vector: NDArray[np.float32] | None, features: FeatureTable
    ) -> tuple[str, ...]:
        """Prompts with images that are like another one, the most alike first.

        With an embedding, prompts are compared by what their pictures show, and words decide
        between those; without one, by the words that they share.

        Args:
            prompt: The prompt's text.
            vector: (d,) its embedding, or None.
            features: What the pictures of each prompt show.
        """
        wanted = _words(prompt)
        shared = {text: _overlap(wanted, words) for text, words in self._words.items()}
        closeness = {text: share for text, share in shared.items() if share >= _LIKE_ENOUGH}
        if vector is not None and features.contents.shape[1:] == vector.shape:
            cosines = features.contents @ vector.astype(np.float64)
            cosines = (cosines - cosines.mean()) / max(float(cosines.std()), 1e-9)
            for text, cosine in zip(features.prompts, cosines, strict=True):
                if cosine > 1.0 or text in closeness:  # above most prompts
                    closeness[text] = shared.get(text, 0.0) + 0.25 * float(cosine)
        return tuple(sorted(closeness, key=lambda text: (-closeness[text], text)))

    def category_of(self, prompt: Prompt) -> str:
        """The prompt's category, taken from the most alike known prompt when it has none."""
        if prompt.category or not self._words:
            return prompt.category
        if prompt.text in self.categories:
            return self.categories[prompt.text]
        wanted = _words(prompt.text)
        share, nearest = max((_overlap(wanted, w), text) for text, w in self._words.items())
        return self.categories[nearest] if share >= _SAME_KIND else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold())) - _SMALL_WORDS


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / max(len(first | second), 1)
