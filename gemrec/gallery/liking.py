"""What one person is expected to like among all images, kept until they vote again."""

import threading
from collections.abc import Sequence

import numpy as np

from gemrec.catalog import Catalog
from gemrec.gallery.columns import Columns, Floats
from gemrec.recommend import Refresher
from gemrec.records import Image

_BATCH = 2000  # images scored at once, which bounds the memory of their covariances
_KEPT = 8  # people


class Liking:
    """Scores of every image for a person; safe to use from several threads.

    Args:
        refresher: Knows the current snapshot.
        catalog: The models on offer, whose mean is what images are compared with.
    """

    def __init__(self, refresher: Refresher, catalog: Catalog) -> None:
        self._refresher = refresher
        self._catalog = catalog
        self._lock = threading.Lock()
        self._kept: dict[str | None, tuple[object, dict[int, float]]] = {}

    def of(self, annotator_id: str | None, columns: Columns) -> Floats:
        """(n,) probability that the person prefers an image to the average model; NaN if unknown."""
        scores = self._scores(annotator_id)
        return np.array([scores.get(int(image_id), np.nan) for image_id in columns.ids])

    def _scores(self, annotator_id: str | None) -> dict[int, float]:
        snapshot = self._refresher.current()
        with self._lock:
            held = self._kept.get(annotator_id)
        if held is not None and held[0] is snapshot:
            return held[1]
        known = snapshot.everybody.index
        models = [model.id for model in self._catalog.active() if model.id in known]
        taste = snapshot.taste(annotator_id)
        groups: dict[str, list[Image]] = {}
        for images in snapshot.gallery.by_prompt.values():
            for image in images:
                if image.model_id in known:
                    groups.setdefault(image.category, []).append(image)
        scores: dict[int, float] = {}
        for category, members in groups.items() if models else ():
            for batch in _batches(members):
                found = taste.score_images(batch, models, category).score
                scores |= {i.id: float(s) for i, s in zip(batch, found, strict=True)}
        with self._lock:
            while len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[annotator_id] = (snapshot, scores)
        return scores


def _batches(images: Sequence[Image]) -> list[Sequence[Image]]:
    return [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
