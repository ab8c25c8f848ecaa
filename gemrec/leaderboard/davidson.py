"""The Davidson log-posterior of pair counts and its derivatives.

With ``d`` the difference of two strengths in logits and ``nu >= 0`` the tie parameter (Davidson,
1970, On extending the Bradley-Terry model to accommodate ties)::

    P(first)  = e^(d/2)  / (e^(d/2) + e^(-d/2) + nu)
    P(second) = e^(-d/2) / (e^(d/2) + e^(-d/2) + nu)
    P(tie)    = nu       / (e^(d/2) + e^(-d/2) + nu)

The log-likelihood is concave in the strengths and ``log nu``. Both carry a normal prior with mean 0.
"""

import math
from functools import cached_property

import numpy as np

from gemrec.leaderboard.tables import Floats, Ints, PairCounts


def pair_probabilities(difference: Floats, log_nu: float) -> tuple[Floats, Floats, Floats]:
    """Probability that the first wins, the second wins and that they tie.

    Args:
        difference: Strength of the first minus strength of the second, logits, any shape.
        log_nu: Logarithm of the tie parameter.
    """
    # Divided through by the largest term, so that nothing overflows.
    largest = np.maximum(np.abs(difference) / 2, log_nu)
    first = np.exp(difference / 2 - largest)
    second = np.exp(-difference / 2 - largest)
    tie = np.exp(log_nu - largest)
    total = first + second + tie
    return first / total, second / total, tie / total


class Posterior:
    """Log-posterior of pair counts; a point is (M + 1,): strengths, then ``log_nu``.

    Args:
        pairs: The counts.
        component: (M,) component of each model.
        prior_sd: Standard deviation of both priors in logits.
        with_ties: Whether ties have a term of their own; otherwise each is half a win for both and
            ``log_nu`` stays minus infinity.
    """

    def __init__(
        self, pairs: PairCounts, component: Ints, *, prior_sd: float, with_ties: bool
    ) -> None:
        games = pairs.games
        self.size = len(games)
        self.ties = float(pairs.ties.sum()) / 2
        self.votes = float(games.sum()) / 2
        self.with_ties = with_ties and (self.ties > 0 or not math.isinf(prior_sd))
        self.start_log_nu = 0.0 if self.with_ties else -math.inf
        self._games = games
        self._component = component
        self._weight = prior_sd**-2
        self._points = pairs.wins.sum(axis=1) + pairs.ties.sum(axis=1) / 2
        self._balance = self._points - games.sum(axis=1) / 2

    def value(self, point: Floats) -> float:
        """Log-posterior up to a constant."""
        theta, log_nu = point[:-1], float(point[-1])
        first, second = self._edges
        half = np.abs(theta[first] - theta[second]) / 2
        largest = np.maximum(half, log_nu)
        total = np.exp(half - largest) + np.exp(-half - largest) + np.exp(log_nu - largest)
        value = float(self._balance @ theta - self._edge_games @ (largest + np.log(total)))
        value -= self._weight * float(theta @ theta) / 2
        if self.with_ties:
            value += self.ties * log_nu - self._weight * log_nu**2 / 2
        return value

    def gradient(self, point: Floats) -> Floats:
        """(M + 1,) gradient; overflows where strengths are hundreds of logits apart."""
        up, nu = np.exp(point[:-1] / 2), math.exp(point[-1])
        down = 1 / up
        odds = np.outer(up, down)  # e^(d/2)
        total = odds + odds.T
        total += nu
        share = np.divide(self._games, total, out=total)
        shares = share.sum(axis=1)
        gradient = np.zeros(self.size + 1)
        gradient[:-1] = self._points - up * (share @ down) - nu / 2 * shares
        gradient[:-1] -= self._weight * point[:-1]
        if self.with_ties:
            gradient[-1] = self.ties - shares.sum() * nu / 2 - self._weight * point[-1]
        return gradient

    def derivatives(self, point: Floats) -> tuple[Floats, Floats]:
        """Gradient (M + 1,) and negative Hessian (M + 1, M + 1).

        About the common shift of a component the likelihood says nothing and the prior only that it
        is 0, where it starts: it is pinned there by a constant, which changes no result and keeps
        the Hessian well conditioned.
        """
        theta, log_nu = point[:-1], float(point[-1])
        p, q, tie = pair_probabilities(theta[:, None] - theta[None, :], log_nu)
        gap = (p - q) / 2
        gradient, hessian = np.zeros(self.size + 1), np.zeros((self.size + 1, self.size + 1))
        gradient[:-1] = self._balance - (self._games * gap).sum(axis=1) - self._weight * theta
        curvature = self._games * ((p + q) / 4 - gap**2)
        same = self._component[:, None] == self._component[None, :]
        hessian[:-1, :-1] = np.where(same & (self._component >= 0), 1.0, 0.0) - curvature
        diagonal = curvature.sum(axis=1) + self._weight
        if not self._weight:
            diagonal += self._component < 0
        hessian[np.arange(self.size), np.arange(self.size)] += diagonal
        if self.with_ties:
            tied = self._games * tie
            gradient[-1] = self.ties - tied.sum() / 2 - self._weight * log_nu
            hessian[:-1, -1] = hessian[-1, :-1] = -(tied * gap).sum(axis=1)
            hessian[-1, -1] = (tied * (1 - tie)).sum() / 2 + self._weight
        else:
            hessian[-1, -1] = 1.0
        return gradient, hessian

    @cached_property
    def _edges(self) -> tuple[Ints, Ints]:
        """Both ends of each pair that has votes."""
        first, second = np.nonzero(np.triu(self._games, 1))
        return first.astype(np.int64), second.astype(np.int64)

    @cached_property
    def _edge_games(self) -> Floats:
        return self._games[self._edges]
