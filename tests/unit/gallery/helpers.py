"""A gallery of pictures whose vectors are chosen by the test."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gemrec.gallery import Cartographer, GalleryDesk, Scorer
from gemrec.gallery.layout import lay_out
from gemrec.records import Image, Prompt
from tests.unit.recommend.helpers import ENCODER, Study

FOX = Prompt("a fox", "animal")
PIE = Prompt("a pie", "food")


class Eyes:
    """An encoder service that knows what the store knows, and a vector per text."""

    name = ENCODER

    def __init__(self, study: Study, texts: Mapping[str, Sequence[float]]) -> None:
        self._study = study
        self._texts = texts

    def image_vectors(self, images: Sequence[Image], wait: bool = True) -> dict[int, Any]:
        known = self._study.store.vectors.get(ENCODER, [image.digest for image in images])
        return {image.id: known[image.digest] for image in images if image.digest in known}

    def text_vector(self, text: str, wait: bool = True) -> Any:
        return np.array(self._texts[text], np.float32) if text in self._texts else None


def unit(angle: float) -> np.ndarray:
    """A unit vector in the plane, by its angle in degrees."""
    return np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))], np.float32)


class Gallery:
    """A study with its gallery; ``hidden`` may be filled by the test."""

    def __init__(self, folder: Path, models: Sequence[Any]) -> None:
        self.study = Study(folder, models)
        self.hidden: set[int] = set()
        self.refresher = self.study.refresher()
        self.eyes = Eyes(self.study, {FOX.text: unit(90), PIE.text: unit(0)})
        self.scorer = Scorer(self.study.store, self.eyes)  # type: ignore[arg-type]
        self.cartographer = Cartographer(
            self.study.store, ENCODER, lambda vectors, stopped: lay_out(vectors)
        )
        self.desk = GalleryDesk(
            self.study.store,
            self.study.catalog,
            self.refresher,
            self.scorer,
            lambda: frozenset(self.hidden),
            self.cartographer,
        )

    def add(self, model: str, angle: float | None, prompt: Prompt = FOX, seed: int = 0) -> Image:
        """A picture whose vector lies at this angle; None leaves it without a vector."""
        return self.study.picture(model, prompt, seed, None if angle is None else unit(angle))

    def models(self, page_and_shelf: Any) -> list[str]:
        """The makers of a page's pictures in their order."""
        page, shelf = page_and_shelf
        return [scored.image.model_id for scored in self.desk.images(shelf, page)]
