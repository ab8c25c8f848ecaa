"""What is believed about the utilities of some models or pictures, jointly, and what follows.

A belief is a multivariate normal distribution over n items. Everything that a recommender, a
sampler of battles or a page asks for is read from it: scores with intervals, posterior draws
(Thompson sampling), the probability that one item beats another, the probability of being among
the best, and how much a vote on a pair would tell.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.davidson import Array, moments

_Z_90: Final = 1.6448536269514722  # two-sided 90% quantile of the normal distribution
_PROBIT: Final = math.pi / 8  # MacKay (1992): averages a sigmoid over a normal distribution
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_POINTS: Final = 320  # and their mirror images


@dataclass(frozen=True, slots=True)
class Scores:
    """How n models or pictures compare with the average model for the same prompt.

    Attributes:
        score: (n,) probability that the person prefers it, when it is no tie, 0..1.
        low: (n,) lower end of the 90% interval.
        high: (n,) upper end of the 90% interval.
        taste: (n,) part of the utility that comes from the person's liking for such pictures.
    """

    score: Array
    low: Array
    high: Array
    taste: Array

    @classmethod
    def of(cls, gap: Array, variance: Array, taste: Array) -> "Scores":
        """Scores of items whose utility less the average has these means and variances."""
        deviation = np.sqrt(variance)
        low, high = _sigmoid(gap - _Z_90 * deviation), _sigmoid(gap + _Z_90 * deviation)
        score = _sigmoid(gap / np.sqrt(1 + _PROBIT * deviation**2))
        return cls(np.clip(score, low, high), low, high, taste)


@dataclass(frozen=True)
class Belief:
    """A joint normal belief about n utilities, in logits; immutable.

    The covariance is ``root @ root.T``, plus ``doubt`` between items of the same model.

    Attributes:
        makers: Model id per item.
        mean: (n,).
        root: (n, q).
        doubt: (n,) variance that all items of a model share, the same number for each of them.
        taste: (n,) part of the mean that comes from the person's liking for such pictures.
        log_nu: Logarithm of the tie weight.
        baseline: The first so many items are the average model that scores compare with.
    """

    makers: tuple[str, ...]
    mean: Array
    root: Array
    doubt: Array
    taste: Array
    log_nu: float
    baseline: int

    def __len__(self) -> int:
        return len(self.mean)

    @cached_property
    def _groups(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Per item the number of its model, and per model its first item."""
        number: dict[str, int] = {}
        of = np.array([number.setdefault(m, len(number)) for m in self.makers], dtype=np.int64)
        _, first = np.unique(of, return_index=True)
        return of, first

    @cached_property
    def variance(self) -> Array:
        """(n,) variances."""
        spread: Array = np.einsum("nq,nq->n", self.root, self.root) + self.doubt
        return spread

    @cached_property
    def covariance(self) -> Array:
        """(n, n) covariance; for some hundreds of items at most."""
        of, _ = self._groups
        same = of[:, None] == of[None, :]
        total: Array = self.root @ self.root.T + np.where(same, self.doubt[:, None], 0.0)
        return total

    def only(self, items: Sequence[int] | NDArray[np.int64]) -> "Belief":
        """The belief about some of the items, which then are their own average model."""
        rows = np.asarray(items, dtype=np.int64)
        return Belief(
            tuple(self.makers[i] for i in rows),
            self.mean[rows],
            self.root[rows],
            self.doubt[rows],
            self.taste[rows],
            self.log_nu,
            len(rows),
        )

    def wider(self, times: float) -> "Belief":
        """The same means, with so many times the standard deviations."""
        return replace(self, root=self.root * times, doubt=self.doubt * times**2)

    def scores(self) -> Scores:
        """Compare each item with the mean of the first ``baseline`` ones."""
        if len(self) == 0:
            none = np.zeros(0)
            return Scores(none, none, none, none)
        gap = self.mean - self.mean[: self.baseline].mean()
        taste = self.taste - self.taste[: self.baseline].mean()
        return Scores.of(gap, self._variance_of_gap, taste)

    @property
    def _variance_of_gap(self) -> Array:
        """(n,) variances of the items less the mean of the first ``baseline`` ones."""
        of, first = self._groups
        count = self.baseline
        centred = self.root - self.root[:count].mean(axis=0)
        spread = np.einsum("nq,nq->n", centred, centred)
        share = np.bincount(of[:count], minlength=len(first)) / count
        common = float(share**2 @ self.doubt[first])
        total: Array = spread + self.doubt * (1 - 2 * share[of]) + common
        return np.maximum(total, 0.0)

    def draw(self, rng: np.random.Generator, draws: int) -> Array:
        """Draw utilities from the belief.

        Args:
            rng: Source of all randomness.
            draws: How many.

        Returns:
            (draws, n) logits.
        """
        drawn: Array = rng.standard_normal((draws, self.root.shape[1])) @ self.root.T
        drawn += self.mean
        if not self.doubt.any():
            return drawn
        of, first = self._groups
        own = rng.standard_normal((draws, len(first))) * np.sqrt(self.doubt[first])
        total: Array = drawn + own[:, of]
        return total

    def beats(self) -> Array:
        """(n, n) probability that the row's item is preferred to the column's, ties left out."""
        spread = np.sqrt(1 + _PROBIT * self._pair_variance)
        return _sigmoid((self.mean[:, None] - self.mean[None, :]) / spread)

    def among_best(self, best: int = 3) -> Array:
        """(n,) probability of being one of the ``best`` most liked items.

        Counted over points of the belief that are always the same, as nodes of a quadrature are, so
        that it changes only when the belief does.

        Args:
            best: How many places, at least 1; all items are among the best n.
        """
        if best >= len(self):
            return np.ones(len(self))
        shared, own = self.root.shape[1], int(self.doubt.any()) * len(self._groups[1])
        points = _normal_points(shared + own)
        away = points[:, :shared] @ self.root.T.astype(np.float32)
        if own:
            of, first = self._groups
            scaled = points[:, shared:] * np.sqrt(self.doubt[first]).astype(np.float32)
            away += scaled[:, of]
        mean = self.mean.astype(np.float32)
        drawn = np.concatenate([mean + away, mean - away])
        worst = len(self) - best
        least = np.partition(drawn, worst, axis=1)[:, worst, None]
        counted: Array = np.count_nonzero(drawn >= least, axis=0) / len(drawn)
        return counted

    def information(self) -> Array:
        """(n, n) nats that this person's vote on each pair is expected to tell; 0 on the diagonal.

        The mutual information between the outcome (first, second or tie) and the utilities: the
        entropy of the expected outcome less the expected entropy (Houlsby et al. 2011, "Bayesian
        Active Learning for Classification and Preference Learning", equation 2), by Gauss-Hermite
        quadrature over the utility difference.
        """
        gap = self.mean[:, None] - self.mean[None, :]
        deviation = np.sqrt(self._pair_variance)
        expected = np.zeros((3, *gap.shape))
        entropy = np.zeros_like(gap)
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            at = moments(gap + node * deviation, self.log_nu)
            # 1 - tie = first + second, and twice the mean is first - second.
            first = np.clip((1 - at.tie) / 2 + at.mean, 0.0, 1.0)
            shares = np.stack([first, np.clip(1 - at.tie - first, 0.0, 1.0), at.tie])
            expected += weight * shares
            entropy += weight * _entropy(shares)
        told: Array = np.maximum(_entropy(expected) - entropy, 0.0)
        np.fill_diagonal(told, 0.0)
        return told

    @cached_property
    def _pair_variance(self) -> Array:
        """(n, n) variances of the utility differences."""
        total = self.covariance
        own = np.diag(total)
        return np.maximum(own[:, None] + own[None, :] - 2 * total, 0.0)


def thompson_slate(belief: Belief, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
    """Choose different items to show together, the best of one posterior draw after another.

    Args:
        belief: About the items on offer.
        rng: Source of all randomness.
        size: How many; at most as many as there are items.

    Returns:
        Positions of the items, in the order in which they were drawn.
    """
    wanted = min(size, len(belief))
    slate: list[int] = []
    for utilities in belief.draw(rng, wanted):
        utilities[slate] = -np.inf
        slate.append(int(utilities.argmax()))
    return np.array(slate, dtype=np.int64)


@lru_cache(maxsize=8)
def _normal_points(dimensions: int) -> NDArray[np.float32]:
    """(points, dimensions) standard normal numbers, drawn once and for all."""
    rng = np.random.default_rng(dimensions)
    points: NDArray[np.float32] = rng.standard_normal((_POINTS, dimensions), dtype=np.float32)
    points.setflags(write=False)
    return points


def _entropy(shares: Array) -> Array:
    """Entropy over the first axis, nats."""
    total: Array = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=0)
    return total


def _sigmoid(value: Array) -> Array:
    result: Array = (1 + np.tanh(value / 2)) / 2
    return result
