"""All images as a few numbers each, in memory, so that any order of them is a matter of milliseconds.

At 100,000 images these columns take some four megabytes. They are followed, not reloaded: a refresh
reads what came after the last image and the last score that it has seen.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gemrec.ranking import normalise
from gemrec.store import ImageScore, Store

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

_MEASURED = 3  # prompt match, distinctiveness, safety


@dataclass(frozen=True)
class Columns:
    """Every image, oldest first; immutable.

    Attributes:
        ids: (n,) image ids, ascending.
        models: (n,) places in ``model_ids``.
        prompts: (n,) places in ``texts``.
        categories: (n,) places in ``topics``.
        measured: (n, 3) raw prompt match, distinctiveness and safety; NaN where unknown.
        model_ids: Model ids.
        texts: Prompt texts.
        topics: Categories.
        last_score_id: Newest score taken in.
    """

    ids: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    models: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    prompts: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    categories: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    measured: Floats = field(default_factory=lambda: np.zeros((0, _MEASURED)))
    model_ids: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    last_score_id: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def normalised(self) -> Floats:
        """(n, 3) the measured values, min-max normalised within each prompt."""
        return self.per_prompt(self.measured)

    def per_prompt(self, raw: Floats) -> Floats:
        """(n, k) columns of raw values, each normalised within each prompt."""
        columns = [normalise(column, self.prompts) for column in raw.T]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self), 0))

    def places(self, image_ids: Numbers) -> Numbers:
        """Rows of the images that are here, in the order asked; others are left out."""
        found = np.searchsorted(self.ids, image_ids)
        found = np.minimum(found, max(len(self.ids) - 1, 0))
        there = self.ids[found] == image_ids if len(self.ids) else np.zeros(len(found), bool)
        return np.asarray(found[there], np.int64)


class ColumnKeeper:
    """Follows the database; safe to use from several threads.

    Args:
        store: Images and scores.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._columns = Columns()
        self._codes: tuple[dict[str, int], ...] = ({}, {}, {})

    def current(self) -> Columns:
        """The columns as the database has them now.

        Raises:
            StoreError: The database cannot be read.
        """
        with self._lock:
            self._columns = self._with_scores(self._with_images(self._columns))
            return self._columns

    def _with_images(self, columns: Columns) -> Columns:
        last = int(columns.ids[-1]) if len(columns) else 0
        fresh = self._store.images.keys_after(last)
        if not fresh:
            return columns
        models, texts, topics = self._codes
        rows = np.array(
            [
                (
                    key.id,
                    models.setdefault(key.model_id, len(models)),
                    texts.setdefault(key.prompt, len(texts)),
                    topics.setdefault(key.category, len(topics)),
                )
                for key in fresh
            ],
            dtype=np.int64,
        )
        unknown = np.full((len(rows), _MEASURED), np.nan)
        return Columns(
            np.concatenate([columns.ids, rows[:, 0]]),
            np.concatenate([columns.models, rows[:, 1]]),
            np.concatenate([columns.prompts, rows[:, 2]]),
            np.concatenate([columns.categories, rows[:, 3]]),
            np.concatenate([columns.measured, unknown]),
            tuple(models),
            tuple(texts),
            tuple(topics),
            columns.last_score_id,
        )

    def _with_scores(self, columns: Columns) -> Columns:
        fresh = self._store.image_scores.after(columns.last_score_id)
        if not fresh:
            return columns
        newest: Mapping[int, ImageScore] = {score.image_id: score for score in fresh}
        wanted = np.array(sorted(newest), np.int64)
        places = columns.places(wanted)
        measured = columns.measured.copy()
        measured[places] = [_values(newest[int(columns.ids[place])]) for place in places]
        # A score of an image that came in a moment ago is read again with the image.
        seen = columns.last_score_id if len(places) < len(wanted) else fresh[-1].id
        return Columns(
            columns.ids,
            columns.models,
            columns.prompts,
            columns.categories,
            measured,
            columns.model_ids,
            columns.texts,
            columns.topics,
            seen,
        )


def _values(score: ImageScore) -> tuple[float, float, float]:
    known = (score.prompt_match, score.distinctiveness, score.safety)
    first, second, third = (np.nan if value is None else value for value in known)
    return first, second, third
