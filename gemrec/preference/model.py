"""One person's taste: an exact Laplace posterior over the shared part and the person's own part.

The utility of a picture with features ``phi`` by model ``m`` for person ``u`` is
``theta_m + known + phi' w_u + b_{u,m}``. ``theta`` has the normal posterior that *other* people's
votes give it, so that no vote is counted twice; ``w_u ~ N(0, 0.5 I)`` (features have mean square
length 1) and ``b_{u,m} ~ N(0, 0.1)``; ``known`` holds what is treated as certain. With the weights
``x = (w_u, theta + b_u)`` each vote is Davidson's likelihood of one linear function of ``x``, and
the posterior mode and its curvature are found exactly (:mod:`gemrec.preference.laplace`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.davidson import Array, moments
from gemrec.preference.laplace import laplace
from gemrec.preference.shared import SharedState

TASTE_VARIANCE: Final = 0.5
OFFSET_VARIANCE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Comparisons:
    """One person's votes as arrays of length k, skips left out.

    Attributes:
        left: Index of the left model.
        right: Index of the right model.
        features: (k, r) features of the left side minus those of the right side.
        known: What is treated as certain of the utility difference, logits.
        margin: 0.5 where the left side was preferred, -0.5 the right, 0 neither.
        votes: Ids of the vote events.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    features: Array
    known: Array
    margin: Array
    votes: tuple[int, ...] = ()

    @classmethod
    def empty(cls, dim: int) -> "Comparisons":
        """No votes, with ``dim`` features."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, np.zeros((0, dim)), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Hint:
    """Something known of a person's taste without a vote: words, a picture, a critique.

    It says ``direction' w_u ~ N(strength, variance)`` about the person's taste weights.

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
class PersonState:
    """A person's posterior, frozen; arrays over weights are of length r + M.

    Attributes:
        dim: Number of features r.
        mean: Posterior mode: taste weights, then one utility per model.
        covariance: (r + M, r + M) posterior covariance.
        votes: Comparisons it was fitted to.
        log_nu: Logarithm of the tie weight.
    """

    dim: int
    mean: Array
    covariance: Array
    votes: int
    log_nu: float

    @property
    def taste(self) -> Array:
        """(r,) taste weights."""
        return self.mean[: self.dim]

    def utilities(
        self, models: NDArray[np.int64], features: Array, known: Array
    ) -> tuple[Array, Array]:
        """Utilities of n pictures or models.

        Args:
            models: (n,) model indices.
            features: (n, r).
            known: (n,) what is treated as certain, logits.

        Returns:
            (n,) means in logits and an (n, q) root of their covariance.
        """
        design = self._design(models, features)
        values, axes = np.linalg.eigh(self.covariance)
        root: Array = design @ (axes * np.sqrt(np.maximum(values, 0.0)))
        return design @ self.mean + known, root

    @property
    def taste_deviation(self) -> Array:
        """(r,) standard deviations of the taste weights."""
        deviation: Array = np.sqrt(np.diag(self.covariance)[: self.dim])
        return deviation

    def given(self, hints: Sequence[Hint]) -> "PersonState":
        """The posterior with hints taken in, by conditioning the normal distribution."""
        mean, covariance = self.mean, self.covariance
        for hint in hints:
            column = covariance[:, : self.dim] @ hint.direction
            variance = float(hint.direction @ column[: self.dim]) + hint.variance
            mean = mean + column * (hint.strength - hint.direction @ mean[: self.dim]) / variance
            covariance = covariance - np.outer(column, column) / variance
        return replace(self, mean=mean, covariance=covariance)

    def influence(
        self, comparisons: Comparisons, models: NDArray[np.int64], features: Array
    ) -> Array:
        """(k, n) logits that each comparison adds to the utilities of n models, first order."""
        votes = self._design(comparisons.left, comparisons.features)
        votes[np.arange(len(votes)), self.dim + comparisons.right] -= 1.0
        at = moments(votes @ self.mean + comparisons.known, self.log_nu)
        spread = votes @ self.covariance
        leverage = at.variance * np.einsum("kp,kp->k", spread, votes)
        told = (comparisons.margin - at.mean) / np.maximum(1 - leverage, 0.1)
        moved: Array = told[:, None] * (spread @ self._design(models, features).T)
        return moved

    def _design(self, models: NDArray[np.int64], features: Array) -> Array:
        design = np.zeros((len(models), len(self.mean)))
        design[:, : self.dim] = features
        design[np.arange(len(models)), self.dim + models] = 1.0
        return design


def fit_person(shared: SharedState, comparisons: Comparisons) -> PersonState:
    """Fit one person.

    Args:
        shared: The shared part without this person's votes.
        comparisons: The person's votes.
    """
    dim, size = comparisons.features.shape[1], len(shared.mean)
    mean = np.concatenate([np.zeros(dim), shared.mean])
    covariance = np.zeros((dim + size, dim + size))
    covariance[np.arange(dim), np.arange(dim)] = TASTE_VARIANCE
    # Taste in pictures nobody has embedded cannot be carried to other models, but is still there.
    own = OFFSET_VARIANCE + np.where(shared.prior.has_features, 0.0, TASTE_VARIANCE)
    covariance[dim:, dim:] = shared.covariance + np.diag(own)
    count = len(comparisons.margin)
    design = np.zeros((count, dim + size))
    design[:, :dim] = comparisons.features
    rows = np.arange(count)
    design[rows, dim + comparisons.left] += 1.0
    design[rows, dim + comparisons.right] -= 1.0
    mode, posterior = laplace(
        design, comparisons.margin, comparisons.known, shared.log_nu, mean, covariance
    )
    return PersonState(dim, mode, posterior, count, shared.log_nu)
