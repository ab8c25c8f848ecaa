"""What everybody likes, as a frozen state, and what it says of a person before their votes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from gemrec.preference.contests import Contests, Integers
from gemrec.preference.davidson import Array
from gemrec.preference.design import MANY
from gemrec.preference.joint import Joint
from gemrec.preference.person import PersonPrior, Told
from gemrec.preference.scales import SHARED


@dataclass(frozen=True)
class Everybody:
    """The shared part of the joint fit.

    Attributes:
        joint: The fit of everybody's part and all persons' parts.
        people: Number per annotator id that took part in the fit.
        prompts: Number per prompt.
        categories: Number per category; -1 for the empty one.
    """

    joint: Joint
    people: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    prompts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    categories: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def doubt(self) -> Array:
        """(M + 1,) variances of the models' shared offsets, given how people differ."""
        size = len(self.joint.popularity)
        prior = np.full(size, self.joint.scales.parts.get("model", 0.0))
        prior[-1] = self.joint.scales.bar
        told = np.zeros(size)
        for part in self.joint.offsets:
            if part.name == "own_model":
                seen = self.joint.information[part.start : part.start + len(part.keys)]
                each = seen / (1 + part.variance * seen)
                told += np.bincount(part.keys % MANY, each, size)
            elif part.name == "model" and not self.joint.scales.parts.get("own_model"):
                told[part.keys] += self.joint.information[part.start : part.start + len(part.keys)]
        return prior / (1 + prior * told)

    @cached_property
    def prior(self) -> PersonPrior:
        """What is believed of anybody before their votes."""
        scales = self.joint.scales
        own = np.full(len(self.joint.popularity), max(scales.parts.get("own_model", 0.0), 1e-6))
        own[-1] = scales.bar
        return PersonPrior(scales.root(self.joint.dim), own)

    def utilities(self, models: Integers, prompt: int, category: int, features: Array) -> Array:
        """(n,) everybody's part of utilities, above what satisfies people, logits.

        Args:
            models: (n,) model numbers.
            prompt: Number of the prompt; -1 when nobody has voted on it.
            category: Number of its category; -1 when unknown.
            features: (n, r).
        """
        count = len(models)
        against_bar = Contests(
            person=np.full(count, -1),
            models=np.stack([models, np.full(count, self.joint.bar)], axis=1),
            prompt=np.full(count, prompt),
            category=np.full(count, category),
            features=features,
            margin=np.zeros(count),
            weight=np.ones(count),
            sided=np.zeros(count, dtype=np.bool_),
            votes=np.zeros(count, dtype=np.int64),
        )
        return self.joint.differences(against_bar, SHARED)

    def tell(self, contests: Contests, person: int = -1) -> Told:
        """What is treated as certain about one person's contests.

        Args:
            contests: The person's, numbered as in the fit.
            person: Number of the person in the fit; -1 for somebody new.
        """
        scales = self.joint.scales
        own_nu = self.joint.own_log_nu[person] if 0 <= person < len(self.joint.own_log_nu) else 0.0
        real = (contests.models < self.joint.bar).sum(axis=1)
        noise = real * scales.parts.get("own_item", 0.0)
        noise = noise + contests.sided * scales.parts.get("session", 0.0)
        return Told(
            contests=contests,
            known=self.joint.differences(contests, (*SHARED, "side", "own_side")),
            log_nu=contests.tie_weights(self.joint.bar, self.joint.log_nu + own_nu),
            noise=noise,
        )
