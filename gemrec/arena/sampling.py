"""Choosing the two models of a battle, with the probability of the choice.

The probability (propensity) is stored with the battle, so that votes on deliberately chosen pairs
can be re-weighted later. Every sampler gives every pair a chance above zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import InputError

PairCounts = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class PairChoice:
    """A sampled pair.

    Attributes:
        models: (left, right) model ids; the sides are a fair coin flip.
        policy: Name of the sampler.
        propensity: Probability, above 0 and at most 1, of this pair in either order.
    """

    models: tuple[str, str]
    policy: str
    propensity: float


class PairSampler(Protocol):
    """Chooses two different models out of a pool."""

    @property
    def name(self) -> str:
        """The policy's name, stored with every battle."""

    def sample(
        self, model_ids: Sequence[str], counts: PairCounts, rng: np.random.Generator
    ) -> PairChoice:
        """Choose a pair.

        Args:
            model_ids: At least two different ids; their order does not matter.
            counts: Battles so far per pair, in either order of ids; missing pairs have none.
            rng: Source of all randomness.

        Raises:
            InputError: Fewer than two different ids.
        """


class UniformSampler:
    """Every pair is equally likely."""

    name = "uniform"

    def sample(
        self,
        model_ids: Sequence[str],
        counts: PairCounts,  # noqa: ARG002 - the protocol's signature
        rng: np.random.Generator,
    ) -> PairChoice:
        """See :meth:`PairSampler.sample`; ``counts`` is ignored."""
        pairs = _pairs(model_ids)
        return _draw(self.name, pairs, np.full(len(pairs), 1 / len(pairs)), rng)


class FewestVotesSampler:
    """One of the least compared pairs, or now and then any pair.

    Args:
        explore: Share of battles, 0 < explore ≤ 1, whose pair is drawn uniformly from all pairs;
            it keeps every propensity above zero.
    """

    name = "fewest_votes"

    def __init__(self, explore: float = 0.2) -> None:
        if not 0 < explore <= 1:
            raise InputError(f"explore: got {explore}; allowed: above 0 and at most 1")
        self.explore = explore

    def sample(
        self, model_ids: Sequence[str], counts: PairCounts, rng: np.random.Generator
    ) -> PairChoice:
        """See :meth:`PairSampler.sample`."""
        pairs = _pairs(model_ids)
        seen = np.array([counts.get((a, b), 0) + counts.get((b, a), 0) for a, b in pairs])
        fewest = seen == seen.min()
        chances = self.explore / len(pairs) + (1 - self.explore) * fewest / fewest.sum()
        return _draw(self.name, pairs, chances, rng)


def _pairs(model_ids: Sequence[str]) -> list[tuple[str, str]]:
    """All pairs of different ids, in a fixed order so that equal seeds give equal choices."""
    pairs = list(combinations(sorted(set(model_ids)), 2))
    if not pairs:
        raise InputError(f"models: got {len(set(model_ids))}; a battle needs at least 2")
    return pairs


def _draw(
    policy: str,
    pairs: Sequence[tuple[str, str]],
    chances: NDArray[np.float64],
    rng: np.random.Generator,
) -> PairChoice:
    index = int(rng.choice(len(pairs), p=chances))
    return PairChoice(fair_sides(pairs[index], rng), policy, float(chances[index]))


def fair_sides(pair: tuple[str, str], rng: np.random.Generator) -> tuple[str, str]:
    """The pair in a random order, so that neither model is favoured by its place."""
    first, second = pair
    return (second, first) if rng.random() < 0.5 else (first, second)


SAMPLERS: Mapping[str, type[UniformSampler] | type[FewestVotesSampler]] = MappingProxyType(
    {UniformSampler.name: UniformSampler, FewestVotesSampler.name: FewestVotesSampler}
)
