"""How many more votes until the top pick is settled, foreseen from the posterior.

The top pick is *settled* when, with 80% probability, no other model is noticeably better: better
by more than 0.3 logits, which one would see in 57 of 100 comparisons. (Asking for the single best
model would never end where two are alike.)

The number is found by playing votes out: truths are drawn from the posterior, each answers votes on
the pairs that tell most about the top (the leader against the rival that could be furthest above
it), and each vote is taken in as one Newton step on the normal belief. The answer is the number of
votes after which half of these futures have settled (preposterior analysis: Raiffa and Schlaifer
1961).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference import Belief

Array = NDArray[np.float64]

SETTLED: Final = 0.8
NOTICEABLE: Final = 0.3
MOST_VOTES: Final = 200
_RIVALS: Final = 8  # models that could be on top
_FUTURES: Final = 64
_DRAWS: Final = 128  # in opposite pairs
_EVERY: Final = 0.12  # votes between two checks, as a share of the votes so far


def votes_to_go(belief: Belief, rng: np.random.Generator) -> int | None:
    """Votes until the top pick is settled in half of all futures; for pages, not for every vote.

    Args:
        belief: About the models on offer.
        rng: Source of all randomness.

    Returns:
        0 when it is settled already; None when that takes more than ``MOST_VOTES``.
    """
    best = belief.only(np.argsort(-belief.mean, kind="stable")[:_RIVALS])
    count = len(best)
    if count <= 1:
        return 0
    start, before = best.mean, best.covariance
    half = rng.standard_normal((_DRAWS // 2, count))
    noise = np.concatenate([half, -half])
    if _settled(start[None], before[None], noise)[0]:
        return 0
    truths = start + rng.standard_normal((_FUTURES, count)) @ _root(before).T
    mean = np.tile(start, (_FUTURES, 1))
    covariance = np.tile(before, (_FUTURES, 1, 1))
    check_at = 1
    for cast in range(1, MOST_VOTES + 1):
        first, second = next_pairs(mean, covariance)
        _take_in_votes(mean, covariance, truths, first, second, rng)
        if cast < check_at:
            continue
        check_at = cast + max(1, int(_EVERY * cast))
        going = ~_settled(mean, covariance, noise)
        mean, covariance, truths = mean[going], covariance[going], truths[going]
        if 2 * len(mean) <= _FUTURES:
            return cast
    return None


def next_pairs(mean: Array, covariance: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The leader of each future, and the rival that could be furthest above it.

    Args:
        mean: (f, n) utilities.
        covariance: (f, n, n).
    """
    rows = np.arange(len(mean))
    top = mean.argmax(axis=1)
    own = np.diagonal(covariance, axis1=1, axis2=2)
    spread = own[rows, top][:, None] + own - 2 * covariance[rows, top]
    hope = mean - mean[rows, top][:, None] + np.sqrt(np.maximum(spread, 0.0))
    hope[rows, top] = -np.inf
    return top, hope.argmax(axis=1)


def _take_in_votes(
    mean: Array,
    covariance: Array,
    truths: Array,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """One vote in each future, by Bradley-Terry; ``mean`` and ``covariance`` change in place."""
    rows = np.arange(len(mean))
    won = rng.random(len(mean)) < _sigmoid(truths[rows, first] - truths[rows, second])
    share = _sigmoid(mean[rows, first] - mean[rows, second])
    column = covariance[rows, first] - covariance[rows, second]
    weight = share * (1 - share)
    gain = column / (1 + weight * (column[rows, first] - column[rows, second]))[:, None]
    mean += gain * (won - share)[:, None]
    covariance -= weight[:, None, None] * gain[:, :, None] * column[:, None, :]


def _settled(mean: Array, covariance: Array, noise: Array) -> NDArray[np.bool_]:
    """(f,) whether nothing beats the top noticeably in enough draws."""
    rows = np.arange(len(mean))
    drawn = mean[:, None, :] + noise @ _root(covariance).swapaxes(1, 2)
    top = drawn[rows, :, mean.argmax(axis=1)]
    settled: NDArray[np.bool_] = (top >= drawn.max(axis=2) - NOTICEABLE).mean(axis=1) >= SETTLED
    return settled


def _root(covariance: Array) -> Array:
    """Square roots of covariances that rounding may have made slightly indefinite."""
    values, axes = np.linalg.eigh((covariance + covariance.swapaxes(-1, -2)) / 2)
    root: Array = axes * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    return root


def _sigmoid(value: Array) -> Array:
    result: Array = (1 + np.tanh(value / 2)) / 2
    return result
