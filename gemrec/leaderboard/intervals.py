"""How sure the strengths are: covariance and intervals that know that annotators differ.

Votes of one annotator resemble each other, so an interval that takes votes for independent is too
narrow. The sandwich covariance (Liang and Zeger, 1986) sums the scores of each annotator first::

    A^-1 (G/(G-1) * sum_g s_g s_g' + prior) A^-1

``A`` is the negative Hessian of the log-posterior, ``s_g`` the gradient of annotator g's
log-likelihood and G the number of annotators. The prior enters the middle as one more independent
source, so that a model without votes keeps exactly its prior interval. Where that is narrower than
the curvature alone allows (an undefeated model: all its scores agree), the curvature's interval
stands. Quantiles come from Student's t with G - 1 degrees of freedom. With one annotator nothing is
known about the differences between annotators: the curvature's interval stands, and says so.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gemrec.errors import InputError
from gemrec.leaderboard.bradley_terry import Ratings, pair_probabilities
from gemrec.leaderboard.counts import TIES, WINS_FIRST, WINS_SECOND, CountSlice, Floats, add_up
from gemrec.leaderboard.quantiles import t_quantile

IntervalMethod = Literal["sandwich", "curvature"]


@dataclass(frozen=True)
class Intervals:
    """Uncertainty of a fit, frozen; everything in logits, relative to the component's mean.

    Attributes:
        method: ``sandwich`` (clustered by annotator) or ``curvature`` (votes taken as independent).
        confidence: Nominal coverage, 0..1.
        clusters: Number of annotators.
        degrees: Degrees of freedom of the t quantile; infinite for ``curvature``.
        covariance: (M, M) covariance of the strengths; components are independent of each other.
        low: (M,) lower ends.
        high: (M,) upper ends.
    """

    method: IntervalMethod
    confidence: float
    clusters: int
    degrees: float
    covariance: Floats
    low: Floats
    high: Floats


def compute_intervals(
    ratings: Ratings,
    counts: CountSlice,
    *,
    confidence: float = 0.95,
    method: IntervalMethod = "sandwich",
) -> Intervals:
    """Compute the intervals of a fit.

    Args:
        ratings: The fit.
        counts: The slice it was fitted to.
        confidence: Nominal coverage, strictly between 0 and 1.
        method: ``sandwich`` falls back to ``curvature`` with a single annotator.

    Raises:
        InputError: ``confidence`` is out of range or ``counts`` lists other models.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence must be strictly between 0 and 1, got {confidence}")
    if counts.models != ratings.models:
        raise InputError("intervals need the counts that the ratings were fitted to")
    size, clusters = len(ratings.models), counts.clusters
    inverse: Floats = np.linalg.inv(ratings.precision).astype(np.float64)
    covariance = _within_components(inverse[:size, :size], ratings)
    degrees = np.inf
    if method == "sandwich" and clusters > 1:
        covariance = _at_least(
            _within_components(_sandwich(ratings, counts, inverse, clusters), ratings), covariance
        )
        degrees = clusters - 1.0
    else:
        method = "curvature"
    half_width = t_quantile((1 + confidence) / 2, degrees) * np.sqrt(np.diag(covariance))
    low, high = ratings.strengths - half_width, ratings.strengths + half_width
    for array in (covariance, low, high):
        array.setflags(write=False)
    return Intervals(method, confidence, clusters, degrees, covariance, low, high)


def cluster_scores(ratings: Ratings, counts: CountSlice) -> Floats:
    """Gradient of each annotator's log-likelihood at the fit.

    Returns:
        (G, M + 1) for the strengths and, last, ``log_nu`` (0 when the fit has no tie term).
    """
    size = len(ratings.models)
    cells, first, second = counts.cells, counts.first, counts.second
    labels, cluster = np.unique(counts.cluster, return_inverse=True)
    theta = ratings.strengths
    p, q, tie = pair_probabilities(theta[:, None] - theta[None, :], ratings.log_nu)
    pair = first * size + second
    games = cells.sum(axis=1)
    residual = (cells[:, WINS_FIRST] - cells[:, WINS_SECOND]) / 2
    residual -= games * ((p - q) / 2).ravel()[pair]
    shape = (len(labels), size)
    scores = np.zeros((len(labels), size + 1))
    scores[:, :size] = add_up(cluster * size + first, residual, shape[0] * size).reshape(shape)
    scores[:, :size] -= add_up(cluster * size + second, residual, shape[0] * size).reshape(shape)
    if np.isfinite(ratings.log_nu):
        excess = cells[:, TIES:].sum(axis=1) - games * tie.ravel()[pair]
        scores[:, size] = add_up(cluster, excess, len(labels))
    return scores


def _sandwich(ratings: Ratings, counts: CountSlice, inverse: Floats, clusters: int) -> Floats:
    size = len(ratings.models)
    spread = cluster_scores(ratings, counts) @ inverse[:, :size]
    covariance: Floats = spread.T @ spread * (clusters / (clusters - 1))
    if np.isfinite(ratings.prior_sd):
        covariance += inverse[:size] @ inverse[:size].T * ratings.prior_sd**-2
    return covariance


def _at_least(covariance: Floats, floor: Floats) -> Floats:
    """Widen variances that are below the floor's, keeping correlations."""
    have, need = np.diag(covariance), np.diag(floor)
    factor = np.sqrt(np.maximum(1.0, np.divide(need, have, out=np.ones_like(need), where=have > 0)))
    return covariance * factor[:, None] * factor[None, :]


def _within_components(covariance: Floats, ratings: Ratings) -> Floats:
    """Covariance of the strengths relative to their component's mean."""
    result = np.zeros_like(covariance)
    for number in range(-1, int(ratings.component.max(initial=-1)) + 1):
        members = np.flatnonzero(ratings.component == number)
        block = np.ix_(members, members)
        if number < 0:  # no votes, nothing to be relative to: the prior
            result[block] = np.diag(np.full(members.size, ratings.prior_sd**2))
            continue
        part = covariance[block]
        part = part - part.mean(axis=0)
        result[block] = part - part.mean(axis=1, keepdims=True)
    return result
