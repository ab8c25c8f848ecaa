"""One person's part: the exact posterior given what everybody likes, updated after each vote.

With everybody's part held at its fit, a contest of this person is Davidson's likelihood of
``known + phi' w + b_first - b_second + noise``: ``w`` are the person's likings, ``b`` offsets of the
models that they have compared, and the noise is what belongs to single pictures and sessions. Mode
and curvature (Laplace) are found exactly, the noise eliminated contest by contest (Schur
complement), so that the matrices are as large as likings and compared models are many, however
many votes there are. A new vote starts from the last mode and steps with its factor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.contests import Contests, Integers
from gemrec.preference.davidson import Array, Moments, moments

_TOLERANCE: Final = 1e-9  # of a utility difference, logits
_STEPS: Final = 60
_CHORD_STEPS: Final = 25


@dataclass(frozen=True, slots=True)
class PersonPrior:
    """What is believed of a person before their votes.

    Attributes:
        root: (r, r) root of the covariance of likings.
        own: (M + 1,) variances of the offsets per model, the bar's last.
    """

    root: Array
    own: Array


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
        models: (T,) numbers of the compared models, sorted; the bar may be among them.
        mean: (r + T,) posterior mode.
        root: (r + T, r + T) square root of the posterior covariance.
        own: (M + 1,) variances of the offsets of models not compared.
        votes: Contests it was fitted to.
        differences: (k,) utility differences at the mode, the noise included.
        slopes: (k,) what each contest pulls at its difference.
    """

    dim: int
    models: Integers
    mean: Array
    root: Array
    own: Array
    votes: int
    differences: Array
    slopes: Array

    @property
    def taste(self) -> Array:
        """(r,) likings."""
        return self.mean[: self.dim]

    @property
    def taste_deviation(self) -> Array:
        """(r,) standard deviations of the likings."""
        deviation: Array = np.sqrt((self.root[: self.dim] ** 2).sum(axis=1))
        return deviation

    @property
    def covariance(self) -> Array:
        """(r + T, r + T) posterior covariance."""
        return self.root @ self.root.T

    def utilities(self, models: Integers, features: Array) -> tuple[Array, Array, Array]:
        """The person's own part of n utilities.

        Args:
            models: (n,) model numbers.
            features: (n, r).

        Returns:
            (n,) means in logits, an (n, r + T) root of their covariance, and (n,) variances that
            all pictures of the same model share besides.
        """
        _, met = self._places(models)
        root = self._rows(models, features)
        return self.expect(models, features), root, np.where(met, 0.0, self.own[models])

    def expect(self, models: Integers, features: Array) -> Array:
        """(n,) means of the person's own part of utilities, logits."""
        at, met = self._places(models)
        mean: Array = features @ self.taste
        mean[met] += self.mean[at[met]]
        return mean

    def draw(
        self, models: Integers, features: Array, rng: np.random.Generator, draws: int
    ) -> Array:
        """(draws, n) posterior draws of the person's own part of utilities of different models."""
        drawn = self.mean + rng.standard_normal((draws, self.root.shape[1])) @ self.root.T
        at, met = self._places(models)
        own = rng.standard_normal((draws, len(models))) * np.sqrt(self.own[models])
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
        return replace(self, mean=mean, root=root)

    def influence(self, told: Told, models: Integers, features: Array) -> Array:
        """(k, n) logits that each contest adds to the utilities of n models, first order."""
        at = moments(self.differences, told.log_nu)
        curvature = told.contests.weight * at.variance
        curvature = curvature / (1 + told.noise * curvature)
        seen = self._rows(told.contests.models[:, 0], told.contests.features)
        seen = seen - self._rows(told.contests.models[:, 1], np.zeros_like(told.contests.features))
        leverage = curvature * np.einsum("kp,kp->k", seen, seen)
        pulls = self.slopes / np.maximum(1 - leverage, 0.1)
        moved: Array = pulls[:, None] * (seen @ self._rows(models, features).T)
        return moved

    def _spread(self, contests: Contests) -> Array:
        """(k,) posterior variances of the utility differences of contests on compared models."""
        total, phi = self.covariance, contests.features
        left, right = np.searchsorted(self.models, contests.models).T
        likings, offsets = total[: self.dim, : self.dim], total[self.dim :, self.dim :]
        both = total[self.dim :, : self.dim]
        own = np.diag(offsets)
        spread = np.einsum("kr,kr->k", phi @ likings + 2 * (both[left] - both[right]), phi)
        variances: Array = spread + own[left] + own[right] - 2 * offsets[left, right]
        return np.maximum(variances, 0.0)

    def open_share(self, models: Integers) -> Array:
        """(n,) share of the models' own variance that the votes have left open, 0..1."""
        at, met = self._places(models)
        share = np.ones(len(models))
        share[met] = (self.root[at[met]] ** 2).sum(axis=1) / self.own[models[met]]
        return np.minimum(share, 1.0)

    def without_each(self, told: Told) -> Array:
        """(k,) expected utility differences of contests without their own evidence, noise apart."""
        spread = self._spread(told.contests)
        at = moments(self.differences, told.log_nu)
        curvature = told.contests.weight * at.variance
        leverage = np.minimum(spread * curvature / (1 + told.noise * curvature), 0.99)
        expected = self.differences - told.noise * self.slopes
        gaps: Array = expected - spread * self.slopes / (1 - leverage)
        return gaps

    def _rows(self, models: Integers, features: Array) -> Array:
        at, met = self._places(models)
        rows: Array = features @ self.root[: self.dim]
        rows[met] += self.root[at[met]]
        return rows

    def _places(self, models: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """Position of each model's offset, and whether it has one."""
        if not len(self.models):
            return np.zeros(len(models), dtype=np.int64), np.zeros(len(models), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.models, models), len(self.models) - 1)
        return at + self.dim, self.models[at] == models


def fit_person(told: Told, prior: PersonPrior, start: PersonState | None = None) -> PersonState:
    """Fit one person.

    Args:
        told: The person's contests.
        prior: What is believed before them.
        start: An earlier state of the same person; changes the time needed, not the result.
    """
    problem = _Problem(told, prior)
    problem.begin(start)
    if not (problem.by_chords(start) if start is not None else False):
        problem.by_newton()
    return problem.state(prior)


class _Problem:
    """The log-posterior of whitened likings and offsets, and the way to its top."""

    def __init__(self, told: Told, prior: PersonPrior) -> None:
        contests = told.contests
        self._told, self._root = told, prior.root
        self._dim = prior.root.shape[0]
        self._models, sides = np.unique(contests.models, return_inverse=True)
        self._sides = sides.reshape(-1, 2)
        self._phi = contests.features @ prior.root
        self._precision = np.concatenate([np.ones(self._dim), 1 / prior.own[self._models]])
        self._weights = np.zeros(len(self._precision))
        self._differences = told.known.copy()

    def begin(self, start: PersonState | None) -> None:
        """Start from an earlier mode where there is one."""
        if start is None or not len(start.models) or start.dim != self._dim:
            return
        self._weights[: self._dim] = np.linalg.solve(self._root, start.taste)
        at = np.minimum(np.searchsorted(start.models, self._models), len(start.models) - 1)
        same = start.models[at] == self._models
        self._weights[self._dim :] = np.where(same, start.mean[self._dim + at], 0.0)
        count = min(len(start.differences), len(self._differences))
        self._differences = self._told.known + self._apply(self._weights)
        self._differences[:count] = start.differences[:count]

    def by_newton(self) -> None:
        value = self._value(self._weights, self._differences)
        for _ in range(_STEPS):
            at = moments(self._differences, self._told.log_nu)
            step = np.linalg.solve(self._hessian(at), self._gradient(at))
            moved = self._differences_after(self._weights + step, at) - self._differences
            scale, length = 1.0, float(np.abs(moved).max(initial=0.0))
            while True:
                weights = self._weights + scale * step
                differences = self._differences + scale * moved
                found = self._value(weights, differences)
                # Close to the top rounding decides between values; Newton's step is right there.
                if found >= value or length < 1e-6 or scale < 1e-6:
                    break
                scale /= 2
            self._weights, self._differences, value = weights, differences, found
            if length < _TOLERANCE:
                return

    def by_chords(self, start: PersonState) -> bool:
        """Steps with the last factor, which are cheap; returns whether they got there."""
        if not np.array_equal(start.models, self._models) or start.dim != self._dim:
            return False
        root = start.root.copy()
        root[: self._dim] = np.linalg.solve(self._root, root[: self._dim])
        before = self._weights, self._differences
        last = np.inf
        for _ in range(_CHORD_STEPS):
            at = moments(self._differences, self._told.log_nu)
            weights = self._weights + root @ (root.T @ self._gradient(at))
            moved = self._differences_after(weights, at)
            length = float(np.abs(moved - self._differences).max(initial=0.0))
            self._weights, self._differences = weights, moved
            if length < _TOLERANCE:
                return True
            if length > last:
                break
            last = length
        self._weights, self._differences = before
        return False

    def state(self, prior: PersonPrior) -> PersonState:
        """The posterior at the mode."""
        at = moments(self._differences, self._told.log_nu)
        root = np.linalg.inv(np.linalg.cholesky(self._hessian(at))).T
        root[: self._dim] = self._root @ root[: self._dim]
        mean = self._weights.copy()
        mean[: self._dim] = self._root @ mean[: self._dim]
        return PersonState(
            dim=self._dim,
            models=self._models,
            mean=mean,
            root=root,
            own=prior.own,
            votes=len(self._told.contests),
            differences=self._differences,
            slopes=self._told.contests.weight * (self._told.contests.margin - at.mean),
        )

    def _apply(self, weights: Array) -> Array:
        offsets = weights[self._dim :][self._sides]
        applied: Array = self._phi @ weights[: self._dim] + offsets[:, 0] - offsets[:, 1]
        return applied

    def _gather(self, values: Array) -> Array:
        size = len(self._models)
        offsets = np.bincount(self._sides[:, 0], values, size)
        offsets -= np.bincount(self._sides[:, 1], values, size)
        return np.concatenate([values @ self._phi, offsets])

    def _curvature(self, at: Moments) -> tuple[Array, Array]:
        """(k,) weights of the linearised contests, and their share that the noise leaves."""
        plain = self._told.contests.weight * at.variance
        left = 1 / (1 + self._told.noise * plain)
        return plain * left, left

    def _gradient(self, at: Moments) -> Array:
        """Gradient of the log-posterior with the noise at its best."""
        curvature, left = self._curvature(at)
        slope = self._told.contests.weight * (self._told.contests.margin - at.mean)
        noise = self._differences - self._told.known - self._apply(self._weights)
        pulled = self._gather(curvature * noise + left * slope)
        gradient: Array = pulled - self._precision * self._weights
        return gradient

    def _differences_after(self, weights: Array, at: Moments) -> Array:
        """Utility differences that go with new weights, the noise at its linearised best."""
        curvature, left = self._curvature(at)
        slope = self._told.contests.weight * (self._told.contests.margin - at.mean)
        base = self._told.known + self._apply(weights)
        noise = self._told.noise * (curvature * (self._differences - base) + left * slope)
        moved: Array = base + noise
        return moved

    def _hessian(self, at: Moments) -> Array:
        curvature, _ = self._curvature(at)
        dim, size = self._dim, len(self._models)
        left, right = self._sides.T
        hessian = np.diag(self._precision)
        weighted = self._phi * curvature[:, None]
        hessian[:dim, :dim] += weighted.T @ self._phi
        if dim:
            column = np.arange(dim)
            cross = np.bincount(
                (left[:, None] * dim + column).ravel(), weighted.ravel(), size * dim
            )
            cross -= np.bincount(
                (right[:, None] * dim + column).ravel(), weighted.ravel(), size * dim
            )
            hessian[dim:, :dim] = cross.reshape(size, dim)
            hessian[:dim, dim:] = hessian[dim:, :dim].T
        both = np.bincount(left * size + right, curvature, size * size).reshape(size, size)
        own = np.bincount(left, curvature, size) + np.bincount(right, curvature, size)
        hessian[dim:, dim:] += np.diag(own) - both - both.T
        return hessian

    def _value(self, weights: Array, differences: Array) -> float:
        told = self._told
        likelihood = told.contests.margin * differences - moments(differences, told.log_nu).log_z
        noise = differences - told.known - self._apply(weights)
        penalty = float(weights @ (self._precision * weights))
        noisy = told.noise > 0
        penalty += float((noise[noisy] ** 2 / told.noise[noisy]).sum())
        return float(told.contests.weight @ likelihood) - penalty / 2
