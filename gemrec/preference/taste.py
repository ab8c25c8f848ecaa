"""What one person is expected to like: scores of models and pictures for a prompt's category."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.davidson import Array, margin
from gemrec.preference.features import FeatureTable
from gemrec.preference.model import Comparisons, PersonState, fit_person
from gemrec.preference.shared import CATEGORY_VARIANCE, SharedState
from gemrec.records import Image, Vote

_Z_90: Final = 1.6448536269514722  # two-sided 90 % quantile of the normal distribution
_PROBIT: Final = math.pi / 8  # MacKay (1992): averages a sigmoid over a normal distribution

CategoryOffsets = Mapping[str, tuple[Array, Array]]
"""Per category with votes: (M,) offsets of the shared part in logits and (M,) their variances."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How n models or pictures compare with the average model for the same prompt.

    Attributes:
        score: (n,) probability that the person prefers it, when it is no tie, 0..1.
        low: (n,) lower end of the 90 % interval.
        high: (n,) upper end of the 90 % interval.
        taste: (n,) part of the utility that comes from the person's liking for such pictures.
    """

    score: Array
    low: Array
    high: Array
    taste: Array


@dataclass(frozen=True, slots=True)
class Taste:
    """A person's posterior with what is needed to apply it; immutable.

    Attributes:
        shared: The shared part without this person's votes.
        person: The person's posterior.
        features: What pictures look like.
        offsets: Category differences, everybody's.
    """

    shared: SharedState
    person: PersonState
    features: FeatureTable
    offsets: CategoryOffsets

    def score_models(self, models: Sequence[str], category: str = "") -> Scores:
        """Score models for a prompt.

        Args:
            models: Model ids; the average model is the mean over them.
            category: The prompt's category, empty when unknown.

        Raises:
            KeyError: A model is not in ``shared.prior.models``.
        """
        rows = [self.features.expected(model_id, category) for model_id in models]
        return self._score(models, self.features.looks[rows], np.array(rows) >= 0, category)

    def score_images(
        self, images: Sequence[Image], models: Sequence[str], category: str = ""
    ) -> Scores:
        """Score pictures of one prompt.

        Args:
            images: The pictures; those without features count as their model's average.
            models: Model ids whose mean is the average model.
            category: The prompt's category.

        Raises:
            KeyError: A model is not in ``shared.prior.models``.
        """
        table = self.features
        makers = [*models, *(image.model_id for image in images)]
        rows = [table.expected(model_id, category) for model_id in makers]
        phi, known = table.looks[rows], np.array(rows) >= 0
        for place, image in enumerate(images, start=len(models)):
            if (seen := table.image(image.id)) is not None:
                phi[place], known[place] = seen, True
        scores = self._score(makers, phi, known, category, len(models))
        tail = slice(len(models), None)
        return Scores(scores.score[tail], scores.low[tail], scores.high[tail], scores.taste[tail])

    def _score(
        self,
        makers: Sequence[str],
        phi: Array,
        has_look: NDArray[np.bool_],
        category: str,
        baseline: int | None = None,
    ) -> Scores:
        """Score items against the mean of the first ``baseline`` of them, all for None.

        Args:
            makers: (n,) model ids.
            phi: (n, r) features.
            has_look: (n,) whether the features are known.
            category: The prompt's category.
            baseline: How many items make up the average.
        """
        if not makers:
            none = np.zeros(0)
            return Scores(none, none, none, none)
        prior = self.shared.prior
        rows = np.array([prior.index[model_id] for model_id in makers], dtype=np.int64)
        beyond = _beyond_model(self.shared, rows, phi, has_look)
        mean, covariance = self.person.utilities(rows, phi, beyond)
        nothing = np.zeros(len(prior.models)), np.full(len(prior.models), CATEGORY_VARIANCE)
        offset, doubt = self.offsets.get(category, nothing)
        mean = mean + offset[rows]
        # All pictures of a model share its offset, and with it the doubt about it.
        same = rows[:, None] == rows[None, :]
        covariance = covariance + np.where(same, doubt[rows][:, None], 0.0)
        gap = mean - mean[:baseline].mean()
        column = covariance[:, :baseline].mean(axis=1)
        variance = np.diag(covariance) - 2 * column + column[:baseline].mean()
        deviation = np.sqrt(np.maximum(variance, 0.0))
        taste = phi @ self.person.taste
        low, high = _sigmoid(gap - _Z_90 * deviation), _sigmoid(gap + _Z_90 * deviation)
        score = _sigmoid(gap / np.sqrt(1 + _PROBIT * deviation**2))
        return Scores(np.clip(score, low, high), low, high, taste - taste[:baseline].mean())


def read_comparisons(
    votes: Sequence[Vote], shared: SharedState, features: FeatureTable, offsets: CategoryOffsets
) -> Comparisons:
    """Turn votes into comparisons; skips and undone votes are left out.

    Ties of all three kinds say that neither side was preferred. Named comparisons count: they are
    no evidence for the public board, but they are what this person said.

    Args:
        votes: One person's current votes.
        shared: The shared part without this person's votes.
        features: What pictures look like.
        offsets: Category differences.
    """
    index = shared.prior.index
    cast = [(v, v.outcome) for v in votes if v.outcome is not None and len(v.pairs) == 1]
    makers = np.array([[index[m] for m in v.models] for v, _ in cast], dtype=np.int64)
    looks = np.array(
        [[features.grid(m, v.prompt, v.category) for m in v.models] for v, _ in cast],
        dtype=np.int64,
    )
    makers, looks = makers.reshape(-1, 2), looks.reshape(-1, 2)
    phi = features.looks[looks]
    known = _beyond_model(shared, makers, phi, looks >= 0)
    categories = list(offsets)
    if categories:
        # One row more, of zeros, for categories nobody has voted on.
        table = np.stack([*(offsets[c][0] for c in categories), np.zeros(len(shared.mean))])
        number = {category: i for i, category in enumerate(categories)}
        kind = np.array([number.get(v.category, -1) for v, _ in cast], dtype=np.int64)
        known = known + table[kind[:, None], makers]
    return Comparisons(
        left=makers[:, 0],
        right=makers[:, 1],
        features=phi[:, 0] - phi[:, 1],
        known=known[:, 0] - known[:, 1],
        margin=np.array([margin(outcome) for _, outcome in cast]),
    )


def fit_taste(
    votes: Sequence[Vote], shared: SharedState, features: FeatureTable, offsets: CategoryOffsets
) -> Taste:
    """Fit one person's taste to their current votes.

    Args:
        votes: The person's current votes.
        shared: The shared part without this person's votes.
        features: What pictures look like.
        offsets: Category differences.
    """
    person = fit_person(shared, read_comparisons(votes, shared, features, offsets))
    return Taste(shared, person, features, offsets)


def _beyond_model(
    shared: SharedState, rows: NDArray[np.int64], phi: Array, has_look: NDArray[np.bool_]
) -> Array:
    """What everybody's taste adds for pictures beyond their models' usual looks, logits."""
    beyond: Array = (phi - shared.prior.features[rows]) @ shared.content
    return np.where(has_look, beyond, 0.0)


def _sigmoid(value: Array) -> Array:
    result: Array = (1 + np.tanh(value / 2)) / 2
    return result
