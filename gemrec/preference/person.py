"""One person's part of the utilities: what is known before their votes, what they told, what follows.

See :mod:`gemrec.preference.person_fit` for how the posterior is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.contests import Contests, Integers
from gemrec.preference.davidson import Array


@dataclass(frozen=True)
class PersonPrior:
    """What is believed of a person before their votes.

    Attributes:
        root: (r, r) root of the covariance of likings.
        own: (M + 1,) variances of the offsets per model, the bar's last.
    """

    root: Array
    own: Array

    @cached_property
    def white(self) -> Array:
        """(r, r) inverse of the root."""
        return np.linalg.inv(self.root).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Hint:
    """Something known of a person's taste without a vote: words, a picture, a critique.

    It says ``direction' w ~ N(strength, variance)`` about the person's likings.

    Attributes:
        direction: (r,) features, see :meth:`FeatureTable.direction`.
        strength: Expected utility difference in logits of a picture that differs by ``direction``;
            the negative says the opposite.
        variance: Of that, squared logits; above 0.
    """

    direction: Array
    strength: float = 1.0
    variance: float = 0.25


@dataclass(frozen=True, slots=True)
class Told:
    """A person's contests and all that is treated as certain about them; columns of length k.

    Attributes:
        contests: The contests.
        known: Everybody's part of the utility differences, logits.
        log_nu: Logarithms of the tie weight.
        noise: Variances of what belongs to the single contest.
    """

    contests: Contests
    known: Array
    log_nu: Array
    noise: Array

    def followed_by(self, later: "Told") -> "Told":
        """These contests and then some more."""
        return Told(
            Contests.join([self.contests, later.contests]),
            np.concatenate([self.known, later.known]),
            np.concatenate([self.log_nu, later.log_nu]),
            np.concatenate([self.noise, later.noise]),
        )


@dataclass(frozen=True, slots=True)
class PersonState:
    """A person's posterior, frozen; over r likings and T offsets.

    Attributes:
        dim: Number of features r.
        models: (T,) numbers of the most compared models, sorted; the bar may be among them.
        places: (M + 1,) position in ``mean`` of each model's offset; r + T for all other models.
        mean: (r + T,) posterior mode.
        root: (r + T, r + T) square root of the posterior covariance.
        covariance: (r + T, r + T) posterior covariance.
        rest: (M + 1,) means of the offsets of all other models.
        own: (M + 1,) variances of the offsets of all other models.
        votes: Contests it was fitted to.
        differences: (k,) utility differences at the mode, the noise included.
        slopes: (k,) what each contest pulls at its difference.
        noise: (k,) variances of what belongs to the single contest, offsets of models that are
            not among ``models`` included.
        curvature: (k,) what each contest tells of its difference, as far as the noise leaves it.
    """

    dim: int
    models: Integers
    places: Integers
    mean: Array
    root: Array
    covariance: Array
    rest: Array
    own: Array
    votes: int
    differences: Array
    slopes: Array
    noise: Array
    curvature: Array

    @property
    def taste(self) -> Array:
        """(r,) likings."""
        return self.mean[: self.dim]

    @property
    def taste_deviation(self) -> Array:
        """(r,) standard deviations of the likings."""
        deviation: Array = np.sqrt(np.diag(self.covariance)[: self.dim])
        return deviation

    def expect(self, models: Integers, features: Array) -> Array:
        """(n,) means of the person's own part of utilities, logits."""
        at, met = self._places(models)
        offsets = self.rest[models]
        offsets[met] = self.mean[at[met]]
        mean: Array = features @ self.taste + offsets
        return mean

    def without_opinion(self) -> "PersonState":
        """The same doubts about a person of whom everybody's liking is expected."""
        return replace(self, mean=np.zeros_like(self.mean), rest=np.zeros_like(self.rest))

    def average(self, models: Integers, features: Array) -> Array:
        """(r + T,) how much of each liking and offset is in the mean utility of some items.

        Args:
            models: (n,) model numbers, at least one.
            features: (n, r).
        """
        size = len(self.mean)
        average = np.bincount(self.places[models], minlength=size + 1)[:size] / len(models)
        average[: self.dim] = features.mean(axis=0)
        return average

    def spread(self, models: Integers, features: Array, average: Array) -> Array:
        """(n,) variances of the person's own part of utilities, less an average.

        The same as from :meth:`rows` with the average subtracted, but in time that does not grow
        with the product of items and models compared.

        Args:
            models: (n,) model numbers.
            features: (n, r).
            average: See :meth:`average`.
        """
        at, met = self._places(models)
        dim, total = self.dim, self.covariance
        pulled = total @ average
        variance = np.einsum("nr,nr->n", features @ total[:dim, :dim] - 2 * pulled[:dim], features)
        known, phi = at[met], features[met]
        variance[met] += np.diag(total)[known] - 2 * pulled[known]
        variance[met] += 2 * np.einsum("nr,nr->n", phi, total[known, :dim])
        found: Array = np.maximum(variance + average @ pulled, 0.0)
        return found

    def draw(
        self, models: Integers, features: Array, rng: np.random.Generator, draws: int
    ) -> Array:
        """(draws, n) posterior draws of the person's own part of utilities of different models."""
        drawn = self.mean + rng.standard_normal((draws, self.root.shape[1])) @ self.root.T
        at, met = self._places(models)
        own = rng.standard_normal((draws, len(models))) * np.sqrt(self.own[models])
        own += self.rest[models]
        own[:, met] = drawn[:, at[met]]
        total: Array = drawn[:, : self.dim] @ features.T + own
        return total

    def given(self, hints: Sequence[Hint]) -> "PersonState":
        """The posterior with hints taken in, by conditioning the normal distribution."""
        mean, root = self.mean, self.root
        for hint in hints:
            seen = hint.direction @ root[: self.dim]
            told = float(seen @ seen)
            total = told + hint.variance
            if told <= 0:
                continue
            mean = mean + root @ seen * (
                (hint.strength - hint.direction @ mean[: self.dim]) / total
            )
            shrink = (1 - np.sqrt(hint.variance / total)) / told
            root = root - np.outer(root @ seen, seen) * shrink
        return replace(self, mean=mean, root=root, covariance=root @ root.T)

    def influence(self, told: Told, models: Integers, features: Array, wanted: Integers) -> Array:
        """What each contest adds to the utilities of some models, above the average of all.

        Args:
            told: What the state was fitted to, k contests.
            models: (n,) numbers of the models that are the average.
            features: (n, r).
            wanted: Positions of the w models to tell about.

        Returns:
            (k, w) logits, to first order.
        """
        contests, dim = told.contests, self.dim
        leverage = self.curvature * self._spread(contests.models, contests.features)
        pulls = self.slopes / np.maximum(1 - leverage, 0.1)
        # A last row of zeros for models without an offset of their own.
        target = np.zeros((len(self.mean) + 1, len(wanted)))
        target[:dim] = features[wanted].T
        target[self.places[models[wanted]], np.arange(len(wanted))] = 1.0
        target[:-1] -= self.average(models, features)[:, None]
        moved = np.concatenate([self.covariance @ target[:-1], np.zeros((1, len(wanted)))])
        side = self.places[contests.models]
        seen = contests.features @ moved[:dim] + moved[side[:, 0]] - moved[side[:, 1]]
        shift: Array = pulls[:, None] * seen
        return shift

    def _spread(self, models: Integers, phi: Array) -> Array:
        """(k,) posterior variances of the utility differences of contests, the noise apart."""
        total, dim = self.covariance, self.dim
        left, right = self.places[models].T
        # A last row and column of zeros for models without an offset of their own.
        wide = np.zeros((len(total) + 1, len(total) + 1))
        wide[:-1, :-1] = total
        own = np.diag(wide)
        both = np.ascontiguousarray(wide[:, :dim])
        spread = np.einsum("kr,kr->k", phi @ wide[:dim, :dim] + 2 * (both[left] - both[right]), phi)
        variances: Array = spread + own[left] + own[right] - 2 * wide[left, right]
        return np.maximum(variances, 0.0)

    def left_open(self, models: Integers) -> tuple[Array, Array]:
        """What the votes have left open of models' offsets.

        Returns:
            (n,) share of the models' own variance, 0..1, and (n,) the variance itself where
            :meth:`rows` and :meth:`spread` do not count it.
        """
        at, met = self._places(models)
        share, spare = np.ones(len(models)), self.own[models]
        share[met] = np.diag(self.covariance)[at[met]] / spare[met]
        spare[met] = 0.0
        return np.minimum(share, 1.0), spare

    def without_each(self, told: Told, newest: int) -> Array:
        """Expected utility differences of contests without their own evidence, noise apart.

        Args:
            told: What the state was fitted to.
            newest: How many of the newest contests, at least 1.
        """
        tail = slice(-newest, None)
        noise, slopes, differences = self.noise[tail], self.slopes[tail], self.differences[tail]
        spread = self._spread(told.contests.models[tail], told.contests.features[tail])
        leverage = np.minimum(spread * self.curvature[tail], 0.99)
        gaps: Array = differences - noise * slopes - spread * slopes / (1 - leverage)
        return gaps

    def rows(self, models: Integers, features: Array) -> Array:
        """(n, r + T) root of the covariance of the person's own part of n utilities."""
        at, met = self._places(models)
        rows: Array = features @ self.root[: self.dim]
        rows[met] += self.root[at[met]]
        return rows

    def _places(self, models: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """Position of each model's offset, and whether it has one."""
        at = self.places[models]
        return at, at < len(self.mean)
