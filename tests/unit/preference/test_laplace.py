"""The personal posterior against brute force."""

import itertools

import numpy as np
import pytest

from gemrec.preference.davidson import moments
from gemrec.preference.laplace import laplace, laplace_dual, laplace_primal

LOG_NU = -0.7


def log_posterior(
    points: np.ndarray,
    design: np.ndarray,
    margin: np.ndarray,
    known: np.ndarray,
    mean: np.ndarray,
    covariance: np.ndarray,
) -> np.ndarray:
    """(n,) log-posterior density of (n, p) points up to a constant."""
    gaps = known + points @ design.T
    likelihood = (margin * gaps - moments(gaps, LOG_NU).log_z).sum(axis=1)
    away = points - mean
    return likelihood - np.einsum("np,pq,nq->n", away, np.linalg.inv(covariance), away) / 2


def problem(size: int, votes: int, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size))
    return (
        rng.normal(size=(votes, size)),
        rng.choice([0.5, -0.5, 0.0], size=votes),
        0.3 * rng.normal(size=votes),
        0.5 * rng.normal(size=size),
        root @ root.T / size + 0.3 * np.eye(size),
    )


@pytest.mark.parametrize(("size", "votes", "seed"), [(1, 1, 0), (1, 6, 1), (2, 3, 2), (2, 12, 3)])
def test_numerical_integration_agrees(size: int, votes: int, seed: int) -> None:
    design, margin, known, mean, covariance = problem(size, votes, seed)
    mode, posterior = laplace(design, margin, known, LOG_NU, mean, covariance)
    axis = np.linspace(-7, 7, 281)
    points = np.array(list(itertools.product(axis, repeat=size)))
    log = log_posterior(points, design, margin, known, mean, covariance)
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    exact_mean = weights @ points
    exact_covariance = (points - exact_mean).T @ (weights[:, None] * (points - exact_mean))
    # Laplace is an approximation: within a sixth of the spread, and the spread within a tenth.
    exact_spread = np.sqrt(np.diag(exact_covariance))
    np.testing.assert_array_less(np.abs(mode - exact_mean), exact_spread / 6)
    np.testing.assert_allclose(np.sqrt(np.diag(posterior)), exact_spread, rtol=0.1)
    # The mode itself is exact: no grid point is better, and the nearest is within a grid step.
    assert log.max() <= log_posterior(mode[None], design, margin, known, mean, covariance) + 1e-12
    np.testing.assert_allclose(points[log.argmax()], mode, atol=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_and_curvature_agree_with_finite_differences(seed: int) -> None:
    design, margin, known, mean, covariance = problem(3, 8, seed)
    mode, posterior = laplace(design, margin, known, LOG_NU, mean, covariance)
    step = 1e-3 * np.eye(3)

    def value(point: np.ndarray) -> float:
        return float(log_posterior(point[None], design, margin, known, mean, covariance)[0])

    gradient = [(value(mode + s) - value(mode - s)) / 2e-3 for s in step]
    np.testing.assert_allclose(gradient, 0.0, atol=1e-6)
    hessian = [
        [
            (value(mode + s + t) - value(mode + s - t) - value(mode - s + t) + value(mode - s - t))
            / 4e-6
            for t in step
        ]
        for s in step
    ]
    np.testing.assert_allclose(np.linalg.inv(-np.array(hessian)), posterior, atol=1e-5)


@pytest.mark.parametrize(("size", "votes"), [(5, 1), (5, 5), (5, 40), (40, 10)])
def test_both_forms_give_the_same(size: int, votes: int) -> None:
    values = problem(size, votes, size * votes)
    dual = laplace_dual(*values[:3], LOG_NU, *values[3:])
    primal = laplace_primal(*values[:3], LOG_NU, *values[3:])
    for one, other in zip(dual, primal, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-8)


def test_no_votes_leave_the_prior() -> None:
    _, _, _, mean, covariance = problem(4, 1, 0)
    none = np.zeros(0)
    mode, posterior = laplace(np.zeros((0, 4)), none, none, LOG_NU, mean, covariance)
    np.testing.assert_array_equal(mode, mean)
    np.testing.assert_array_equal(posterior, covariance)


def test_a_hundred_equal_wins_stay_finite() -> None:
    design = np.ones((100, 2)) * np.array([1.0, -1.0])
    mode, posterior = laplace(
        design, np.full(100, 0.5), np.zeros(100), LOG_NU, np.zeros(2), np.eye(2)
    )
    assert np.isfinite(mode).all() and (np.linalg.eigvalsh(posterior) > 0).all()
    assert mode[0] > 0 > mode[1]
