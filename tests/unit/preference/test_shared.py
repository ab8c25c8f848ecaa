"""What everybody shares: priors, fits, categories."""

import numpy as np
import pytest

from gemrec.preference import (
    FeatureTable,
    PairCounts,
    category_offsets,
    fit_shared,
    shared_prior,
)
from gemrec.preference.shared import LOG_NU_MEAN, LOG_NU_VARIANCE, _Problem

MODELS = ("a", "b", "c", "d")
DOWNLOADS = {"a": 10, "b": 1_000, "c": 100, "d": 100_000}


def counts(wins: dict[str, float], ties: dict[str, float] | None = None) -> PairCounts:
    empty = PairCounts.empty(len(MODELS))
    for pair, number in wins.items():
        empty.wins[MODELS.index(pair[0]), MODELS.index(pair[1])] = number
    for pair, number in (ties or {}).items():
        one, other = MODELS.index(pair[0]), MODELS.index(pair[1])
        empty.ties[one, other] = empty.ties[other, one] = number
    return empty


def features() -> FeatureTable:
    looks = {"a": [1.0, 0.0], "b": [0.9, 0.1], "c": [-1.0, 0.0]}
    rows = np.array([*looks.values(), [0.0, 0.0]])
    return FeatureTable(dim=2, looks=rows, models={m: i for i, m in enumerate(looks)})


def test_without_votes_the_order_is_popularity() -> None:
    prior = shared_prior(MODELS, DOWNLOADS, FeatureTable())
    state = fit_shared(prior, PairCounts.empty(4))
    assert [MODELS[i] for i in np.argsort(-state.mean)] == ["d", "b", "c", "a"]
    np.testing.assert_allclose(state.mean, prior.mean, atol=1e-9)
    np.testing.assert_allclose(state.covariance, prior.covariance, atol=1e-9)


@pytest.mark.parametrize("downloads", [{}, dict.fromkeys(MODELS, 5), {"a": 0}])
def test_equal_or_unknown_popularity_says_nothing(downloads: dict[str, int]) -> None:
    np.testing.assert_array_equal(shared_prior(MODELS, downloads, FeatureTable()).mean, 0.0)


def test_no_models_and_one_model() -> None:
    for models in ((), ("a",)):
        prior = shared_prior(models, {}, FeatureTable())
        state = fit_shared(prior, PairCounts.empty(len(models)))
        assert state.mean.shape == (len(models),) and state.votes == 0


def test_gradient_and_curvature_agree_with_finite_differences() -> None:
    prior = shared_prior(MODELS, DOWNLOADS, features())
    problem = _Problem(prior, counts({"ab": 3, "ba": 1, "cd": 2}, {"ac": 2, "bd": 1}))
    at, step = np.array([0.3, -0.2, 0.5, 0.1, -0.4]), 1e-4
    gradient, hessian = problem.derivatives(at[:4], float(at[4]))
    for i in range(5):
        shift = step * np.eye(5)[i]
        up, down = at + shift, at - shift
        slope = problem.value(up[:4], up[4]) - problem.value(down[:4], down[4])
        assert gradient[i] == pytest.approx(slope / (2 * step), abs=1e-6)
        bend = problem.derivatives(up[:4], up[4])[0] - problem.derivatives(down[:4], down[4])[0]
        np.testing.assert_allclose(-hessian[i], bend / (2 * step), atol=1e-6)


def test_two_models_agree_with_numerical_integration() -> None:
    prior = shared_prior(("a", "b"), {}, FeatureTable())
    wins, ties = np.array([[0.0, 4.0], [1.0, 0.0]]), np.array([[0.0, 2.0], [2.0, 0.0]])
    state = fit_shared(prior, PairCounts(wins, ties))
    # Only the difference d and log nu meet the likelihood; d's prior variance is the sum of both.
    variance = float(np.array([1, -1]) @ prior.covariance @ np.array([1, -1]))
    d, log_nu = np.meshgrid(np.linspace(-8, 8, 801), np.linspace(-6, 5, 551))
    log_z = np.log(np.exp(d / 2) + np.exp(-d / 2) + np.exp(log_nu))
    log = 1.5 * d + 2 * log_nu - 7 * log_z
    log -= d**2 / variance / 2 + (log_nu - LOG_NU_MEAN) ** 2 / LOG_NU_VARIANCE / 2
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = float((weight * d).sum())
    spread = float((weight * (d - mean) ** 2).sum())
    assert state.mean[0] - state.mean[1] == pytest.approx(mean, abs=0.05)
    contrast = np.array([1, -1])
    assert contrast @ state.covariance @ contrast == pytest.approx(spread, abs=0.05)


def test_a_start_changes_nothing_but_time() -> None:
    prior = shared_prior(MODELS, DOWNLOADS, features())
    table = counts({"ab": 30, "ba": 1, "cd": 12}, {"ac": 2})
    cold = fit_shared(prior, table)
    warm = fit_shared(prior, table, start=fit_shared(prior, counts({"da": 50})))
    np.testing.assert_allclose(cold.mean, warm.mean, atol=1e-8)
    np.testing.assert_allclose(cold.covariance, warm.covariance, atol=1e-8)
    assert cold.log_nu == pytest.approx(warm.log_nu, abs=1e-8)


def test_undefeated_and_voteless_models_stay_finite_and_voteless_ones_are_less_certain() -> None:
    state = fit_shared(shared_prior(MODELS, {}, FeatureTable()), counts({"ab": 100, "ac": 100}))
    assert np.isfinite(state.mean).all()
    assert state.mean[0] == state.mean.max()
    deviation = np.sqrt(np.diag(state.covariance))
    assert deviation[3] == deviation.max()


def test_votes_move_models_with_like_pictures_along() -> None:
    state = fit_shared(shared_prior(MODELS, {}, features()), counts({"ad": 10}))
    a, b, c, d = state.mean
    assert a > b > 0 > c
    assert d < 0
    assert state.content[0] > 0


def test_ties_pull_together_and_raise_nu() -> None:
    prior = shared_prior(MODELS, {}, FeatureTable())
    few, many = (
        fit_shared(prior, counts({"ab": 4})),
        fit_shared(prior, counts({"ab": 4}, {"ab": 9})),
    )
    assert many.mean[0] - many.mean[1] < few.mean[0] - few.mean[1]
    assert many.log_nu > few.log_nu


def test_category_offsets_have_the_right_sign_and_size() -> None:
    shared = fit_shared(shared_prior(MODELS, {}, FeatureTable()), counts({"ab": 5, "ba": 5}))
    offsets = category_offsets(shared, {"x": counts({"ab": 5}), "y": counts({"ba": 5})})
    for category, best in (("x", 0), ("y", 1)):
        mean, variance = offsets[category]
        assert mean.argmax() == best and mean.argmin() == 1 - best
        assert mean[2] == mean[3] == 0.0
        assert variance[0] < variance[2] == pytest.approx(0.15)
    np.testing.assert_allclose(offsets["x"][0], -offsets["y"][0], atol=1e-9)
    assert category_offsets(shared, {}) == {}


def test_counts_know_their_totals() -> None:
    table = counts({"ab": 2, "ba": 1}, {"ac": 3})
    assert table.votes == 6
    assert table.votes_per_model.tolist() == [6.0, 3.0, 3.0, 0.0]
    assert table.without(table).votes == 0
