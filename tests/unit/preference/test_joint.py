"""The joint fit is where the log-posterior is flat, and its gradient is the slope of its value."""

from dataclasses import replace

import numpy as np
import pytest

from gemrec.errors import StoppedError
from gemrec.preference import Contests, Joint, Scales, fit_joint
from gemrec.preference.design import Design
from gemrec.preference.joint import _Problem
from gemrec.preference.scales import LOG_NU_MEAN, LOG_NU_VARIANCE, POPULARITY_MEAN

MODELS, PEOPLE, PROMPTS, VOTES, DIM = 5, 4, 3, 60, 2


@pytest.fixture
def contests() -> Contests:
    rng = np.random.default_rng(0)
    models = np.array([rng.permutation(MODELS + 1)[:2] for _ in range(VOTES)])
    with_bar = (models == MODELS).any(axis=1)
    return Contests(
        person=rng.integers(PEOPLE, size=VOTES),
        models=models,
        prompt=rng.integers(PROMPTS, size=VOTES),
        category=rng.integers(2, size=VOTES),
        features=rng.normal(size=(VOTES, DIM)),
        margin=np.where(with_bar, 0.5, rng.choice([0.5, -0.5, 0.0], size=VOTES)),
        weight=rng.choice([1.0, 0.5], size=VOTES),
        sided=~with_bar,
        votes=np.arange(VOTES),
    )


def problem_of(contests: Contests, fitted: Joint) -> _Problem:
    """The problem that was solved, with its solution."""
    size = len(fitted.weights)
    design = Design(
        contests, MODELS, fitted.popularity, list(fitted.offsets), list(fitted.likings), size
    )
    precision = np.ones(size)
    for part in fitted.offsets:
        precision[part.start : part.start + len(part.keys)] = 1 / part.variance
    sides = fitted.popularity[contests.models]
    base = POPULARITY_MEAN * (sides[:, 0] - sides[:, 1])
    problem = _Problem(contests, design, precision, base, MODELS, PEOPLE, fitted.scales)
    problem.weights, problem.log_nu = fitted.weights, fitted.log_nu
    problem.own_log_nu = fitted.own_log_nu
    return problem


def slopes(problem: _Problem, weights: np.ndarray, step: float = 1e-5) -> np.ndarray:
    shifts = step * np.eye(len(weights))
    return np.array(
        [(problem._value(weights + s) - problem._value(weights - s)) / (2 * step) for s in shifts]
    )


@pytest.mark.parametrize("taste", [0.0, 0.5])
def test_the_log_posterior_is_flat_at_the_fit(contests: Contests, taste: float) -> None:
    popularity = np.append(np.linspace(-1, 1, MODELS), 0.0)
    fitted = fit_joint(contests, popularity, PEOPLE, replace(Scales(), taste=taste))
    problem = problem_of(contests, fitted)
    np.testing.assert_allclose(slopes(problem, fitted.weights), 0.0, atol=1e-4)
    # And nowhere near it is better.
    rng = np.random.default_rng(1)
    for _ in range(20):
        moved = fitted.weights + 0.01 * rng.normal(size=len(fitted.weights))
        assert problem._value(moved) < problem._value(fitted.weights)


def test_the_tie_weights_are_at_their_top_too(contests: Contests) -> None:
    popularity = np.append(np.linspace(-1, 1, MODELS), 0.0)
    # With many votes the shared weight and everybody's own pull on the same rope.
    many = replace(contests, weight=200 * contests.weight)
    fitted = fit_joint(many, popularity, PEOPLE, Scales())
    problem = problem_of(many, fitted)

    def posterior(ties: np.ndarray) -> float:
        problem.log_nu, problem.own_log_nu = float(ties[0]), ties[1:]
        away = (ties[0] - LOG_NU_MEAN) ** 2 / LOG_NU_VARIANCE
        told = many.weight[many.margin == 0] @ problem._nu()[many.margin == 0]
        prior = (away + (ties[1:] ** 2).sum() / Scales().ties) / 2
        return problem._value(fitted.weights) + told - prior

    here, step = np.append(fitted.log_nu, fitted.own_log_nu), 1e-4
    found = [(posterior(here + s) - posterior(here - s)) / (2 * step) for s in step * np.eye(5)]
    np.testing.assert_allclose(found, 0.0, atol=1e-2)


def test_a_fit_can_be_given_up(contests: Contests) -> None:
    asked = iter([False, False, True])
    with pytest.raises(StoppedError):
        fit_joint(
            contests, np.zeros(MODELS + 1), PEOPLE, Scales(), stopped=lambda: next(asked, True)
        )


def test_the_gradient_and_the_information_agree_with_finite_differences(
    contests: Contests,
) -> None:
    popularity = np.append(np.linspace(-1, 1, MODELS), 0.0)
    fitted = fit_joint(contests, popularity, PEOPLE, Scales())
    problem = problem_of(contests, fitted)
    problem.weights = fitted.weights + 0.2 * np.random.default_rng(2).normal(
        size=len(fitted.weights)
    )
    found = problem.gradient()
    np.testing.assert_allclose(found, slopes(problem, problem.weights), atol=1e-6)
    step = 1e-3
    here = problem._value(problem.weights)
    bends = np.array(
        [
            -(problem._value(problem.weights + s) - 2 * here + problem._value(problem.weights - s))
            / step**2
            for s in step * np.eye(len(fitted.weights))
        ]
    )
    told = problem._design.diagonal(problem.curvature()) + problem._precision
    np.testing.assert_allclose(told, bends, rtol=1e-3, atol=1e-3)
