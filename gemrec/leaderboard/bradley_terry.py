"""Bradley-Terry strengths with Davidson's ties, by Newton's method on counts.

The model stands in :mod:`gemrec.leaderboard.davidson`. The prior keeps undefeated and winless models
finite and centres each component on 0. The half-win method is the same without a tie term, each tie
counted as half a win; it shrinks the scale when there are ties and exists for comparison.

A refit starts from the earlier fit and ends, in fewer steps, at the same strengths.
"""

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from gemrec.errors import InputError
from gemrec.leaderboard.components import connected_components, unbounded_models
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.davidson import Posterior, pair_probabilities
from gemrec.leaderboard.solver import follow_chord, maximise
from gemrec.leaderboard.tables import Floats, Ints, PairCounts

Method = Literal["davidson", "half_win"]

# Two logits put a model within odds of 50:1 to the average. On the human votes of llmfao (59 models)
# held-out log-loss after 600 votes is 1.054 with 2, 1.040 with 1 and 1.076 with 10, and after all
# 8,931 votes 2 moves no rating by more than 6 points from the plain maximum, 1 by 19.
PRIOR_SD: Final = 2.0


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
        steps: Newton or chord steps that were needed.
        inverse_hessian: (M + 1, M + 1) inverse negative Hessian at this fit or at one that it was
            refitted from; for the next refit, not for intervals.
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
    steps: int
    inverse_hessian: Floats

    @property
    def nu(self) -> float:
        """The tie parameter: even sides tie with probability ``nu / (2 + nu)``."""
        return math.exp(self.log_nu)

    @property
    def point(self) -> Floats:
        """(M + 1,) the strengths and ``log_nu``."""
        return np.append(self.strengths, self.log_nu)

    @property
    def components(self) -> tuple[tuple[str, ...], ...]:
        """The groups of models that are linked by votes, largest first."""
        groups: list[list[str]] = [[] for _ in range(int(self.component.max(initial=-1)) + 1)]
        for model, number in zip(self.models, self.component.tolist(), strict=True):
            if number >= 0:
                groups[number].append(model)
        return tuple(map(tuple, groups))


def fit(
    counts: Counts | PairCounts,
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
    pairs = counts.pairs() if isinstance(counts, Counts) else counts
    component = connected_components(pairs.games)
    posterior = Posterior(pairs, component, prior_sd=prior_sd, with_ties=method == "davidson")
    if math.isinf(prior_sd):
        _check_maximum(pairs, component, posterior)
    solution = None
    if start is not None and _same_problem(start, method, prior_sd, pairs.models, component):
        solution = follow_chord(posterior, start.point, start.inverse_hessian)
    if solution is None:
        solution = maximise(posterior, _starting_point(pairs, component, posterior, start))
    point, inverse, steps = solution
    strengths = _centre(point[:-1], component)
    for array in (strengths, component):
        array.setflags(write=False)
    return Ratings(
        method=method,
        models=pairs.models,
        strengths=strengths,
        log_nu=float(point[-1]),
        component=component,
        prior_sd=prior_sd,
        votes=pairs.votes,
        votes_per_model=pairs.votes_per_model,
        last_vote_id=last_vote_id,
        steps=steps,
        inverse_hessian=inverse,
    )


def refit(ratings: Ratings, counts: Counts | PairCounts, *, last_vote_id: int) -> Ratings:
    """Fit the same model to changed counts, starting from ``ratings``; equals the cold fit."""
    return fit(
        counts,
        method=ratings.method,
        prior_sd=ratings.prior_sd,
        last_vote_id=last_vote_id,
        start=ratings,
    )


def curvature(ratings: Ratings, pairs: PairCounts) -> Floats:
    """(M + 1, M + 1) inverse negative Hessian of the log-posterior exactly at the fit."""
    posterior = Posterior(
        pairs,
        ratings.component,
        prior_sd=ratings.prior_sd,
        with_ties=ratings.method == "davidson",
    )
    inverse: Floats = np.linalg.inv(posterior.derivatives(ratings.point)[1]).astype(np.float64)
    return inverse


def log_likelihood(ratings: Ratings, counts: PairCounts) -> float:
    """Log-likelihood of counts over the same models under a Davidson fit; natural logarithm."""
    theta = ratings.strengths
    first, _, tie = pair_probabilities(theta[:, None] - theta[None, :], ratings.log_nu)
    won, tied = counts.wins > 0, np.triu(counts.ties) > 0
    return float(
        (counts.wins[won] * np.log(first[won])).sum()
        + (counts.ties[tied] * np.log(tie[tied])).sum()
    )


def with_last_vote_id(ratings: Ratings, last_vote_id: int) -> Ratings:
    """The same fit after vote events that did not change its counts."""
    return replace(ratings, last_vote_id=last_vote_id)


def _same_problem(
    start: Ratings, method: Method, prior_sd: float, models: tuple[str, ...], component: Ints
) -> bool:
    return (
        start.method == method
        and start.prior_sd == prior_sd
        and start.models == models
        and np.array_equal(start.component, component)
    )


def _starting_point(
    pairs: PairCounts, component: Ints, posterior: Posterior, start: Ratings | None
) -> Floats:
    point = np.append(np.zeros(len(pairs.models)), posterior.start_log_nu)
    if start is not None:
        known = dict(zip(start.models, start.strengths.tolist(), strict=True))
        theta = np.array([known.get(model, 0.0) for model in pairs.models])
        point[:-1] = _centre(theta, component)
        if posterior.with_ties and math.isfinite(start.log_nu):
            point[-1] = start.log_nu
    return point


def _check_maximum(pairs: PairCounts, component: Ints, posterior: Posterior) -> None:
    unbounded = unbounded_models(pairs.wins, pairs.ties, component)
    if unbounded.size:
        names = ", ".join(repr(pairs.models[i]) for i in unbounded[:3])
        raise InputError(
            f"without a prior there is no finite rating of {names}: they never lost or never won "
            "against the others; give a finite prior_sd"
        )
    if posterior.with_ties and posterior.ties == posterior.votes:
        raise InputError("all votes are ties, which has no maximum; give a finite prior_sd")


def _centre(theta: Floats, component: Ints) -> Floats:
    centred = theta.copy()
    for number in range(component.max(initial=-1) + 1):
        members = component == number
        centred[members] -= theta[members].mean()
    return centred
