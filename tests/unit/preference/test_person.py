"""The personal posterior against brute force and against another library's Gaussian process."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemrec.preference import Contests, Hint, PersonPrior, Told, fit_person
from gemrec.preference.davidson import moments
from gemrec.preference.person_fit import _Problem, inverse_lower

MODELS = 4
LOG_NU = -0.7


def told(votes: int, dim: int, rng: np.random.Generator, noise: float = 0.0) -> Told:
    models = np.array([rng.permutation(MODELS)[:2] for _ in range(votes)]).reshape(-1, 2)
    contests = Contests(
        person=np.zeros(votes, dtype=np.int64),
        models=models,
        prompt=np.zeros(votes, dtype=np.int64),
        category=np.full(votes, -1),
        features=rng.normal(size=(votes, dim)),
        margin=rng.choice([0.5, -0.5, 0.0], size=votes),
        weight=rng.choice([1.0, 0.5], size=votes),
        sided=np.zeros(votes, dtype=np.bool_),
        votes=np.arange(votes),
    )
    known = 0.3 * rng.normal(size=votes)
    return Told(contests, known, np.full(votes, LOG_NU), np.full(votes, noise))


def prior(dim: int) -> PersonPrior:
    root = np.linalg.cholesky(0.4 * np.eye(dim) + 0.2) if dim else np.zeros((0, 0))
    return PersonPrior(root, np.array([0.5, 0.4, 0.3, 0.6, 1.0]))


def log_posterior(points: np.ndarray, said: Told, before: PersonPrior, models: np.ndarray):
    """(n,) log density of (n, r + T) likings and offsets up to a constant; no noise."""
    dim = len(before.root)
    offsets = points[:, dim:]
    place = np.searchsorted(models, said.contests.models)
    gaps = said.known + points[:, :dim] @ said.contests.features.T
    gaps = gaps + offsets[:, place[:, 0]] - offsets[:, place[:, 1]]
    value = (said.contests.margin * gaps - moments(gaps, LOG_NU).log_z) @ said.contests.weight
    inverse = np.linalg.inv(before.root @ before.root.T)
    value = value - np.einsum("np,pq,nq->n", points[:, :dim], inverse, points[:, :dim]) / 2
    return value - (offsets**2 / before.own[models]).sum(axis=1) / 2


@pytest.mark.parametrize(("votes", "seed"), [(1, 0), (3, 1), (9, 2)])
def test_numerical_integration_agrees(votes: int, seed: int) -> None:
    said = told(votes, 1, np.random.default_rng(seed))
    said.contests.models[:] = np.sort(said.contests.models % 2 + [0, 1], axis=1) % 3
    said.contests.models[:] = [0, 1]
    state = fit_person(said, prior(1))
    axis = np.linspace(-4, 4, 61)
    points = np.array(list(itertools.product(axis, repeat=3)))
    log = log_posterior(points, said, prior(1), state.models)
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    mean = weights @ points
    spread = np.sqrt(weights @ (points - mean) ** 2)
    # Laplace is an approximation: within a sixth of the spread, and the spread within a tenth.
    np.testing.assert_array_less(np.abs(state.mean - mean), spread / 6)
    np.testing.assert_allclose(np.sqrt(np.diag(state.covariance)), spread, rtol=0.1)
    # The mode itself is exact: no grid point is better.
    assert log.max() <= log_posterior(state.mean[None], said, prior(1), state.models) + 1e-9


def test_the_mode_is_flat_and_the_covariance_is_the_inverse_curvature() -> None:
    said, before = told(12, 2, np.random.default_rng(3)), prior(2)
    state = fit_person(said, before)
    size, step = len(state.mean), 1e-4

    def value(point: np.ndarray) -> float:
        return float(log_posterior(point[None], said, before, state.models)[0])

    shifts = step * np.eye(size)
    slope = [(value(state.mean + s) - value(state.mean - s)) / (2 * step) for s in shifts]
    np.testing.assert_allclose(slope, 0.0, atol=1e-6)
    bend = [
        [
            value(state.mean + a + b) - value(state.mean + a - b)
            - value(state.mean - a + b) + value(state.mean - a - b)
            for b in shifts
        ]
        for a in shifts
    ]  # fmt: skip
    curvature = -np.array(bend) / (4 * step**2)
    np.testing.assert_allclose(state.covariance, np.linalg.inv(curvature), rtol=1e-3, atol=1e-5)


def test_the_gradient_agrees_with_finite_differences() -> None:
    said = told(10, 2, np.random.default_rng(4))
    problem = _Problem(said, prior(2))
    rng = np.random.default_rng(5)
    problem._weights = 0.5 * rng.normal(size=len(problem._weights))
    problem._differences = said.known + problem._apply(problem._weights)
    gradient = problem._gradient(problem._differences, *problem._linearised())
    step, start = 1e-5, problem._weights.copy()
    for place in range(len(start)):
        sides = []
        for sign in (1, -1):
            weights = start.copy()
            weights[place] += sign * step
            problem._weights = weights
            sides.append(problem._value(weights, said.known + problem._apply(weights)))
        assert gradient[place] == pytest.approx((sides[0] - sides[1]) / (2 * step), abs=1e-6)


def test_noise_is_what_a_weight_of_each_contest_would_be() -> None:
    """Eliminated noise gives the same as a feature of its own per contest."""
    rng = np.random.default_rng(6)
    noisy = told(7, 1, rng, noise=0.35)
    contests = noisy.contests
    wide = np.concatenate([contests.features, np.eye(7)], axis=1)
    plain = Told(
        Contests(**{**{n: getattr(contests, n) for n in contests.__dict__}, "features": wide}),
        noisy.known,
        noisy.log_nu,
        np.zeros(7),
    )
    root = np.diag([np.sqrt(0.6), *np.full(7, np.sqrt(0.35))])
    own = prior(1).own
    short = fit_person(noisy, PersonPrior(root[:1, :1], own))
    long = fit_person(plain, PersonPrior(root, own))
    keep = np.r_[0, 8 : 8 + len(short.models)]
    np.testing.assert_allclose(short.mean, long.mean[keep], atol=1e-7)
    np.testing.assert_allclose(short.covariance, long.covariance[np.ix_(keep, keep)], atol=1e-7)


@settings(max_examples=20, deadline=None)
@given(votes=st.integers(1, 40), first=st.integers(0, 40), seed=st.integers(0, 2**16))
def test_votes_one_after_the_other_end_where_all_at_once_do(
    votes: int, first: int, seed: int
) -> None:
    every = told(votes, 3, np.random.default_rng(seed), noise=0.2)
    some = np.arange(min(first, votes))
    part = Told(every.contests.only(some), every.known[some], every.log_nu[some], every.noise[some])
    at_once = fit_person(every, prior(3))
    later = fit_person(every, prior(3), fit_person(part, prior(3)))
    np.testing.assert_allclose(later.mean, at_once.mean, atol=1e-6)
    np.testing.assert_allclose(later.covariance, at_once.covariance, atol=1e-6)


def test_leaving_a_contest_out_is_foretold() -> None:
    every, before = told(25, 2, np.random.default_rng(7), noise=0.1), prior(2)
    state = fit_person(every, before)
    gaps = state.without_each(every, 25)
    for number in range(25):
        rest = np.delete(np.arange(25), number)
        part = Told(
            every.contests.only(rest), every.known[rest], every.log_nu[rest], every.noise[rest]
        )
        left, right = every.contests.models[number][None].T
        without = fit_person(part, before)
        phi = every.contests.features[number][None]
        gap = without.expect(left, phi) - without.expect(right, 0 * phi) + every.known[number]
        assert gaps[number] == pytest.approx(gap[0], abs=0.12)


def test_a_hint_conditions_the_posterior() -> None:
    state = fit_person(told(8, 3, np.random.default_rng(8)), prior(3))
    direction = np.array([1.0, -0.5, 0.2])
    hinted = state.given([Hint(direction, 1.5, 0.3)])
    wide = np.r_[direction, np.zeros(len(state.models))]
    inverse = np.linalg.inv(state.covariance) + np.outer(wide, wide) / 0.3
    mean = np.linalg.solve(
        inverse, np.linalg.solve(state.covariance, state.mean) + wide * 1.5 / 0.3
    )
    np.testing.assert_allclose(hinted.covariance, np.linalg.inv(inverse), atol=1e-8)
    np.testing.assert_allclose(hinted.mean, mean, atol=1e-8)


def test_a_model_too_many_is_known_as_well_as_if_it_had_an_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exact for a model with one contest against one that has an offset."""
    said = told(6, 2, np.random.default_rng(9), noise=0.1)
    said.contests.models[:] = [[0, 1], [1, 0], [0, 2], [2, 1], [1, 2], [3, 1]]
    full, before = fit_person(said, prior(2)), prior(2)
    monkeypatch.setattr("gemrec.preference.person_fit.MOST_OFFSETS", 3)
    short = fit_person(said, before)
    assert short.models.tolist() == [0, 1, 2]
    every, phi = np.arange(4), np.random.default_rng(10).normal(size=(4, 2))
    np.testing.assert_allclose(short.expect(every, phi), full.expect(every, phi), atol=1e-7)
    few, looks = every[:3], phi[:3]
    np.testing.assert_allclose(
        short.spread(few, looks, short.average(few, looks)),
        full.spread(few, looks, full.average(few, looks)),
    )
    # Its doubt does not count that of the likings, which is carried apart.
    assert short.own[3] <= full.covariance[5, 5] < before.own[3]


def test_the_factor_of_a_triangle_is_inverted_by_halves() -> None:
    factor = np.tril(np.random.default_rng(11).normal(size=(131, 131))) + 12 * np.eye(131)
    np.testing.assert_allclose(inverse_lower(factor) @ factor, np.eye(131), atol=1e-9)
    assert (np.triu(inverse_lower(factor), 1) == 0).all()
