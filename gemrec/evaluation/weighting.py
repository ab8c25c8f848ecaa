"""Means over what was shown on purpose, as if it had been shown at random.

Votes on deliberately chosen pairs say little of other pairs. Each vote is weighed by how likely its
pair is under the policy that is asked about, over how likely it was (inverse propensity scores; Horvitz
and Thompson 1952), with weights cut at a multiple of the usual one (Ionides 2008, "Truncated Importance
Sampling") and the mean taken relative to their sum (Swaminathan and Joachims 2015, "The
Self-Normalized Estimator for Counterfactual Learning").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.preference.davidson import Array

CLIP: Final = 20.0
"""Most that a vote weighs, as a multiple of one on a pair as likely as at random."""

_RESAMPLES: Final = 1000
_FEWEST_PEOPLE: Final = 10  # with fewer, votes are drawn again rather than people


@dataclass(frozen=True, slots=True)
class Estimate:
    """A weighted mean.

    Attributes:
        value: The mean.
        low: Lower end of its 95% interval.
        high: Upper end.
        n: Votes behind it.
        effective_n: As many equally weighed votes would tell as much (Kish 1965).
    """

    value: float
    low: float
    high: float
    n: int
    effective_n: float


def weighted_mean(
    values: Array, weights: Array, people: Sequence[str], rng: np.random.Generator
) -> Estimate | None:
    """A self-normalised mean with a bootstrap interval over people.

    Args:
        values: (n,) what each vote says.
        weights: (n,) wanted over actual probability, 1 where they are the same; cut at ``CLIP``.
        people: (n,) who cast it; with fewer than ten people the votes count as independent.
        rng: Source of all randomness.

    Returns:
        None without votes.
    """
    if not len(values):
        return None
    weights = np.minimum(weights, CLIP)
    names, of = np.unique(np.asarray(people), return_inverse=True)
    if len(names) < _FEWEST_PEOPLE:
        of = np.arange(len(values))
    told, worth = np.bincount(of, weights * values), np.bincount(of, weights)
    drawn = rng.multinomial(len(worth), np.full(len(worth), 1 / len(worth)), _RESAMPLES)
    low, high = np.quantile((drawn @ told) / (drawn @ worth), (0.025, 0.975))
    return Estimate(
        value=float(told.sum() / worth.sum()),
        low=float(low),
        high=float(high),
        n=len(values),
        effective_n=float(weights.sum() ** 2 / (weights**2).sum()),
    )
