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
from gemrec.leaderboard import pair_information

SHARPNESS = 2.0
"""Power of the weights by which chances go. In simulation (20 models, 20 seeds) a new model among 19
with 158 votes each is placed in 111 votes with 1, 72 with 2, 63 with 3, uniform pairs need 517; the
error of a balanced arena after 1,500 votes is 0.181, 0.176, 0.183 against 0.176 of uniform pairs."""

_EVEN_SHARE = 0.05  # chance that is shared out evenly among models, or some would have none

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
    """The more one vote on a pair steadies everybody's ratings, the likelier it is."""

    name = "information"

    def weigh(self, models: Sequence[str], evidence: Evidence) -> Floats:
        """See :meth:`PairSampler.weigh`; a model without votes starts with weight 1, the most."""
        weights = a_optimal_weights(evidence.everybody(models)) ** SHARPNESS
        unknown = evidence.games(models).sum(axis=1) == 0
        first, second = pairs_of(len(models))
        return np.where(unknown[first] | unknown[second], 1.0, weights)


class PersonalSampler:
    """Pairs of possible favourites, the more a vote on them tells about its person's taste.

    A pair is as likely as being the best two of two Thompson draws (double Thompson sampling: Wu and
    Liu 2016, "Double Thompson Sampling for Dueling Bandits"), times the nats that a vote on it is
    expected to tell, so that even a close pair is not shown again and again.
    """

    name = "personal"

    def weigh(self, models: Sequence[str], evidence: Evidence) -> Floats:
        """See :meth:`PairSampler.weigh`."""
        first, second = pairs_of(len(models))
        best = evidence.chance_of_best(models) + _EVEN_SHARE / len(models)
        best = best / best.sum()
        rest = 1 / np.maximum(1 - best, np.finfo(np.float64).eps)
        duels = best[first] * best[second] * (rest[first] + rest[second])
        told = evidence.told_of_taste(models)[first, second]
        most = told.max(initial=0.0)
        if most == 0:  # everything is known, so it does not matter
            return np.ones_like(told)
        weights: Floats = duels * np.maximum(told / most, np.finfo(np.float64).eps) ** SHARPNESS
        return weights


def a_optimal_weights(beliefs: Beliefs) -> Floats:
    """How much one vote on each pair reduces the summed variance of the strengths.

    Args:
        beliefs: The posterior over M models.

    Returns:
        (M (M - 1) / 2,) weights above 0, scaled so that the largest is 1; see
        :func:`~gemrec.leaderboard.pair_information`.
    """
    gain = pair_information(beliefs.mean, beliefs.covariance, beliefs.log_nu)
    gain = gain[pairs_of(len(beliefs.mean))]
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
