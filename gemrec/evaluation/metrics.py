"""Measures of predictions and of rankings."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.davidson import Array

_BINS: Final = 20


def calibration_error(gaps: Array, first_won: NDArray[np.bool_], bins: int = _BINS) -> float:
    """Expected calibration error of the stated probability of the favoured side.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3, with equal bins of the
    confidence, which is 0.5..1.

    Args:
        gaps: (n,) logits in favour of the first side.
        first_won: (n,) whether it won.
        bins: How many bins from 0 to 1.
    """
    if not len(gaps):
        return 0.0
    confidence = (1 + np.tanh(np.abs(gaps) / 2)) / 2
    right = (gaps > 0) == first_won
    which = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    count = np.bincount(which, minlength=bins)
    apart = np.bincount(which, confidence - right, bins)
    return float(np.abs(apart).sum() / count.sum())


def ndcg(order: NDArray[np.int64], gains: Array, places: int) -> float:
    """Normalised discounted cumulative gain of the first ``places``.

    Järvelin and Kekäläinen 2002, with discounts ``1 / log2(1 + place)``.

    Args:
        order: Items, best first.
        gains: (items,) at least 0.
        places: How many places count.
    """
    discount = 1 / np.log2(np.arange(2, 2 + min(places, len(order))))
    ideal = float(np.sort(gains)[::-1][: len(discount)] @ discount)
    return float(gains[order[: len(discount)]] @ discount) / ideal if ideal > 0 else 0.0


def regret(chosen: int, utilities: Array) -> float:
    """How much worse the choice is than the best, as a share of what a random choice loses."""
    best, mean = float(utilities.max()), float(utilities.mean())
    return (best - float(utilities[chosen])) / (best - mean) if best > mean else 0.0
