"""How likely each pair of models is to be shown.

A sampler gives every pair a chance; :mod:`gemrec.arena.drawing` draws, and stores the probability
of what was drawn with the battle, so that votes on deliberately chosen pairs can be re-weighted.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gemrec.arena.evidence import Beliefs, Evidence, Floats
from gemrec.preference.davidson import moments

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
"""(n,) positions of each pair's first and second model."""


class PairSampler(Protocol):
    """Says how likely each pair of a pool should be shown."""

    @property
    def name(self) -> str:
        """The policy's name, stored with every battle."""

    def weigh(self, models: Sequence[str], evidence: Evidence) -> Floats:
        """Weigh every pair.

        Args:
            models: M different ids.
            evidence: What is known of them.

        Returns:
            (M (M - 1) / 2,) weights, at least 0 and not all 0, in the order of
            :func:`pairs_of`; chances are proportional to them.
        """


def pairs_of(size: int) -> Pairs:
    """All pairs of ``size`` models, in a fixed order."""
    first, second = np.triu_indices(size, 1)
    return first.astype(np.int64), second.astype(np.int64)


class UniformSampler:
    """Every pair is equally likely."""

    name = "uniform"

    def weigh(
        self,
        models: Sequence[str],
        evidence: Evidence,  # noqa: ARG002 - the protocol's signature
    ) -> Floats:
        """See :meth:`PairSampler.weigh`."""
        return np.ones(len(models) * (len(models) - 1) // 2)


class FewestVotesSampler:
    """Only the least compared pairs, all equally likely."""

    name = "fewest_votes"

    def weigh(self, models: Sequence[str], evidence: Evidence) -> Floats:
        """See :meth:`PairSampler.weigh`."""
        votes = evidence.games(models)[pairs_of(len(models))]
        fewest: Floats = (votes == votes.min(initial=np.inf)).astype(np.float64)
        return fewest


class InformationSampler:
    """Pairs in proportion to how much one vote on them steadies everybody's ratings."""

    name = "information"

    def weigh(self, models: Sequence[str], evidence: Evidence) -> Floats:
        """See :meth:`PairSampler.weigh`; a model without votes starts with weight 1, the most."""
        weights = a_optimal_weights(evidence.everybody(models))
        unknown = evidence.games(models).sum(axis=1) == 0
        first, second = pairs_of(len(models))
        return np.where(unknown[first] | unknown[second], 1.0, weights)


class PersonalSampler:
    """Pairs in proportion to how much one vote on them tells about this person's taste."""

    name = "personal"

    def weigh(self, models: Sequence[str], evidence: Evidence) -> Floats:
        """See :meth:`PairSampler.weigh`."""
        return a_optimal_weights(evidence.person(models))


def a_optimal_weights(beliefs: Beliefs) -> Floats:
    """How much one vote on each pair reduces the summed variance of the strengths.

    With posterior covariance S, x = e_i - e_j, d = x'Sx and v the information of one vote about the
    difference, one vote turns S into S - v Sx x'S / (1 + v d) (Sherman and Morrison, 1950), so the
    trace falls by ``v |Sx|^2 / (1 + v d)``: A-optimality (Chernoff, 1953; Atkinson and Donev, 1992,
    ch. 10). Strengths count relative to their mean, as only differences show.

    Args:
        beliefs: The posterior over M models.

    Returns:
        (M (M - 1) / 2,) weights above 0, scaled so that the largest is 1.
    """
    first, second = pairs_of(len(beliefs.mean))
    centred = beliefs.covariance - beliefs.covariance.mean(axis=0)
    effect = centred[:, first] - centred[:, second]
    covariance = beliefs.covariance
    spread = covariance[first, first] + covariance[second, second] - 2 * covariance[first, second]
    gap = beliefs.mean[first] - beliefs.mean[second]
    vote = moments(gap, beliefs.log_nu).variance
    gain: Floats = vote * (effect**2).sum(axis=0) / (1 + vote * spread)
    # Rounding of huge covariances must not take a pair's last chance.
    gain = np.maximum(gain, np.finfo(np.float64).tiny)
    scaled: Floats = gain / gain.max(initial=np.finfo(np.float64).tiny)
    return np.maximum(scaled, np.finfo(np.float64).eps)


SAMPLERS: Mapping[str, Callable[[], PairSampler]] = MappingProxyType(
    {
        UniformSampler.name: UniformSampler,
        FewestVotesSampler.name: FewestVotesSampler,
        InformationSampler.name: InformationSampler,
        PersonalSampler.name: PersonalSampler,
    }
)
"""Every sampler by the word that the setting ``GEMREC_SAMPLER`` knows it by."""
