import numpy as np

from gemrec.leaderboard.ranks import drawn_ranks, published_ranks


def test_published_rule_counts_intervals_wholly_above():
    low = np.array([2.0, 1.0, 0.5, -3.0])
    high = np.array([3.0, 2.5, 1.5, -2.0])
    best, worst = published_ranks(low, high, np.zeros(4, dtype=int))
    assert best.tolist() == [1, 1, 2, 4]
    assert worst.tolist() == [2, 3, 3, 4]


def test_ranks_start_again_in_each_component_and_voteless_models_stand_last():
    low, high = np.array([5.0, 1.0, 9.0, 0.0, -9.0]), np.array([6.0, 2.0, 9.5, 0.5, 9.0])
    component = np.array([0, 0, 1, 1, -1])
    for best, worst in (
        published_ranks(low, high, component),
        drawn_ranks(low, np.eye(5) * 1e-6, component, np.random.default_rng(0)),
    ):
        assert best.tolist() == [1, 2, 1, 2, 5]
        assert worst.tolist() == [1, 2, 1, 2, 5]


def test_draws_widen_with_the_covariance_and_follow_their_seed():
    strengths, component = np.linspace(1, -1, 6), np.zeros(6, dtype=int)
    spans = []
    for sd in (1e-4, 0.2, 2.0):
        best, worst = drawn_ranks(
            strengths, np.eye(6) * sd**2, component, np.random.default_rng(1), degrees=9
        )
        again = drawn_ranks(
            strengths, np.eye(6) * sd**2, component, np.random.default_rng(1), degrees=9
        )
        assert np.array_equal(best, again[0])
        assert (best <= np.arange(1, 7)).all()
        assert (worst >= np.arange(1, 7)).all()
        spans.append(int((worst - best).sum()))
    assert spans[0] == 0 < spans[1] < spans[2]


def test_draws_honour_correlation():
    """Two models that move together keep their order, however unsure their common level."""
    together = np.full((2, 2), 4.0) + np.eye(2) * 1e-6
    component = np.zeros(2, dtype=int)
    best, worst = drawn_ranks(np.array([0.1, 0.0]), together, component, np.random.default_rng(2))
    assert best.tolist() == worst.tolist() == [1, 2]


def test_nothing_to_rank():
    none = np.zeros(0)
    for ranks in (
        published_ranks(none, none, np.zeros(0, dtype=int)),
        drawn_ranks(none, np.zeros((0, 0)), np.zeros(0, dtype=int), np.random.default_rng(0)),
    ):
        assert [r.shape for r in ranks] == [(0,), (0,)]


def test_no_models_have_no_ranks():
    strengths = np.zeros(0)
    strengths.setflags(write=False)
    best, worst = drawn_ranks(
        strengths, np.zeros((0, 0)), np.zeros(0, dtype=np.int64), np.random.default_rng(0)
    )
    assert best.size == worst.size == 0
