"""One person's posterior: exact given what everybody likes, updated after each vote.

With everybody's part held at its fit, a contest of this person is Davidson's likelihood of
``known + phi' w + b_first - b_second + noise``: ``w`` are the person's likings, ``b`` offsets of the
models that they have compared, and the noise is what belongs to single pictures and sessions. Mode
and curvature (Laplace) are found exactly, the noise eliminated contest by contest (Schur
complement), so that the matrices are as large as likings and compared models are many, however
many votes there are. A new vote starts from the last mode and steps with its factor.

Of more than ``MOST_OFFSETS`` compared models, those compared least often have no ``b`` of their own:
each of their contests takes it for noise, and what the contests say of it is added up afterwards.
That is exact for a model with one contest against a model that has a ``b``.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from gemrec.preference.contests import Integers
from gemrec.preference.davidson import Array, moments
from gemrec.preference.mixing import Mixing
from gemrec.preference.person import PersonPrior, PersonState, Told

MOST_OFFSETS: Final = 64
"""Models with an offset of their own, so that a vote takes no longer the more models there are.

With a thousand votes on 200 models, utilities are a twentieth of their standard deviation away from
those with an offset for each, and the deviation is an eighth too wide.
"""

_TOLERANCE: Final = 1e-9  # of a utility difference, logits
_CHORD_TOLERANCE: Final = 2e-6  # the mode is then a millionth of a logit away at most
_STEPS: Final = 60
_CHORD_STEPS: Final = 25
_MIXED: Final = 6  # last steps of chords that are mixed
_ASTRAY: Final = 20.0  # logits in one step, from which chords lead nowhere
_SMALL: Final = 48  # rows up to which LAPACK's inverse is the fastest


def fit_person(told: Told, prior: PersonPrior, start: PersonState | None = None) -> PersonState:
    """Fit one person.

    Args:
        told: The person's contests.
        prior: What is believed before them.
        start: An earlier state of the same person; changes the time needed, not the result.
    """
    problem = _Problem(told, prior)
    if not (start is not None and problem.by_chords(start)):
        problem.by_newton()
    return problem.state()


class _Problem:
    """The log-posterior of whitened likings and offsets, and the way to its top."""

    def __init__(self, told: Told, prior: PersonPrior) -> None:
        contests = told.contests
        self._told, self._prior, self._root = told, prior, prior.root
        self._margin, self._weight = contests.margin, contests.weight
        self._dim = prior.root.shape[0]
        self._models = _most_compared(contests.models, len(prior.own))
        self._size = len(self._models)
        # Models without an offset have the place after the last one.
        self._place = np.full(len(prior.own), self._size)
        self._place[self._models] = np.arange(self._size)
        self._sides = self._place[contests.models]
        self._absent = self._sides == self._size
        passing = np.where(self._absent, prior.own[contests.models], 0.0)
        self._noise = told.noise + passing.sum(axis=1)
        self._phi = contests.features @ prior.root
        self._precision = np.concatenate([np.ones(self._dim), 1 / prior.own[self._models]])
        self._weights = np.zeros(len(self._precision))
        self._differences = told.known.copy()

    def by_newton(self) -> None:
        """Newton's steps, halved where they go too far."""
        value = self._value(self._weights, self._differences)
        for _ in range(_STEPS):
            curvature, slope = self._linearised()
            base = self._told.known + self._apply(self._weights)
            gradient = self._gradient(base, curvature, slope)
            step: Array = np.linalg.solve(self._hessian(curvature), gradient).astype(np.float64)
            base += self._apply(step)
            moved = self._differences_after(base, curvature, slope) - self._differences
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
        """Mixed steps with an earlier factor, which are cheap; returns whether they got there."""
        if start.dim != self._dim or len(start.places) != len(self._place):
            return False
        before = self._weights, self._differences
        solve = self._begin(start)
        base = self._told.known + self._apply(self._weights)
        told = len(self._differences)
        mixing = Mixing(told, 2 * told + len(self._weights), _MIXED)
        for _ in range(_CHORD_STEPS):
            curvature, slope = self._linearised()
            weights = self._weights + solve(self._gradient(base, curvature, slope))
            base = self._told.known + self._apply(weights)
            differences = self._differences_after(base, curvature, slope)
            moved = differences - self._differences
            length = float(np.abs(moved).max(initial=0.0))
            if length < _CHORD_TOLERANCE:
                self._weights, self._differences = weights, differences
                return True
            if not length < _ASTRAY:
                break
            point = mixing.next(moved, np.concatenate([differences, base, weights]))
            self._differences, base, self._weights = np.split(point, (told, 2 * told))
        self._weights, self._differences = before
        return False

    def _begin(self, start: PersonState) -> Callable[[Array], Array]:
        """Start from an earlier mode; returns its inverse curvature, the prior's for new models."""
        dim, white = self._dim, self._prior.white
        at = start.places[self._models]
        same = at < len(start.mean)
        own, known = self._prior.own[self._models], at[same]
        self._weights[:dim] = white @ start.taste
        self._weights[dim:][same] = start.mean[known]
        self._differences = self._told.known + self._apply(self._weights)
        count = min(len(start.differences), len(self._differences))
        self._differences[:count] = start.differences[:count]

        def solve(gradient: Array) -> Array:
            wide = np.zeros(len(start.mean))
            wide[:dim] = gradient[:dim] @ white
            wide[known] = gradient[dim:][same]
            moved = start.covariance @ wide
            step: Array = np.concatenate([white @ moved[:dim], own * gradient[dim:]])
            step[dim:][same] = moved[known]
            return step

        return solve

    def state(self) -> PersonState:
        """The posterior at the mode."""
        at = moments(self._differences, self._told.log_nu)
        plain = self._weight * at.variance
        curvature = plain / (1 + self._noise * plain)
        root = inverse_lower(_cholesky(self._hessian(curvature))).T
        root[: self._dim] = self._root @ root[: self._dim]
        mean = self._weights.copy()
        mean[: self._dim] = self._root @ mean[: self._dim]
        slopes = self._weight * (self._margin - at.mean)
        rest, own = self._passing(slopes, plain)
        return PersonState(
            dim=self._dim,
            models=self._models,
            places=self._place + self._dim,
            mean=mean,
            root=root,
            covariance=root @ root.T,
            rest=rest,
            own=own,
            votes=len(self._told.contests),
            differences=self._differences,
            slopes=slopes,
            noise=self._noise,
            curvature=curvature,
        )

    def _passing(self, slopes: Array, plain: Array) -> tuple[Array, Array]:
        """(M + 1,) means and variances of the offsets that were taken for noise."""
        own, many = self._prior.own, len(self._prior.own)
        if not self._absent.any():
            return np.zeros(many), own
        pulled, told = np.zeros(many), np.zeros(many)
        for side, sign in ((0, 1.0), (1, -1.0)):
            rows = np.flatnonzero(self._absent[:, side])
            who = self._told.contests.models[rows, side]
            others = plain[rows] / (1 + (self._noise[rows] - own[who]) * plain[rows])
            pulled += np.bincount(who, sign * slopes[rows] * (1 + own[who] * others), many)
            told += np.bincount(who, others, many)
        left = own / (1 + own * told)
        return left * pulled, left

    def _apply(self, weights: Array) -> Array:
        offsets = np.append(weights[self._dim :], 0.0)[self._sides]
        applied: Array = self._phi @ weights[: self._dim] + offsets[:, 0] - offsets[:, 1]
        return applied

    def _gather(self, values: Array) -> Array:
        offsets = np.bincount(self._sides[:, 0], values, self._size + 1)
        offsets -= np.bincount(self._sides[:, 1], values, self._size + 1)
        return np.concatenate([values @ self._phi, offsets[:-1]])

    def _linearised(self) -> tuple[Array, Array]:
        """(k,) curvatures and slopes of the contests, as far as the noise leaves them."""
        at = moments(self._differences, self._told.log_nu)
        plain = self._weight * at.variance
        left = 1 / (1 + self._noise * plain)
        return plain * left, left * self._weight * (self._margin - at.mean)

    def _gradient(self, base: Array, curvature: Array, slope: Array) -> Array:
        """Gradient of the log-posterior with the noise at its best."""
        pulled = self._gather(curvature * (self._differences - base) + slope)
        gradient: Array = pulled - self._precision * self._weights
        return gradient

    def _differences_after(self, base: Array, curvature: Array, slope: Array) -> Array:
        """Utility differences that go with new weights, the noise at its linearised best."""
        moved: Array = base + self._noise * (curvature * (self._differences - base) + slope)
        return moved

    def _hessian(self, curvature: Array) -> Array:
        dim, size = self._dim, self._size
        wide = size + 1
        left, right = self._sides.T
        hessian = np.diag(self._precision)
        weighted = self._phi * curvature[:, None]
        hessian[:dim, :dim] += weighted.T @ self._phi
        if dim:
            column, flat = np.arange(dim), weighted.ravel()
            cross = np.bincount((left[:, None] * dim + column).ravel(), flat, wide * dim)
            cross -= np.bincount((right[:, None] * dim + column).ravel(), flat, wide * dim)
            hessian[dim:, :dim] = cross.reshape(wide, dim)[:-1]
            hessian[:dim, dim:] = hessian[dim:, :dim].T
        both = np.bincount(left * wide + right, curvature, wide * wide).reshape(wide, wide)
        own = np.bincount(left, curvature, wide) + np.bincount(right, curvature, wide)
        both = both[:-1, :-1]
        hessian[dim:, dim:] -= both + both.T
        hessian[np.arange(dim, dim + size), np.arange(dim, dim + size)] += own[:-1]
        return hessian

    def _value(self, weights: Array, differences: Array) -> float:
        told = self._told
        likelihood = self._margin * differences - moments(differences, told.log_nu).log_z
        noise = differences - told.known - self._apply(weights)
        penalty = float(weights @ (self._precision * weights))
        noisy = self._noise > 0
        penalty += float((noise[noisy] ** 2 / self._noise[noisy]).sum())
        return float(self._weight @ likelihood) - penalty / 2


def _most_compared(models: Integers, many: int) -> Integers:
    """Sorted numbers of at most ``MOST_OFFSETS`` models, those with the most contests."""
    contests = np.bincount(models.ravel(), minlength=many)
    compared = np.flatnonzero(contests)
    if len(compared) <= MOST_OFFSETS:
        return compared
    # Earlier numbers first among equals, so that the choice depends on nothing else.
    chosen = np.argsort(-contests[compared], kind="stable")[:MOST_OFFSETS]
    return np.sort(compared[chosen])


def _cholesky(matrix: Array) -> Array:
    return np.linalg.cholesky(matrix).astype(np.float64, copy=False)


def inverse_lower(factor: Array) -> Array:
    """Inverse of a lower triangular matrix, by halves; numpy alone has no routine for it.

    Args:
        factor: (n, n), zeros above the diagonal and none on it.
    """
    size = len(factor)
    if size <= _SMALL:
        return np.linalg.inv(factor).astype(np.float64, copy=False)
    half = size // 2
    inverse = np.zeros_like(factor)
    first = inverse[:half, :half] = inverse_lower(factor[:half, :half])
    second = inverse[half:, half:] = inverse_lower(factor[half:, half:])
    inverse[half:, :half] = -second @ (factor[half:, :half] @ first)
    return inverse
