"""One person's taste: an exact Laplace posterior over the shared part and the person's own part.

The utility of a picture with features ``phi`` by model ``m`` for person ``u`` is
``theta_m + known + phi' w_u + b_{u,m}``. ``theta`` has the normal posterior that *other* people's
votes give it, so that no vote is counted twice; ``w_u ~ N(0, 0.5 I)`` (features have mean square
length 1) and ``b_{u,m} ~ N(0, 0.1)``; ``known`` holds what is treated as certain. With the weights
``x = (w_u, theta + b_u)`` each vote is Davidson's likelihood of one linear function of ``x``, and
the posterior mode and its curvature are found exactly (:mod:`gemrec.preference.laplace`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.davidson import Array
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
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    features: Array
    known: Array
    margin: Array

    @classmethod
    def empty(cls, dim: int) -> "Comparisons":
        """No votes, with ``dim`` features."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, np.zeros((0, dim)), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class PersonState:
    """A person's posterior, frozen; arrays over weights are of length r + M.

    Attributes:
        dim: Number of features r.
        mean: Posterior mode: taste weights, then one utility per model.
        covariance: (r + M, r + M) posterior covariance.
        votes: Comparisons it was fitted to.
    """

    dim: int
    mean: Array
    covariance: Array
    votes: int

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
            (n,) means in logits and their (n, n) covariance.
        """
        design = np.zeros((len(models), len(self.mean)))
        design[:, : self.dim] = features
        design[np.arange(len(models)), self.dim + models] = 1.0
        covariance: Array = design @ self.covariance @ design.T
        return design @ self.mean + known, covariance


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
    return PersonState(dim, mode, posterior, count)
