import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gemrec.leaderboard.pareto import pareto_front


def test_the_cheapest_best_and_what_lies_between():
    cost = np.array([1.0, 2.0, 3.0, 2.5, 1.0, math.nan])
    quality = np.array([10.0, 30.0, 40.0, 20.0, 5.0, 99.0])
    assert pareto_front(cost, quality).tolist() == [0, 1, 2]


def test_equal_points_stay_together_and_nothing_gives_nothing():
    assert pareto_front(np.array([1.0, 1.0]), np.array([2.0, 2.0])).tolist() == [0, 1]
    assert pareto_front(np.zeros(0), np.zeros(0)).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_on_the_front_is_exactly_who_nobody_dominates(points):
    cost, quality = (np.array([p[i] for p in points], dtype=float) for i in (0, 1))
    undominated = {
        i
        for i, (c, q) in enumerate(points)
        if not any(x <= c and y >= q and (x, y) != (c, q) for x, y in points)
    }
    assert set(pareto_front(cost, quality).tolist()) == undominated
