"""Bradley-Terry strengths with Davidson's ties, by Newton's method on counts.

With ``d`` the difference of two strengths in logits and ``nu >= 0`` the tie parameter (Davidson,
1970, On extending the Bradley-Terry model to accommodate ties)::

    P(first)  = e^(d/2)  / (e^(d/2) + e^(-d/2) + nu)
    P(second) = e^(-d/2) / (e^(d/2) + e^(-d/2) + nu)
    P(tie)    = nu       / (e^(d/2) + e^(-d/2) + nu)

The log-likelihood is concave in the strengths and ``log nu``. Strengths and ``log nu`` carry a
normal prior with mean 0, which keeps undefeated and winless models finite and centres each
component on 0. The half-win method is the same without a tie term, each tie counted as half a win;
it shrinks the scale when there are ties and exists for comparison.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from gemrec.errors import InputError
from gemrec.leaderboard.components import connected_components, unbounded_models
from gemrec.leaderboard.counts import Counts, CountSlice, Floats, Ints, add_up

Method = Literal["davidson", "half_win"]

# Two logits put a model within odds of 50:1 to the average. On the human votes of llmfao (59 models)
# held-out log-loss after 600 votes is 1.054 with 2, 1.040 with 1 and 1.076 with 10, and after all
# 8,931 votes 2 moves no rating by more than 5 points from the plain maximum, 1 by 20.
PRIOR_SD: Final = 2.0
_STEP_TOLERANCE: Final = 1e-7  # Newton doubles the digits: the step after this one is below 1e-13
_GAIN_TOLERANCE: Final = 1e-12  # in log-posterior; below, only rounding is left
_ROUNDING_STEPS: Final = 5
_MAX_STEPS: Final = 200


@dataclass(frozen=True)
class Ratings:
    """A fit, frozen.

    Attributes:
        method: ``davidson`` or ``half_win``.
        models: Model ids.
        strengths: (M,) logits; the mean of each component is 0.
        log_nu: Logarithm of the tie parameter; minus infinity when the fit has no tie term.
        component: (M,) component of each model, 0 the largest, -1 without votes; strengths of
            different components cannot be compared.
        prior_sd: Standard deviation of the strengths' prior in logits; infinite for none.
        votes: Votes the fit has seen.
        votes_per_model: (M,) votes each model took part in.
        last_vote_id: Newest vote event in the counts.
        precision: (M + 1, M + 1) negative Hessian of the log-posterior at the maximum, the last row
            for ``log_nu``; the common shift of each component, about which the votes say nothing, is
            pinned by a constant.
        steps: Newton steps that were needed.
    """

    method: Method
    models: tuple[str, ...]
    strengths: Floats
    log_nu: float
    component: Ints
    prior_sd: float
    votes: int
    votes_per_model: Ints
    last_vote_id: int
    precision: Floats
    steps: int

    @property
    def nu(self) -> float:
        """The tie parameter: even sides tie with probability ``nu / (2 + nu)``."""
        return math.exp(self.log_nu)

    @property
    def components(self) -> tuple[tuple[str, ...], ...]:
        """The groups of models that are linked by votes, largest first."""
        return tuple(
            tuple(m for m, c in zip(self.models, self.component, strict=True) if c == number)
            for number in range(int(self.component.max(initial=-1)) + 1)
        )


def fit(
    counts: Counts | CountSlice,
    *,
    method: Method = "davidson",
    prior_sd: float = PRIOR_SD,
    last_vote_id: int = 0,
    start: Ratings | None = None,
) -> Ratings:
    """Fit strengths to counts.

    Args:
        counts: All counts, or those of one slice.
        method: ``davidson`` models ties; ``half_win`` counts each as half a win for both.
        prior_sd: Standard deviation of the prior in logits, above 0; ``math.inf`` gives the plain
            maximum of the likelihood where it exists.
        last_vote_id: Recorded in the result.
        start: An earlier fit to start from; changes the time needed, not the result.

    Raises:
        InputError: ``prior_sd`` is not positive, or it is infinite and the maximum does not exist.
    """
    if not prior_sd > 0:
        raise InputError(f"prior_sd must be above 0, got {prior_sd}")
    table = counts.slice() if isinstance(counts, Counts) else counts
    component = connected_components(table.games)
    problem = _Problem(table, method, prior_sd, component)
    if math.isinf(prior_sd):
        _check_maximum(table, component, problem)
    theta, log_nu = _starting_point(table, problem, start)
    theta = _centre(theta, component)
    theta, log_nu, precision, steps = _maximise(problem, theta, log_nu)
    strengths = _centre(theta, component)
    strengths.setflags(write=False)
    precision.setflags(write=False)
    return Ratings(
        method=method,
        models=table.models,
        strengths=strengths,
        log_nu=log_nu,
        component=component,
        prior_sd=prior_sd,
        votes=table.votes,
        votes_per_model=table.votes_per_model,
        last_vote_id=last_vote_id,
        precision=precision,
        steps=steps,
    )


def refit(ratings: Ratings, counts: Counts | CountSlice, *, last_vote_id: int) -> Ratings:
    """Fit the same model to changed counts, starting from ``ratings``; equals the cold fit."""
    return fit(
        counts,
        method=ratings.method,
        prior_sd=ratings.prior_sd,
        last_vote_id=last_vote_id,
        start=ratings,
    )


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


def log_likelihood(ratings: Ratings, counts: CountSlice) -> float:
    """Log-likelihood of counts over the same models under a Davidson fit; natural logarithm."""
    first, _, tie = pair_probabilities(
        ratings.strengths[:, None] - ratings.strengths[None, :], ratings.log_nu
    )
    won, tied = counts.wins > 0, np.triu(counts.ties) > 0
    return float(
        (counts.wins[won] * np.log(first[won])).sum()
        + (counts.ties[tied] * np.log(tie[tied])).sum()
    )


class _Problem:
    """Log-posterior of one slice with its derivatives, over the pairs that have votes."""

    def __init__(self, table: CountSlice, method: Method, prior_sd: float, component: Ints) -> None:
        games = table.games
        self.size = len(games)
        self.first, self.second = np.nonzero(np.triu(games, 1))
        pairs = (self.first, self.second)
        self.games = games[pairs]
        self.margin = (table.wins[pairs] - table.wins.T[pairs]) / 2
        self.ties = float(table.ties[pairs].sum())
        self.has_ties = method == "davidson" and (self.ties > 0 or not math.isinf(prior_sd))
        self.weight = prior_sd**-2
        # The likelihood says nothing of a component's common shift and the prior only that it is 0,
        # where it starts: pinning it there changes no result and keeps the Hessian well conditioned.
        same = component[:, None] == component[None, :]
        self.pin = np.where(same & (component >= 0), 1.0, 0.0)
        if math.isinf(prior_sd):
            self.pin += np.diag(1.0 * (component < 0))

    def value(self, theta: Floats, log_nu: float) -> float:
        """Log-posterior up to a constant."""
        d = theta[self.first] - theta[self.second]
        half = np.abs(d) / 2
        largest = np.maximum(half, log_nu)
        total = np.exp(half - largest) + np.exp(-half - largest) + np.exp(log_nu - largest)
        value = float(self.margin @ d - self.games @ (largest + np.log(total)))
        value -= self.weight * float(theta @ theta) / 2
        if self.has_ties:
            value += self.ties * log_nu - self.weight * log_nu**2 / 2
        return value

    def derivatives(self, theta: Floats, log_nu: float) -> tuple[Floats, Floats]:
        """Gradient (M + 1,) and negative Hessian (M + 1, M + 1)."""
        p, q, tie = pair_probabilities(theta[self.first] - theta[self.second], log_nu)
        half_gap = (p - q) / 2
        size = self.size
        score = self.margin - self.games * half_gap
        curvature = self.games * ((p + q) / 4 - half_gap**2)
        cross = -self.games * half_gap * tie
        gradient = np.empty(size + 1)
        gradient[:size] = self._spread(score) - self.weight * theta
        hessian = np.zeros((size + 1, size + 1))
        hessian[self.first, self.second] = -curvature
        hessian[self.second, self.first] = -curvature
        hessian[:size, :size] += self.pin
        diagonal = add_up(self.first, curvature, size)
        diagonal += add_up(self.second, curvature, size)
        hessian[np.arange(size), np.arange(size)] += diagonal + self.weight
        if self.has_ties:
            gradient[size] = self.ties - self.games @ tie - self.weight * log_nu
            hessian[:size, size] = hessian[size, :size] = self._spread(cross)
            hessian[size, size] = self.games @ (tie * (1 - tie)) + self.weight
        else:
            gradient[size], hessian[size, size] = 0.0, 1.0
        return gradient, hessian

    def _spread(self, values: Floats) -> Floats:
        """(M,) sum of pair values, with a plus for the first and a minus for the second model."""
        spread = add_up(self.first, values, self.size)
        spread -= add_up(self.second, values, self.size)
        return spread


def _maximise(problem: _Problem, theta: Floats, log_nu: float) -> tuple[Floats, float, Floats, int]:
    value, at_rounding = problem.value(theta, log_nu), 0
    for count in range(1, _MAX_STEPS + 1):
        gradient, hessian = problem.derivatives(theta, log_nu)
        step = np.linalg.solve(hessian, gradient)
        settled = float(np.abs(step).max()) < _STEP_TOLERANCE
        # With a nearly flat prior and an undefeated model, rounding moves the strengths for ever.
        at_rounding = at_rounding + 1 if float(gradient @ step) < _GAIN_TOLERANCE else 0
        scale = 1.0
        while True:
            new_theta = theta + scale * step[:-1]
            new_log_nu = log_nu + scale * float(step[-1]) if problem.has_ties else log_nu
            new_value = problem.value(new_theta, new_log_nu)
            # At the top, rounding decides between values; Newton's step is right there.
            if new_value >= value or at_rounding or settled or scale < 1e-6:
                break
            scale /= 2
        theta, log_nu, value = new_theta, new_log_nu, new_value
        if settled or at_rounding == _ROUNDING_STEPS:
            return theta, log_nu, problem.derivatives(theta, log_nu)[1], count
    raise InputError(
        f"the ratings did not settle in {_MAX_STEPS} Newton steps; give a smaller prior_sd"
    )


def _starting_point(
    table: CountSlice, problem: _Problem, start: Ratings | None
) -> tuple[Floats, float]:
    theta = np.zeros(problem.size)
    log_nu = 0.0 if problem.has_ties else -math.inf
    if start is not None:
        known = dict(zip(start.models, start.strengths.tolist(), strict=True))
        theta = np.array([known.get(m, 0.0) for m in table.models])
        if problem.has_ties and math.isfinite(start.log_nu):
            log_nu = start.log_nu
    return theta, log_nu


def _check_maximum(table: CountSlice, component: Ints, problem: _Problem) -> None:
    unbounded = unbounded_models(table.wins, table.ties, component)
    if unbounded.size:
        names = ", ".join(repr(table.models[i]) for i in unbounded[:3])
        raise InputError(
            f"without a prior there is no finite rating of {names}: they never lost or never won "
            "against the others; give a finite prior_sd"
        )
    if problem.has_ties and problem.ties == problem.games.sum():
        raise InputError("all votes are ties, which has no maximum; give a finite prior_sd")


def _centre(theta: Floats, component: Ints) -> Floats:
    centred = theta.copy()
    for number in range(component.max(initial=-1) + 1):
        members = component == number
        centred[members] -= theta[members].mean()
    return centred


def with_last_vote_id(ratings: Ratings, last_vote_id: int) -> Ratings:
    """The same fit after votes that did not change its counts."""
    return replace(ratings, last_vote_id=last_vote_id)
