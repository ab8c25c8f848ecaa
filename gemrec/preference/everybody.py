"""What everybody likes, as a frozen state, and what it says of a person before their votes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from gemrec.preference.contests import Contests, Integers, Numbers, Reader
from gemrec.preference.davidson import Array
from gemrec.preference.design import MANY
from gemrec.preference.features import FeatureTable
from gemrec.preference.joint import Joint, fit_joint, never
from gemrec.preference.learning import learn_more
from gemrec.preference.person import PersonPrior, Told
from gemrec.preference.scales import POPULARITY_MEAN, Scales, standardised_popularity
from gemrec.records import Vote

ENOUGH: Final = 100
"""Contests from which variances are learnt."""


@dataclass(frozen=True)
class Everybody:
    """The shared part of the joint fit; immutable.

    Attributes:
        joint: The fit of everybody's part and all persons' parts.
        models: Model ids; their positions are their numbers.
        numbers: Numbers of the people, prompts and categories in the fit.
        looks: (M, r) usual features of the models, zeros where unknown.
        votes: Votes it was fitted to.
    """

    joint: Joint
    models: tuple[str, ...] = ()
    numbers: Numbers = field(default_factory=lambda: Numbers({}, {}, {}))
    looks: Array = field(default_factory=lambda: np.zeros((0, 0)))
    votes: int = 0
    _by_category: dict[int, tuple[Array, Array]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Number per model id."""
        return {model_id: i for i, model_id in enumerate(self.models)}

    @cached_property
    def mean(self) -> Array:
        """(M,) everybody's liking for the models' usual pictures, logits above the average model."""
        found = self.utilities(np.arange(len(self.models)), -1, self.looks)
        centred: Array = found - found.mean() if len(found) else found
        return centred

    @cached_property
    def doubt(self) -> Array:
        """(M + 1,) variances of the models' shared offsets, given how people differ."""
        size = len(self.joint.popularity)
        prior = np.full(size, self.joint.scales.parts.get("model", 0.0))
        prior[-1] = self.joint.scales.bar
        told = np.zeros(size)
        alone = not self.joint.scales.parts.get("own_model")
        for part in self.joint.offsets:
            seen = self.joint.information[part.start : part.start + len(part.keys)]
            if part.name == "own_model":
                each = seen / (1 + part.variance * seen)
                told += np.bincount(part.keys % MANY, each, size)
            elif part.name == "model" and alone:
                told[part.keys] += seen
        return prior / (1 + prior * told)

    @cached_property
    def prior(self) -> PersonPrior:
        """What is believed of anybody before their votes."""
        scales = self.joint.scales
        own = np.full(len(self.joint.popularity), max(scales.parts.get("own_model", 0.0), 1e-6))
        own[-1] = scales.bar
        return PersonPrior(scales.root(self.joint.dim), own)

    def category(self, name: str) -> int:
        """Number of a category; -1 for one that was never met."""
        return self.numbers.categories.get(name, -1)

    def utilities(
        self, models: Integers, category: int, features: Array, prompt: int = -1
    ) -> Array:
        """(n,) everybody's part of utilities, above what satisfies people, logits.

        Args:
            models: (n,) model numbers.
            category: Number of the prompt's category; -1 when unknown.
            features: (n, r).
            prompt: Number of the prompt; -1 when nobody has voted on it.
        """
        of_models, liking = self._on(category)
        above_bar: Array = of_models[models] - of_models[self.joint.bar] + features @ liking
        return above_bar + self.joint.part("item", prompt * MANY + models)

    def _on(self, category: int) -> tuple[Array, Array]:
        """(M + 1,) utilities of the models without any features in a category, and (r,) liking."""
        found = self._by_category.get(category)
        if found is None:
            joint = self.joint
            models = np.arange(len(joint.popularity))
            liking = joint.liking("content")
            of_models = (POPULARITY_MEAN + liking[0]) * joint.popularity
            of_models += joint.part("model", models)
            if category >= 0:
                of_models[:-1] += joint.part("category", category * MANY + models[:-1])
            found = of_models, liking[1:] + joint.liking("kind", category)[1:]
            self._by_category[category] = found
        return found

    def _known(self, contests: Contests, person: int) -> Array:
        """(n,) everybody's part of utility differences, the person's liking for a side included."""
        known = np.zeros(len(contests))
        for category in np.unique(contests.category).tolist():
            rows = np.flatnonzero(contests.category == category)
            of_models, liking = self._on(category)
            first, second = contests.models[rows].T
            known[rows] = of_models[first] - of_models[second] + contests.features[rows] @ liking
        items = self.joint.part("item", contests.prompt[:, None] * MANY + contests.models)
        side = float(self.joint.part("side", np.zeros(1, dtype=np.int64))[0])
        side += float(self.joint.part("own_side", np.full(1, person))[0])
        total: Array = known + items[:, 0] - items[:, 1] + side * contests.sided
        return total

    def category_doubt(self, models: Integers, category: int) -> Array:
        """(n,) variances of what sets models apart in a category."""
        size = self.joint.scales.parts.get("category", 0.0)
        if category < 0 or size <= 0:
            return np.full(len(models), max(size, 0.0))
        part = next(p for p in self.joint.offsets if p.name == "category")
        told = np.append(self.joint.information[part.start : part.start + len(part.keys)], 0.0)
        at = part.find(category * MANY + models, part.start + len(part.keys)) - part.start
        doubt: Array = size / (1 + size * told[at])
        return doubt

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
            known=self._known(contests, person),
            log_nu=contests.tie_weights(self.joint.bar, self.joint.log_nu + own_nu),
            noise=noise,
        )


def fit_everybody(
    votes: Sequence[Vote],
    models: Sequence[str],
    downloads: Mapping[str, float],
    features: FeatureTable,
    stopped: Callable[[], bool] = never,
) -> Everybody:
    """Fit everybody's part; the same votes always give the same state.

    Args:
        votes: Everybody's votes that stand, on known models.
        models: Model ids.
        downloads: Download count per model id; those it leaves out count as average.
        features: What pictures look like.
        stopped: Asked again and again whether to give up.

    Raises:
        StoppedError: ``stopped()`` said so.
    """
    reader = Reader(models, features)
    contests = reader.read(votes)
    popularity = np.append(standardised_popularity(models, downloads), 0.0)
    people, scales = len(reader.numbers.people), Scales()
    joint = fit_joint(contests, popularity, people, scales, stopped=stopped)
    if len(contests) >= ENOUGH:
        scales = learn_more(joint, contests)
        joint = fit_joint(contests, popularity, people, scales, stopped=stopped)
    looks = features.looks[[features.expected(model_id) for model_id in models]]
    return Everybody(joint, tuple(models), reader.numbers, looks, len(votes))
