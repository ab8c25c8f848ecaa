"""How many more votes until the top pick is settled, foreseen from the posterior.

The top pick is *settled* when, with 80 % probability, no other model is noticeably better: better
by more than 0.3 logits, which one would see in 57 of 100 comparisons. (Asking for the single best
model would never end where two are alike.)

A vote on a pair multiplies the posterior by a likelihood whose curvature does not depend on what
is said, so the covariance after n votes can be foreseen, and the mean after them is spread around
today's by what the covariance will have lost (preposterior analysis: Raiffa and Schlaifer 1961).
The pairs are the ones that tell most about the top: the leader against the rival whose difference
is least certain to be in its favour.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference import Belief

Array = NDArray[np.float64]

SETTLED: Final = 0.8
NOTICEABLE: Final = 0.3
MOST_VOTES: Final = 200
_RIVALS: Final = 12  # models that could be on top
_FUTURES: Final = 48
_DRAWS: Final = 96
_CHECKED: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 62, 78, 98, 125, 160, 200)


def votes_to_go(belief: Belief, rng: np.random.Generator) -> int | None:
    """Votes until the top pick is settled in half of all futures.

    Args:
        belief: About the models on offer, the most promising ones first or all.
        rng: Source of all randomness.

    Returns:
        0 when it is settled already; None when that takes more than ``MOST_VOTES``.
    """
    best = belief.only(np.argsort(-belief.mean, kind="stable")[:_RIVALS])
    count = len(best)
    if count <= 1:
        return 0
    mean, before = best.mean, best.covariance
    futures = rng.standard_normal((_FUTURES, count))
    draws = rng.standard_normal((_DRAWS, count))
    covariance, cast = before, 0
    for number in _CHECKED:
        while cast < number:
            covariance = _after_a_vote(mean, covariance, cast)
            cast += 1
        lost = _root(before - covariance)
        left = draws @ _root(covariance).T
        settled = [_settled(mean + lost @ future, left) for future in futures]
        if float(np.median(settled)) >= SETTLED:
            return number
    return None


def is_settled(belief: Belief, rng: np.random.Generator, draws: int = 2000) -> float:
    """Probability that no model is noticeably better than the top pick, 0..1."""
    if len(belief) <= 1:
        return 1.0
    drawn = belief.draw(rng, draws)
    return _settled(belief.mean, drawn - belief.mean)


def next_pair(mean: Array, covariance: Array, turn: int) -> tuple[int, int]:
    """The leader and the rival whose difference says most about the top.

    Args:
        mean: (n,) utilities.
        covariance: (n, n).
        turn: Every fourth vote goes to the best two rivals, so that they are told apart too.
    """
    top = int(mean.argmax())
    variance = np.diag(covariance)
    spread = variance[top] + variance - 2 * covariance[top]
    # Upper bound of how much better than the leader each one could be.
    hope = mean - mean[top] + np.sqrt(np.maximum(spread, 0.0))
    hope[top] = -np.inf
    order = np.argsort(-hope, kind="stable")
    if turn % 4 == 3 and len(mean) > 2:  # noqa: PLR2004
        return int(order[0]), int(order[1])
    return top, int(order[0])


def _after_a_vote(mean: Array, covariance: Array, turn: int) -> Array:
    """The covariance after one more vote, whatever it says."""
    first, second = next_pair(mean, covariance, turn)
    column = covariance[:, first] - covariance[:, second]
    spread = float(column[first] - column[second])
    gap = float(mean[first] - mean[second])
    # Curvature of log(1 + e^-d) at the difference that is expected.
    curvature = 0.25 / np.cosh(gap / 2) ** 2
    after: Array = covariance - np.outer(column, column) * curvature / (1 + curvature * spread)
    return after


def _settled(mean: Array, noise: Array) -> float:
    """Share of draws in which nothing beats the top of the mean noticeably."""
    top = int(mean.argmax())
    drawn = mean + noise
    return float((drawn[:, top] >= drawn.max(axis=1) - NOTICEABLE).mean())


def _root(covariance: Array) -> Array:
    """A square root of a covariance that rounding may have made slightly indefinite."""
    values, axes = np.linalg.eigh((covariance + covariance.T) / 2)
    root: Array = axes * np.sqrt(np.maximum(values, 0.0))
    return root
