import math

import numpy as np
import pytest
from scipy import stats

from gemrec.errors import InputError
from gemrec.leaderboard.bradley_terry import PRIOR_SD, fit
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.intervals import Intervals, cluster_scores, compute_intervals
from gemrec.leaderboard.quantiles import t_quantile
from gemrec.records import Outcome
from tests.unit.leaderboard.builders import (
    count_of,
    expected_votes,
    opinionated_votes,
    random_entries,
    vote,
    with_newcomer,
)

Z = 1.959963984540054
TASTE, LOG_NU = 0.5, math.log(0.5)


def by_people(entries, people):
    counts = Counts()
    for number, entry in enumerate(entries):
        counts.add(vote(*entry, annotator=f"person {number % people}"))
    return counts.slice()


def of(table, **options) -> Intervals:
    return compute_intervals(fit(table), table, **options)


@pytest.mark.parametrize("degrees", [0.1, 0.5, 1, 2, 3.7, 9, 50, 999, 1001, 1e6, math.inf])
@pytest.mark.parametrize("probability", [0.9, 0.95, 0.975, 0.995])
def test_t_quantile_equals_scipy(probability, degrees):
    expected = stats.t.ppf(probability, degrees)
    assert t_quantile(probability, degrees) == pytest.approx(expected, rel=1e-9)


def test_scores_of_all_annotators_balance_the_prior():
    table = by_people(random_entries(np.random.default_rng(0), 6, 200), 7)
    ratings = fit(table)
    scores = cluster_scores(ratings, table)
    assert scores.shape == (7, 7)
    pull = np.append(ratings.strengths, ratings.log_nu) / PRIOR_SD**2
    assert scores.sum(axis=0) == pytest.approx(pull, abs=1e-9)


def test_half_win_scores_balance_the_prior_too():
    table = by_people(random_entries(np.random.default_rng(0), 6, 200), 7)
    ratings = fit(table, method="half_win")
    scores = cluster_scores(ratings, table)
    pull = np.append(ratings.strengths, 0) / PRIOR_SD**2
    assert scores.sum(axis=0) == pytest.approx(pull, abs=1e-9)


@pytest.mark.parametrize(
    ("people", "busiest"), [(20, 1), (20, 30), (5, 1)], ids=["equal", "one busy", "few"]
)
def test_coverage_when_annotators_differ(people: int, busiest: int):
    """Nominal 95% intervals hold what a crowd would say; intervals blind to annotators do not."""
    rng = np.random.default_rng(people)
    strengths = rng.normal(0, 0.6, 12)
    crowd = expected_votes(rng, strengths, taste=TASTE, log_nu=LOG_NU, people=4000)
    target = fit(crowd, prior_sd=math.inf).strengths
    sizes = [60 * busiest] + [60] * (people - 1)
    clustered, blind = [], []
    for _ in range(120):
        table = opinionated_votes(rng, strengths, sizes, taste=TASTE, log_nu=LOG_NU)
        ratings = fit(table)
        for hits, method in ((clustered, "sandwich"), (blind, "curvature")):
            got = compute_intervals(ratings, table, method=method)
            hits.append(np.mean((got.low <= target) & (target <= got.high)))
    assert 0.92 <= np.mean(clustered) <= (0.97 if people == 20 else 1)
    assert np.mean(blind) < 0.92


def test_equal_annotators_need_no_wider_intervals():
    rng = np.random.default_rng(11)
    strengths = rng.normal(0, 0.6, 10)
    ratio = []
    for _ in range(20):
        table = opinionated_votes(rng, strengths, [100] * 30, taste=0, log_nu=LOG_NU)
        wide, plain = of(table), of(table, method="curvature")
        ratio.append(np.mean((wide.high - wide.low) / (plain.high - plain.low)))
    assert 1 <= np.mean(ratio) < 1.2


def test_one_annotator_says_so():
    table = by_people(random_entries(np.random.default_rng(1), 4, 50), 1)
    got = of(table)
    assert (got.method, got.clusters, got.degrees) == ("curvature", 1, math.inf)
    assert (got.high > got.low).all()


def test_two_annotators_stay_useful():
    table = by_people(random_entries(np.random.default_rng(1), 6, 400), 2)
    got = of(table)
    assert (got.method, got.clusters) == ("sandwich", 2)
    assert got.degrees == 5  # 1 of its own and 4 pooled
    assert (got.high - got.low).max() < 2 * Z * PRIOR_SD / 2


def test_two_models_have_nothing_to_pool():
    table = by_people([("a", "b", Outcome.LEFT), ("a", "b", Outcome.RIGHT)] * 20, 4)
    assert of(table).degrees == 3


def test_voteless_model_has_its_prior_interval():
    table = by_people(random_entries(np.random.default_rng(2), 4, 80), 8)
    got = of(with_newcomer(table, "new"))
    assert got.low[0] == pytest.approx(-Z * PRIOR_SD)
    assert got.high[0] == pytest.approx(Z * PRIOR_SD)
    empty = of(with_newcomer(Counts().slice(), "a"))
    assert empty.high.tolist() == pytest.approx([Z * PRIOR_SD])
    assert of(Counts().slice()).low.shape == (0,)


def test_without_a_prior_a_voteless_model_has_no_bounds():
    entries = random_entries(np.random.default_rng(2), 3, 90)
    table = with_newcomer(by_people(entries, 8), "new")
    got = compute_intervals(fit(table, prior_sd=math.inf), table)
    assert (got.low[0], got.high[0]) == (-math.inf, math.inf)
    assert np.isfinite(got.low[1:]).all()


def test_undefeated_model_is_not_called_certain():
    entries = random_entries(np.random.default_rng(3), 5, 300)
    entries += [("best", f"m{i % 5}", Outcome.LEFT) for i in range(10)]
    table = by_people(entries, 10)
    got, plain = of(table), of(table, method="curvature")
    best = table.models.index("best")
    width = got.high - got.low
    assert width[best] >= (plain.high - plain.low)[best]
    assert width[best] > 2 * np.delete(width, best).max()


def test_no_interval_is_wider_than_the_prior():
    for people in (1, 2, 3):
        got = of(by_people([("a", "b", Outcome.LEFT), ("b", "c", Outcome.TIE)], people))
        assert (got.high - got.low).max() <= 2 * Z * PRIOR_SD + 1e-12


def test_each_component_varies_around_its_own_mean():
    rng = np.random.default_rng(4)
    small = [(a + "x", b + "x", o) for a, b, o in random_entries(rng, 3, 60)]
    table = by_people(random_entries(rng, 4, 200) + small, 6)
    covariance, component = of(table).covariance, fit(table).component
    for number in (0, 1):
        members = component == number
        inside = covariance[np.ix_(members, members)]
        assert inside.sum() < 0.1 * np.trace(inside)
        assert np.diag(inside).min() > 0
    assert not covariance[np.ix_(component == 0, component == 1)].any()


def test_more_votes_of_more_people_narrow_the_intervals():
    rng = np.random.default_rng(5)
    strengths = np.linspace(-1, 1, 6)
    widths = []
    for people in (10, 40, 160):
        got = of(opinionated_votes(rng, strengths, [40] * people, taste=TASTE, log_nu=LOG_NU))
        widths.append(float(np.mean(got.high - got.low)))
    assert widths[0] > 1.5 * widths[1] > 2.2 * widths[2]


def test_bad_arguments():
    table = count_of(random_entries(np.random.default_rng(6), 3, 10)).slice()
    ratings = fit(table)
    for confidence in (0, 1, 95):
        with pytest.raises(InputError, match="strictly between 0 and 1"):
            compute_intervals(ratings, table, confidence=confidence)
    with pytest.raises(InputError, match="fitted to"):
        compute_intervals(ratings, Counts(["other"]).slice())
