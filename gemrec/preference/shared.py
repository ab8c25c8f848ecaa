"""What everybody shares: one utility per model, from votes, popularity and content.

The utility of model ``m`` is ``theta_m = s pop_m + phi_m' w0 + a_m`` with independent normal
priors on ``s``, ``w0`` and ``a``, so that ``theta`` has a normal prior with mean ``0.25 pop`` and
covariance ``0.3 pop pop' + 0.3 Phi Phi' + 0.3 I``. Its posterior under Davidson's likelihood is
found by Newton's method on win and tie counts; the covariance is the inverse of the negative
Hessian there (Laplace). A model without votes keeps its prior, moved by the votes on models whose
pictures are like its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.counts import PairCounts, sums
from gemrec.preference.davidson import Array, moments
from gemrec.preference.features import FeatureTable

# Means and variances, in squared logits; measured on several vote sets.
POPULARITY_MEAN: Final = 0.25
POPULARITY_VARIANCE: Final = 0.3
CONTENT_VARIANCE: Final = 0.3
MODEL_VARIANCE: Final = 0.3
CATEGORY_VARIANCE: Final = 0.15
LOG_NU_MEAN: Final = -0.7  # even sides tie about every fifth time
LOG_NU_VARIANCE: Final = 1.0

_STEP_TOLERANCE: Final = 1e-9
_MAX_STEPS: Final = 60
_CATEGORY_STEPS: Final = 5


@dataclass(frozen=True)
class SharedPrior:
    """What is believed before any vote.

    Attributes:
        models: Model ids; their positions are the indices of every array.
        mean: (M,) utilities in logits.
        covariance: (M, M).
        features: (M, r) expected features per model, zeros where unknown.
        has_features: (M,) whether the model's pictures are known.
    """

    models: tuple[str, ...]
    mean: Array
    covariance: Array
    features: Array
    has_features: NDArray[np.bool_]

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position per model id."""
        return {model_id: i for i, model_id in enumerate(self.models)}

    @cached_property
    def precision(self) -> Array:
        """(M, M) inverse of the covariance."""
        inverse = np.linalg.inv(self.covariance)
        symmetric: Array = (inverse + inverse.T) / 2
        return symmetric


@dataclass(frozen=True)
class SharedState:
    """The posterior of the shared part, frozen.

    Attributes:
        prior: What it started from.
        mean: (M,) utilities in logits.
        precision: (M + 1, M + 1) negative Hessian at the mode, the last row for ``log_nu``.
        log_nu: Logarithm of the tie weight.
        content: (r,) posterior mean of ``w0``, what everybody likes to see.
        votes: Votes it was fitted to.
    """

    prior: SharedPrior
    mean: Array
    precision: Array
    log_nu: float
    content: Array
    votes: int

    @cached_property
    def covariance(self) -> Array:
        """(M, M) covariance of the utilities."""
        inverse = np.linalg.inv(self.precision)[:-1, :-1]
        symmetric: Array = (inverse + inverse.T) / 2
        return symmetric


def shared_prior(
    models: Sequence[str], downloads: Mapping[str, int], features: FeatureTable
) -> SharedPrior:
    """Build the prior.

    Args:
        models: Model ids.
        downloads: Download count per model id; those it leaves out count as average.
        features: What the models' pictures look like.
    """
    popularity = standardised_popularity(models, downloads)
    rows = np.array([features.expected(model_id) for model_id in models], dtype=np.int64)
    has_features = rows >= 0
    phi = features.looks[rows]
    # Where content is unknown its variance cannot be shared with like models, but is still there.
    own = MODEL_VARIANCE + np.where(has_features, 0.0, CONTENT_VARIANCE)
    covariance = (
        POPULARITY_VARIANCE * np.outer(popularity, popularity)
        + CONTENT_VARIANCE * phi @ phi.T
        + np.diag(own)
    )
    mean = POPULARITY_MEAN * popularity
    return SharedPrior(tuple(models), mean, covariance, phi, has_features)


def fit_shared(
    prior: SharedPrior, counts: PairCounts, start: SharedState | None = None
) -> SharedState:
    """Fit the shared part.

    Args:
        prior: What is believed before any vote.
        counts: Votes over ``prior.models``.
        start: An earlier fit to start from; changes the time needed, not the result.
    """
    problem = _Problem(prior, counts)
    usable = start is not None and start.prior.models == prior.models
    theta = start.mean.copy() if start is not None and usable else prior.mean.copy()
    log_nu = start.log_nu if start is not None and usable else LOG_NU_MEAN
    value = problem.value(theta, log_nu)
    for _ in range(_MAX_STEPS):
        gradient, hessian = problem.derivatives(theta, log_nu)
        step = np.linalg.solve(hessian, gradient)
        length = float(np.abs(step).max(initial=0.0))
        scale = 1.0
        while True:
            new_theta, new_log_nu = theta + scale * step[:-1], log_nu + scale * float(step[-1])
            new_value = problem.value(new_theta, new_log_nu)
            # Close to the top rounding decides between values; Newton's step is right there.
            if new_value >= value or length < 1e-6 or scale < 1e-6:
                break
            scale /= 2
        theta, log_nu, value = new_theta, new_log_nu, new_value
        if length < _STEP_TOLERANCE:
            break
    content = CONTENT_VARIANCE * prior.features.T @ (prior.precision @ (theta - prior.mean))
    return SharedState(prior, theta, hessian, log_nu, content, counts.votes)


def category_offsets(
    shared: SharedState, counts: Mapping[str, PairCounts]
) -> Mapping[str, tuple[Array, Array]]:
    """How much better or worse each model is in each category than overall.

    The offsets have independent priors N(0, 0.15). A few majorised Newton steps from 0 (each
    coordinate's curvature taken twice, which bounds that of the pairs) approach their posterior
    mode from below, so they err on the side of no difference.

    Args:
        shared: The shared part, held fixed.
        counts: The votes of each category.

    Returns:
        Per category (M,) offsets in logits and (M,) their variances.
    """
    if not counts:
        return {}
    size = len(shared.mean)
    # All categories at once: category c's model m has number c * size + m.
    lists = [(number * size, c.pairs) for number, c in enumerate(counts.values())]
    first = np.concatenate([start + p.first for start, p in lists])
    second = np.concatenate([start + p.second for start, p in lists])
    games = np.concatenate([p.games for _, p in lists])
    margin = np.concatenate([p.margin for _, p in lists])
    total = len(lists) * size
    gap = np.tile(shared.mean, len(lists))
    gap = gap[first] - gap[second]
    offsets, curvature = np.zeros(total), np.zeros(total)
    for _ in range(_CATEGORY_STEPS):
        at = moments(gap + offsets[first] - offsets[second], shared.log_nu)
        spread = games * at.variance
        curvature = sums(first, spread, total) + sums(second, spread, total)
        score = margin - games * at.mean
        gradient = sums(first, score, total) - sums(second, score, total)
        gradient -= offsets / CATEGORY_VARIANCE
        offsets = offsets + gradient / (1 / CATEGORY_VARIANCE + 2 * curvature)
    variances = 1 / (1 / CATEGORY_VARIANCE + curvature)
    shape = (len(lists), size)
    found = zip(counts, offsets.reshape(shape), variances.reshape(shape), strict=True)
    return {category: (mean, variance) for category, mean, variance in found}


class _Problem:
    """Log-posterior of ``theta`` and ``log nu`` with its derivatives."""

    def __init__(self, prior: SharedPrior, counts: PairCounts) -> None:
        self._prior = prior
        pairs = counts.pairs
        self._first, self._second = pairs.first, pairs.second
        self._games, self._margin = pairs.games, pairs.margin
        self._ties = float(counts.ties.sum()) / 2

    def value(self, theta: Array, log_nu: float) -> float:
        """Log-posterior up to a constant."""
        d = theta[self._first] - theta[self._second]
        away = theta - self._prior.mean
        likelihood = self._margin @ d + self._ties * log_nu
        likelihood -= self._games @ moments(d, log_nu).log_z
        penalty = away @ self._prior.precision @ away
        penalty += (log_nu - LOG_NU_MEAN) ** 2 / LOG_NU_VARIANCE
        return float(likelihood - penalty / 2)

    def derivatives(self, theta: Array, log_nu: float) -> tuple[Array, Array]:
        """Gradient (M + 1,) and negative Hessian (M + 1, M + 1), the last row for ``log nu``."""
        size = len(theta)
        at = moments(theta[self._first] - theta[self._second], log_nu)
        gradient = np.empty(size + 1)
        gradient[:size] = self._spread(self._margin - self._games * at.mean)
        gradient[:size] -= self._prior.precision @ (theta - self._prior.mean)
        gradient[size] = self._ties - self._games @ at.tie
        gradient[size] -= (log_nu - LOG_NU_MEAN) / LOG_NU_VARIANCE
        hessian = np.empty((size + 1, size + 1))
        hessian[:size, :size] = self._prior.precision
        curvature = self._games * at.variance
        hessian[self._first, self._second] -= curvature
        hessian[self._second, self._first] -= curvature
        diagonal = sums(self._first, curvature, size) + sums(self._second, curvature, size)
        hessian[np.arange(size), np.arange(size)] += diagonal
        hessian[:size, size] = self._spread(-self._games * at.mean * at.tie)
        hessian[size, :size] = hessian[:size, size]
        hessian[size, size] = self._games @ (at.tie * (1 - at.tie)) + 1 / LOG_NU_VARIANCE
        return gradient, hessian

    def _spread(self, values: Array) -> Array:
        size = len(self._prior.mean)
        return sums(self._first, values, size) - sums(self._second, values, size)


def standardised_popularity(models: Sequence[str], downloads: Mapping[str, float]) -> Array:
    """(M,) logarithms of downloads with mean 0 and deviation 1; 0 for a model without a count."""
    known = [model_id for model_id in models if model_id in downloads]
    logs = np.log1p([float(downloads[model_id]) for model_id in known])
    spread = float(logs.std()) if known else 0.0
    if spread == 0.0:
        return np.zeros(len(models))
    scaled = dict(zip(known, (logs - logs.mean()) / spread, strict=True))
    return np.array([float(scaled.get(model_id, 0.0)) for model_id in models])
