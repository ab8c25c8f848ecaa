"""Drawing the models of a battle, with the exact probability of what was drawn.

With probability ``random_share`` the pair is drawn uniformly, otherwise by the sampler's weights, so
that no propensity is 0. The policy says which of the two it was (``random`` or the sampler's name);
the propensity is that of the mixture, whichever it was.

A ranking's k models are a drawn pair and k - 2 more, drawn uniformly from the rest: a set S has
probability ``sum of the pairs' chances within S / C(M - 2, k - 2)``. In a king's run the pair is
drawn among those with the king; the propensity is given that king.

Weighing every pair of thousands of models would take seconds, so a battle of a larger pool is drawn
from a uniformly random shortlist. Its propensity is then the chance that the models come onto a
shortlist times their chance on this one: as an inverse weight that is as unbiased as the exact
probability, for over all shortlists the two have the same mean weight.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gemrec.arena.evidence import Evidence, Floats
from gemrec.arena.sampling import PairSampler, pairs_of
from gemrec.errors import InputError

RANDOM = "random"
"""Policy of a battle from the uniformly random share."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The models of a battle.

    Attributes:
        models: Model id per side; the order is a fair shuffle.
        policy: Name of the sampler, ``random``, or ``chosen`` when people chose.
        propensity: Probability of this set of models, above 0 and at most 1; None when people
            chose.
        king: Side of the reigning model in a king's run.
    """

    models: tuple[str, ...]
    policy: str
    propensity: float | None
    king: int | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """How battles are drawn.

    Attributes:
        sampler: Weighs the pairs.
        random_share: Share of battles with a uniformly random pair, 0..1.
        shortlist: Models among which pairs are weighed; at least as many as a battle has sides.
    """

    sampler: PairSampler
    random_share: float = 0.1
    shortlist: int = 256

    def __call__(
        self,
        models: Sequence[str],
        evidence: Evidence,
        rng: np.random.Generator,
        *,
        sides: int = 2,
        king: str | None = None,
        avoid: Collection[frozenset[str]] = (),
    ) -> Choice:
        """Draw the models of one battle.

        Args:
            models: Different ids; their order does not matter.
            evidence: What is known of them.
            rng: Source of all randomness.
            sides: How many models.
            king: A model of ``models`` that has to be one of the two.
            avoid: Pairs that were just found to look the same; left out while others remain.

        Raises:
            InputError: Fewer models than sides.
        """
        pool = sorted(set(models))
        if len(pool) < max(sides, 2):
            raise InputError(f"models: got {len(pool)}; this battle needs at least {sides}")
        if len(pool) > self.shortlist:
            return self._from_shortlist(pool, evidence, rng, sides=sides, king=king, avoid=avoid)
        first, second = pairs_of(len(pool))
        place = {model_id: number for number, model_id in enumerate(pool)}
        allowed = np.ones(len(first), dtype=np.bool_)
        if king is not None:
            allowed &= (first == place[king]) | (second == place[king])
        for pair in avoid:
            if pair <= place.keys():
                both = [place[model_id] for model_id in pair]
                allowed &= ~(np.isin(first, both) & np.isin(second, both))
        if not allowed.any():
            return self(models, evidence, rng, sides=sides, king=king)
        uniform = allowed / allowed.sum()
        weighed = _chances(self.sampler.weigh(pool, evidence) * allowed, uniform)
        is_random = bool(rng.random() < self.random_share)
        drawn = int(rng.choice(len(first), p=uniform if is_random else weighed))
        chances = self.random_share * uniform + (1 - self.random_share) * weighed
        members = [int(first[drawn]), int(second[drawn])]
        if sides > len(members):
            rest = np.setdiff1d(np.arange(len(pool)), members)
            members += rng.choice(rest, sides - len(members), replace=False).tolist()
        within = np.isin(first, members) & np.isin(second, members)
        ways = math.comb(len(pool) - 2, sides - 2)
        shown = tuple(pool[i] for i in rng.permutation(members))
        return Choice(
            models=shown,
            policy=RANDOM if is_random else self.sampler.name,
            propensity=float(chances[within].sum() / ways),
            king=None if king is None else shown.index(king),
        )

    def _from_shortlist(
        self,
        pool: list[str],
        evidence: Evidence,
        rng: np.random.Generator,
        *,
        sides: int,
        king: str | None,
        avoid: Collection[frozenset[str]],
    ) -> Choice:
        """Draw from some of the models; a king is always one of them."""
        others = [model_id for model_id in pool if model_id != king]
        free = self.shortlist - (len(pool) - len(others))
        listed = {others[i] for i in rng.choice(len(others), free, replace=False).tolist()}
        known = [model_id for model_id in pool if model_id in listed or model_id == king]
        choice = self(known, evidence, rng, sides=sides, king=king, avoid=avoid)
        drawn = sides - (king is not None)
        chance = math.prod((free - i) / (len(others) - i) for i in range(drawn))
        return replace(choice, propensity=(choice.propensity or 0.0) * chance)


def _chances(weights: Floats, otherwise: Floats) -> Floats:
    """Weights as probabilities; ``otherwise`` where the allowed pairs have none."""
    total = weights.sum()
    return weights / total if total > 0 else otherwise
