"""Which pair of models is worth a vote: the one that makes all ratings surer.

One vote on models ``i`` and ``j`` adds ``v (e_i - e_j)(e_i - e_j)'`` to the information, with ``v``
its expected curvature. By Sherman and Morrison's formula the sum of all ratings' variances then
falls by::

    v |C (e_i - e_j)|^2 / (1 + v (e_i - e_j)' C (e_i - e_j))

where ``C`` is the covariance before the vote. Choosing the largest fall is A-optimal design. A new
model, whose variance is the prior's, wins until it is about as well known as the others; a pair of
two unlinked groups wins until they are linked.
"""

import math

import numpy as np

from gemrec.leaderboard.bradley_terry import Ratings
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.tables import Floats


def pair_information(ratings: Ratings) -> Floats:
    """By how much one vote on each pair would lessen the sum of the ratings' variances.

    Args:
        ratings: A fit with a finite prior; its cached inverse Hessian is used, so that this takes
            one (M, M) product.

    Returns:
        (M, M) symmetric weights in squared logits, above 0 for every pair and 0 on the diagonal.
    """
    covariance = prior_covariance(ratings)
    theta = ratings.strengths
    p, q, _ = pair_probabilities(theta[:, None] - theta[None, :], ratings.log_nu)
    curvature = (p + q) / 4 - ((p - q) / 2) ** 2
    fall = curvature * _differences(covariance @ covariance)
    weights: Floats = fall / (1 + curvature * _differences(covariance))
    np.fill_diagonal(weights, 0.0)
    return np.maximum(weights, 0.0)


def prior_covariance(ratings: Ratings) -> Floats:
    """(M, M) covariance of the strengths under the prior, each group free to shift as a whole.

    The fit pins the common shift of each group of linked models (its Hessian has one more on every
    entry of the group's block); that is taken back here, or votes between groups would seem to
    teach less than they do.
    """
    size = len(ratings.models)
    covariance = ratings.inverse_hessian[:size, :size].copy()
    if math.isinf(ratings.prior_sd):
        return covariance
    free = ratings.prior_sd**2
    for number in range(len(ratings.components)):
        members = np.flatnonzero(ratings.component == number)
        pinned = 1 / (1 / free + len(members))
        covariance[np.ix_(members, members)] += (free - pinned) / len(members)
    return covariance


def _differences(matrix: Floats) -> Floats:
    """(M, M) value of the quadratic form of ``matrix`` at ``e_i - e_j``."""
    diagonal = np.diag(matrix)
    result: Floats = diagonal[:, None] + diagonal[None, :] - matrix - matrix.T
    return result
