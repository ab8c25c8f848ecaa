"""Which pair of models is worth a vote: the one that makes all ratings surer."""

import numpy as np

from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.tables import Floats


def pair_information(strengths: Floats, covariance: Floats, log_nu: float) -> Floats:
    """By how much one vote on each pair would lessen the sum of the strengths' variances.

    One vote on models ``i`` and ``j`` adds ``v x x'`` with ``x = e_i - e_j`` to the information,
    ``v`` being Davidson's curvature at the pair. By Sherman and Morrison's formula (1950) the trace
    of the covariance ``C`` then falls by ``v |C x|^2 / (1 + v x' C x)``; to choose the largest fall
    is A-optimal design (Atkinson and Donev, 1992, ch. 10). Only differences of strengths show, so
    variances are taken around the mean of all models. A new model, whose variance is the prior's,
    wins until it is about as well known as the others.

    Args:
        strengths: (M,) logits.
        covariance: (M, M) of the strengths, each free to shift: not centred within components, or
            votes between groups that nothing links would seem to teach little.
        log_nu: Logarithm of the tie parameter.

    Returns:
        (M, M) symmetric weights in squared logits, 0 on the diagonal.
    """
    p, q, _ = pair_probabilities(strengths[:, None] - strengths[None, :], log_nu)
    curvature = (p + q) / 4 - ((p - q) / 2) ** 2
    centred = covariance - covariance.mean(axis=0)
    fall = curvature * _of_differences(centred.T @ centred)
    weights: Floats = np.maximum(fall / (1 + curvature * _of_differences(covariance)), 0.0)
    np.fill_diagonal(weights, 0.0)
    return weights


def _of_differences(matrix: Floats) -> Floats:
    """(M, M) value of the quadratic form of ``matrix`` at ``e_i - e_j``."""
    diagonal = np.diag(matrix)
    result: Floats = diagonal[:, None] + diagonal[None, :] - matrix - matrix.T
    return result
