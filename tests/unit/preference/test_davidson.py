"""The likelihood of one comparison and its derivatives."""

import numpy as np
import pytest

from gemrec.preference.davidson import margin, moments
from gemrec.records import Outcome

GAPS = np.array([-900.0, -30.0, -2.5, -0.1, 0.0, 0.7, 4.0, 50.0, 900.0])


@pytest.mark.parametrize("log_nu", [-3.0, -0.7, 1.5])
def test_derivatives_agree_with_finite_differences(log_nu: float) -> None:
    gaps, step = np.linspace(-6, 6, 25), 1e-4
    at = moments(gaps, log_nu)
    up, down = moments(gaps + step, log_nu), moments(gaps - step, log_nu)
    np.testing.assert_allclose(at.mean, (up.log_z - down.log_z) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(at.variance, (up.mean - down.mean) / (2 * step), atol=1e-7)
    more, less = moments(gaps, log_nu + step), moments(gaps, log_nu - step)
    np.testing.assert_allclose(at.tie, (more.log_z - less.log_z) / (2 * step), atol=1e-7)


def test_nothing_overflows_and_curvature_stays_non_negative() -> None:
    at = moments(GAPS, -0.7)
    for array in (at.log_z, at.mean, at.variance, at.tie):
        assert np.isfinite(array).all()
    assert (at.variance >= 0).all()
    assert (at.variance[2:-2] > 0).all()


def test_without_ties_it_is_bradley_terry() -> None:
    gaps = np.linspace(-3, 3, 7)
    log_win = gaps / 2 - moments(gaps, -50.0).log_z
    np.testing.assert_allclose(np.exp(log_win), 1 / (1 + np.exp(-gaps)), rtol=1e-12)


def test_even_sides_tie_as_often_as_nu_says() -> None:
    assert moments(np.zeros(1), np.log(0.5)).tie[0] == pytest.approx(0.5 / 2.5)


def test_the_three_kinds_of_tie_prefer_neither_side() -> None:
    assert margin(Outcome.LEFT) == 0.5 == -margin(Outcome.RIGHT)
    assert {margin(o) for o in (Outcome.TIE, Outcome.BOTH_GOOD, Outcome.BOTH_BAD)} == {0.0}
