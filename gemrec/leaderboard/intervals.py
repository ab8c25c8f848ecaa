"""How sure the strengths are: covariance and intervals that know that annotators differ.

Votes of one annotator resemble each other, so an interval that takes votes for independent is too
narrow. The sandwich covariance (Liang and Zeger, 1986) sums the scores of each annotator first::

    S = A^-1 (sum_g s_g s_g' + prior) A^-1

``A`` is the negative Hessian of the log-posterior and ``s_g`` the gradient of annotator g's
log-likelihood. Three corrections make it hold with few or unequal annotators:

- The fit follows a busy annotator, which makes that annotator's scores look small. Each entry of
  ``s_g`` is divided by one minus the annotator's share of the model's votes, a diagonal form of the
  jackknife's leverage correction (Bell and McCaffrey, 2002, CR3).
- The prior enters the middle as one more independent source, and no variance falls below the
  curvature's ``A^-1``, as that of an undefeated model would, whose scores all agree.
- Few annotators say little about one model's variance. It is averaged with the curvature's, scaled
  by the design effect pooled over all models, weighted by degrees of freedom (the moderated t of
  Smyth, 2004): ``G - 1`` of its own and at most 4 pooled; the quantile is Student's t with their
  sum.

With a single annotator nothing is known about the differences between annotators: the curvature's
interval stands, and the result says so. No interval is wider than the prior's.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from gemrec.errors import InputError
from gemrec.leaderboard.bradley_terry import Ratings, curvature
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.quantiles import t_quantile
from gemrec.leaderboard.tables import (
    TIES,
    WINS_FIRST,
    WINS_SECOND,
    CountSlice,
    Floats,
    Ints,
    PairCounts,
    add_up,
)

IntervalMethod = Literal["sandwich", "votes", "curvature"]

# Simulated with 2 to 50 annotators, equal, log-normal or one giving 70% of the votes: 4 keeps
# coverage of nominal 95% between 0.92 and 1 and halves the width with 2 annotators; 0 falls to
# 0.91, 8 gains no width.
_POOLED_DEGREES: Final = 4.0
_LARGEST_SHARE: Final = 0.95  # of a model's votes; beyond, leverage cannot be corrected


@dataclass(frozen=True)
class Intervals:
    """Uncertainty of a fit, frozen; everything in logits, relative to the component's mean.

    Attributes:
        method: ``sandwich`` (clustered by annotator or prompt), ``votes`` (the same with each vote
            on its own) or ``curvature`` (votes taken as independent and the model as right).
        confidence: Nominal coverage, 0..1.
        clusters: Number of clusters; 0 when unknown.
        degrees: Degrees of freedom of the t quantile; infinite but for ``sandwich``.
        covariance: (M, M) covariance of the strengths.
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
    counts: PairCounts,
    *,
    confidence: float = 0.95,
    method: IntervalMethod = "sandwich",
) -> Intervals:
    """Compute the intervals of a fit.

    Args:
        ratings: The fit.
        counts: What it was fitted to; a :class:`CountSlice`, which knows who voted, for a sandwich.
        confidence: Nominal coverage, strictly between 0 and 1.
        method: ``sandwich`` falls back to ``curvature`` where at most one cluster is known.

    Raises:
        InputError: ``confidence`` is out of range or ``counts`` lists other models.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence must be strictly between 0 and 1, got {confidence}")
    if counts.models != ratings.models:
        raise InputError("intervals need the counts that the ratings were fitted to")
    size = len(ratings.models)
    inverse = curvature(ratings, counts)
    covariance = _within_components(inverse[:size, :size], ratings)
    clusters = counts.clusters if isinstance(counts, CountSlice) else 0
    degrees = np.inf
    if method == "sandwich" and isinstance(counts, CountSlice) and clusters > 1:
        clustered = _within_components(_sandwich(ratings, counts, inverse), ratings)
        covariance, degrees = _moderate(clustered, covariance, ratings, clusters - 1.0)
    elif method == "votes":
        middle = inverse @ _vote_by_vote(ratings, counts) @ inverse
        covariance = _within_components(middle[:size, :size], ratings)
    else:
        method = "curvature"
    voteless = np.flatnonzero(ratings.component < 0)
    covariance[voteless, voteless] = ratings.prior_sd**2
    tail = (1 + confidence) / 2
    half_width = t_quantile(tail, degrees) * np.sqrt(np.diag(covariance))
    half_width = np.minimum(half_width, t_quantile(tail, np.inf) * ratings.prior_sd)
    low, high = ratings.strengths - half_width, ratings.strengths + half_width
    for array in (covariance, low, high):
        array.setflags(write=False)
    return Intervals(method, confidence, clusters, degrees, covariance, low, high)


def cluster_scores(ratings: Ratings, counts: CountSlice) -> Floats:
    """Gradient of each annotator's log-likelihood at the fit.

    Returns:
        (G, M + 1) for the strengths and, last, ``log_nu`` (0 when the fit has no tie term); one row
        per annotator number.
    """
    size, cells, games = len(ratings.models), counts.cells, counts.cell_votes
    theta, people = ratings.strengths, len(counts.cluster_votes)
    p, q, tie = pair_probabilities(theta[:, None] - theta[None, :], ratings.log_nu)
    pair = counts.first * size + counts.second
    residual = ((q - p) / 2).ravel()[pair]
    residual *= games
    residual += (cells[WINS_FIRST] - cells[WINS_SECOND]) / (2 * counts.unit)
    scores = np.zeros((people, size + 1))
    scores[:, :size] = _by_annotator(counts, counts.first, residual, size)
    scores[:, :size] -= _by_annotator(counts, counts.second, residual, size)
    if np.isfinite(ratings.log_nu):
        excess = -tie.ravel()[pair]
        excess *= games
        excess += cells[TIES:].sum(axis=0) / counts.unit
        scores[:, size] = add_up(counts.cluster, excess, people)
    return scores


def _vote_by_vote(ratings: Ratings, counts: PairCounts) -> Floats:
    """(M + 1, M + 1) middle of the sandwich in which every vote is a cluster of its own.

    Half wins for ties make the curvature the wrong measure of their variance (White, 1982), which
    this corrects; for Davidson's model both agree where the model is right.
    """
    size, theta = len(ratings.models), ratings.strengths
    p, q, tie = pair_probabilities(theta[:, None] - theta[None, :], ratings.log_nu)
    gap = (p - q) / 2
    won, lost, tied = 0.5 - gap, -0.5 - gap, -gap
    square = counts.wins * won**2 + counts.wins.T * lost**2 + counts.ties * tied**2
    middle = np.zeros((size + 1, size + 1))
    middle[:size, :size] = np.diag(square.sum(axis=1)) - square
    if np.isfinite(ratings.log_nu):
        across = counts.ties * tied * (1 - tie)
        across -= (counts.wins * won + counts.wins.T * lost) * tie
        middle[:size, size] = middle[size, :size] = across.sum(axis=1)
        tie_square = counts.ties * (1 - tie) ** 2 + (counts.wins + counts.wins.T) * tie**2
        middle[size, size] = tie_square.sum() / 2
    if np.isfinite(ratings.prior_sd):
        middle += np.eye(size + 1) * ratings.prior_sd**-2
    return middle


def _sandwich(ratings: Ratings, counts: CountSlice, inverse: Floats) -> Floats:
    """(M, M) clustered covariance with leverage corrected."""
    size = len(ratings.models)
    votes = _by_annotator(counts, counts.first, counts.cell_votes, size)
    votes += _by_annotator(counts, counts.second, counts.cell_votes, size)
    share = votes / np.maximum(votes.sum(axis=0), 1.0)
    scores = cluster_scores(ratings, counts)
    scores[:, :size] /= 1 - np.minimum(share, _LARGEST_SHARE)
    spread = scores @ inverse[:, :size]
    covariance: Floats = spread.T @ spread
    if np.isfinite(ratings.prior_sd):
        covariance += inverse[:size] @ inverse[:size].T * ratings.prior_sd**-2
    return covariance


def _moderate(
    clustered: Floats, curvature: Floats, ratings: Ratings, own: float
) -> tuple[Floats, float]:
    """Steady the clustered covariance by the design effect pooled over models.

    Returns:
        The covariance and its degrees of freedom.
    """
    voted = ratings.component >= 0
    contrasts = int(voted.sum()) - len(ratings.components)
    pooled = min(_POOLED_DEGREES, (contrasts - 1) * own)
    effect = np.trace(clustered[voted][:, voted]) / np.trace(curvature[voted][:, voted])
    covariance = own * clustered + pooled * max(1.0, float(effect)) * curvature
    covariance /= own + pooled
    have, need = np.diag(covariance), np.diag(curvature)
    ratio = np.divide(need, have, out=np.ones_like(need), where=have > 0)
    widen = np.sqrt(np.maximum(1.0, ratio))
    return covariance * widen[:, None] * widen[None, :], own + pooled


def _by_annotator(counts: CountSlice, model: Ints, values: Floats, size: int) -> Floats:
    """(G, M) sums of cell values by annotator and model."""
    people = len(counts.cluster_votes)
    return add_up(counts.cluster * size + model, values, people * size).reshape(people, size)


def _within_components(covariance: Floats, ratings: Ratings) -> Floats:
    """Covariance of the strengths relative to their component's mean; 0 without votes."""
    result = np.zeros_like(covariance)
    for number in range(len(ratings.components)):
        members = np.flatnonzero(ratings.component == number)
        block = np.ix_(members, members)
        part = covariance[block]
        part = part - part.mean(axis=0)
        result[block] = part - part.mean(axis=1, keepdims=True)
    return result
