"""What one person is expected to like: scores of models and pictures for a prompt's category."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

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
        items = [(model_id, self.features.expected(model_id, category)) for model_id in models]
        return self._score(items, category, len(items))

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
        items = [(model_id, self.features.expected(model_id, category)) for model_id in models]
        for image in images:
            seen = self.features.image(image.id)
            if seen is None:
                seen = self.features.expected(image.model_id, category)
            items.append((image.model_id, seen))
        scores = self._score(items, category, len(models))
        tail = slice(len(models), None)
        return Scores(scores.score[tail], scores.low[tail], scores.high[tail], scores.taste[tail])

    def _score(
        self, items: Sequence[tuple[str, Array | None]], category: str, baseline: int
    ) -> Scores:
        """Score items against the mean of the first ``baseline`` of them."""
        if not items:
            none = np.zeros(0)
            return Scores(none, none, none, none)
        prior = self.shared.prior
        rows = np.array([prior.index[model_id] for model_id, _ in items], dtype=np.int64)
        phi = np.zeros((len(items), self.features.dim))
        known = np.zeros(len(items))
        for i, (model_id, seen) in enumerate(items):
            if seen is not None:
                phi[i] = seen
                known[i] = _beyond_model(self.shared, prior.index[model_id], seen)
        mean, covariance = self.person.utilities(rows, phi, known)
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
    cast = [(v, v.outcome) for v in votes if v.outcome is not None and v.outcome.is_preference]
    result = Comparisons(
        left=np.array([index[v.models[0]] for v, _ in cast], dtype=np.int64),
        right=np.array([index[v.models[1]] for v, _ in cast], dtype=np.int64),
        features=np.zeros((len(cast), features.dim)),
        known=np.zeros(len(cast)),
        margin=np.array([margin(outcome) for _, outcome in cast]),
    )
    for i, (vote, _) in enumerate(cast):
        for model_id, sign in zip(vote.models, (1.0, -1.0), strict=True):
            row = index[model_id]
            seen = features.grid(model_id, vote.prompt, vote.category)
            if seen is not None:
                result.features[i] += sign * seen
                result.known[i] += sign * _beyond_model(shared, row, seen)
            if (offset := offsets.get(vote.category)) is not None:
                result.known[i] += sign * float(offset[0][row])
    return result


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


def _beyond_model(shared: SharedState, row: int, features: Array) -> float:
    """What everybody's taste adds for a picture beyond its model's usual look, logits."""
    if len(shared.content) != len(features):
        return 0.0
    return float((features - shared.prior.features[row]) @ shared.content)


def _sigmoid(value: Array) -> Array:
    result: Array = (1 + np.tanh(value / 2)) / 2
    return result
