"""Published values for every statistic, and agreement with a second library where one exists."""

import evalica
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from statsmodels.stats.inter_rater import cohens_kappa

from gemrec.campaigns.quality import (
    Rated,
    cohen_kappa,
    count_table,
    dwell_time,
    fleiss_kappa,
    gold_accuracy,
    krippendorff_alpha,
    own_consistency,
    share,
    side_bias,
)
from gemrec.campaigns.reliability import reliabilities

FLEISS = np.array(
    [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
     [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]]
)  # fmt: skip
"""Fourteen raters, ten subjects, five categories: the worked example after Fleiss, kappa 0.210."""

KRIPPENDORFF = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Four observers, twelve units (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", part
C): nominal alpha 0.743."""


def rng():
    return np.random.default_rng(1)


def observers() -> list[Rated]:
    rows = [line.split() for line in KRIPPENDORFF]
    return [
        Rated(str(unit), str(who), answer)
        for who, row in enumerate(rows)
        for unit, answer in enumerate(row)
        if answer != "."
    ]


def test_alpha_is_krippendorffs_own_and_evalicas():
    measure = krippendorff_alpha(count_table(observers()), rng())
    assert measure.value == pytest.approx(0.743, abs=0.0005)
    assert measure.n == 11  # the last unit has one judgement
    frame = pd.DataFrame([[None if a == "." else a for a in r.split()] for r in KRIPPENDORFF])
    assert measure.value == pytest.approx(evalica.alpha(frame, distance="nominal").alpha)
    assert measure.low < measure.value < measure.high <= 1
    assert "tentative" in measure.meaning


def test_fleiss_is_the_published_one_and_the_definition():
    measure = fleiss_kappa(FLEISS, rng())
    assert measure.value == pytest.approx(0.210, abs=0.0005)
    n, k = 14, 10
    chance = ((FLEISS.sum(axis=0) / (n * k)) ** 2).sum()
    observed = ((FLEISS**2).sum(axis=1) - n).mean() / (n * (n - 1))
    assert measure.value == pytest.approx((observed - chance) / (1 - chance))


def test_cohen_by_hand_and_by_statsmodels():
    table = {("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}
    rated, unit = [], 0
    for (first, second), times in table.items():
        for _ in range(times):
            rated += [Rated(str(unit), "a", first), Rated(str(unit), "b", second)]
            unit += 1
    measure = cohen_kappa(rated, rng())
    # By hand: 35 of 50 agree, chance is (25 * 30 + 25 * 20) / 2500 = 0.5, so (0.7 - 0.5) / 0.5.
    assert measure.value == pytest.approx(0.4)
    assert measure.value == pytest.approx(cohens_kappa([[20, 5], [10, 15]]).kappa)


def test_wilson_is_newcombes_and_scipys():
    measure = share("x", 81, 263, "things", str)
    assert (measure.low, measure.high) == pytest.approx((0.2553, 0.3662), abs=0.00005)
    scipys = binomtest(81, 263).proportion_ci(method="wilson")
    assert (measure.low, measure.high) == pytest.approx((scipys.low, scipys.high))
    assert share("x", 0, 0, "things", str).value is None


def test_consistency_gold_sides_and_time_by_hand():
    rated = [
        Rated("1", "a", "first", True, 1000),
        Rated("1", "a", "first", False, 3000),
        Rated("2", "a", "second", False, 2000),
        Rated("2", "a", "tie", None, None),
        Rated("2", "b", "tie", None, 60_000),
    ]
    own = own_consistency(rated)
    assert (own.value, own.n) == (0.5, 2)
    assert gold_accuracy(
        [("first", "first"), ("tie", "first"), ("tie", "tie")]
    ).value == pytest.approx(2 / 3)
    sides = side_bias(rated)
    assert (sides.value, sides.n) == (pytest.approx(1 / 3), 3)
    assert "no sign" in sides.meaning
    one_sided = side_bias([Rated(str(n), "a", "first", n < 90) for n in range(100)])
    assert "one side is favoured" in one_sided.meaning
    assert dwell_time(rated, rng()).value == 2.5


def test_reliability_finds_who_guesses():
    draw = np.random.default_rng(3)
    truth = draw.integers(2, size=80)
    accuracy = {"good": 0.95, "fair": 0.8, "also": 0.85, "guess": 0.5}
    rated = [
        Rated(str(unit), who, str(answer if draw.random() < rate else 1 - answer))
        for unit, answer in enumerate(truth)
        for who, rate in accuracy.items()
    ]
    found = reliabilities(rated, rng(), draws=8)
    assert found[0].annotator == "guess"
    assert found[-1].annotator == "good"
    for one in found:
        assert one.low <= one.skill <= one.high or one.skill == pytest.approx(one.low, abs=0.05)
        assert one.skill == pytest.approx(accuracy[one.annotator], abs=0.15)
        assert one.n == 80


def test_nothing_to_go_by_is_said_so():
    alone = [Rated("1", "a", "first"), Rated("2", "a", "tie")]
    table = count_table(alone)
    for measure in (
        krippendorff_alpha(table, rng()),
        fleiss_kappa(table, rng()),
        cohen_kappa(alone, rng()),
        own_consistency(alone),
        dwell_time(alone, rng()),
    ):
        assert measure.value is None
        assert "Nothing to go by" in measure.meaning
    assert reliabilities(alone, rng()) == ()


def test_a_handful_of_items_names_nobody_unreliable():
    rated = [Rated(str(n), who, "first") for n in range(12) for who in ("ada", "ben")]
    rated += [Rated(str(n), "cy", "second") for n in range(9)]
    assert {one.annotator for one in reliabilities(rated, rng(), draws=4)} == {"ada", "ben"}


def test_no_judgement_at_all_is_no_error():
    table = count_table([])
    for measure in (
        krippendorff_alpha(table, rng()),
        fleiss_kappa(table, rng()),
        cohen_kappa([], rng()),
    ):
        assert (measure.value, measure.n) == (None, 0)
    assert side_bias([]).value is None
