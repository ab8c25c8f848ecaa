"""Ranks that admit what is not known."""

import math

import numpy as np

from gemrec.leaderboard.tables import Floats, Ints


def published_ranks(low: Floats, high: Floats, component: Ints) -> tuple[Ints, Ints]:
    """Rank range by the rule of public arenas.

    A model's best rank is 1 + the number of models whose lower end exceeds its upper end; its worst
    rank is the number of models of its component less those whose upper end is below its lower end.
    There is no correction for the number of comparisons. Models of different components are never
    compared; a model without votes stands behind all others.

    Args:
        low: (M,) lower interval ends.
        high: (M,) upper interval ends.
        component: (M,) component of each model, -1 without votes.

    Returns:
        Best and worst rank, (M,) each, from 1; within each model's component.
    """
    peers = _peers(component)
    best = 1 + ((low[None, :] > high[:, None]) & peers).sum(axis=1)
    worst = peers.sum(axis=1) - ((high[None, :] < low[:, None]) & peers).sum(axis=1)
    return _voteless_last(best, worst, component)


def drawn_ranks(
    strengths: Floats,
    covariance: Floats,
    component: Ints,
    rng: np.random.Generator,
    *,
    degrees: float = math.inf,
    confidence: float = 0.95,
    draws: int = 1000,
) -> tuple[Ints, Ints]:
    """Rank range from draws of all strengths together, which honours their correlation.

    Args:
        strengths: (M,) logits.
        covariance: (M, M) their covariance.
        component: (M,) component of each model, -1 without votes.
        rng: Random generator.
        degrees: Degrees of freedom of the covariance; the draws are of a multivariate t.
        confidence: Share of draws in which a model's rank lies in the range.
        draws: How many draws.

    Returns:
        Best and worst rank, (M,) each, from 1; within each model's component.
    """
    voted = np.flatnonzero(component >= 0)
    values, vectors = np.linalg.eigh(covariance[np.ix_(voted, voted)])
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    sample = np.repeat(strengths[None, :], draws, axis=0)  # np.tile of nothing cannot be written to
    sample[:, voted] += rng.standard_normal((draws, voted.size)) @ root.T
    if math.isfinite(degrees):
        tails = np.sqrt(degrees / rng.chisquare(degrees, draws))
        sample = strengths + (sample - strengths) * tails[:, None]
    best = np.zeros(len(strengths), dtype=np.int64)
    worst = np.zeros(len(strengths), dtype=np.int64)
    tail = (1 - confidence) / 2
    for number in range(int(component.max(initial=-1)) + 1):
        members = np.flatnonzero(component == number)
        order = np.argsort(-sample[:, members], axis=1)
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.arange(1, members.size + 1)[None, :], axis=1)
        best[members] = np.quantile(ranks, tail, axis=0, method="lower")
        worst[members] = np.quantile(ranks, 1 - tail, axis=0, method="higher")
    return _voteless_last(best, worst, component)


def _peers(component: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(M, M) whether two models stand in the same component."""
    same: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (
        component[:, None] == component[None, :]
    ) & (component >= 0)
    return same


def _voteless_last(best: Ints, worst: Ints, component: Ints) -> tuple[Ints, Ints]:
    last = int((component >= 0).sum()) + 1
    voteless = component < 0
    return np.where(voteless, last, best), np.where(voteless, len(component), worst)
