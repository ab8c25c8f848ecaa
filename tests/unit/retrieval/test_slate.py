"""Places shared out over interests, spread, and one to learn from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gemrec.preference import Belief, FeatureTable
from gemrec.records import Model, ModelSource
from gemrec.retrieval import Candidate, Shortlist, choose_slate
from gemrec.retrieval.slate import cluster, share_out, spread


def world(means: list[float], looks: np.ndarray, deviation: float = 0.3):
    """A shortlist of models with independent beliefs, best first."""
    order = np.argsort(-np.array(means), kind="stable")
    ids = [f"m{i}" for i in range(len(means))]
    table = FeatureTable(
        dim=looks.shape[1], looks=looks, models={name: row for row, name in enumerate(ids)}
    )
    size = len(means)
    belief = Belief(
        tuple(ids[i] for i in order), np.array(means)[order], deviation * np.eye(size),
        np.zeros(size), np.zeros(size), -20.0, size,
    )  # fmt: skip
    scores = belief.scores()
    found = tuple(
        Candidate(
            Model(ids[i], ids[i], ModelSource("scripted", "ok")),
            float(scores.score[place]),
            float(scores.low[place]),
            float(scores.high[place]),
            0.0,
            0.5,
        )
        for place, i in enumerate(order)
    )
    return Shortlist(found, belief), table


def ids(slate) -> list[str]:
    return [c.model.id for c in slate.candidates]


def test_a_second_interest_gets_its_place():
    # Five near-copies that are liked a little more than five others.
    looks = np.repeat(np.eye(2), 5, axis=0) + 0.01 * np.arange(10)[:, None]
    shortlist, table = world([1.0] * 5 + [0.9] * 5, looks, deviation=0.5)
    slate = choose_slate(shortlist, table, "", 4, np.random.default_rng(0))
    groups = {int(name[1:]) // 5 for name in ids(slate)}
    assert len(ids(slate)) == 4 == len(set(ids(slate)))
    assert groups == {0, 1}


def test_what_is_liked_far_more_keeps_its_places():
    looks = np.repeat(np.eye(2), 5, axis=0)
    shortlist, table = world([4.0] * 5 + [-4.0] * 5, looks)
    slate = choose_slate(shortlist, table, "", 4, np.random.default_rng(0))
    assert sum(int(name[1:]) < 5 for name in ids(slate)) >= 3


def test_one_place_explores_what_is_uncertain():
    looks = np.ones((6, 2))  # a single interest
    shortlist, table = world([2.0, 1.9, 1.8, 0.0, 0.0, 0.0], looks, 0.01)
    wide = np.diag([0.01, 0.01, 0.01, 0.01, 0.01, 4.0])
    uncertain = Belief(
        shortlist.belief.makers, shortlist.belief.mean, wide, np.zeros(6), np.zeros(6), -20.0, 6
    )
    explored = [
        choose_slate(Shortlist(shortlist.candidates, uncertain), table, "", 3,
                     np.random.default_rng(seed)).explored
        for seed in range(40)
    ]  # fmt: skip
    # It is above m2 in P(4 z > 1.8), about a third of the draws.
    assert 6 <= explored.count("m5") <= 22
    assert set(explored) == {"m2", "m5"}


def test_few_models_all_run():
    shortlist, table = world([1.0, 0.0], np.eye(2))
    slate = choose_slate(shortlist, table, "", 4, np.random.default_rng(0))
    assert (ids(slate), slate.explored) == (["m0", "m1"], None)


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 40))
def test_all_places_are_shared_out_within_the_room(seed, groups, places):
    rng = np.random.default_rng(seed)
    room = rng.integers(1, 6, groups)
    places = min(places, int(room.sum()))
    weights = rng.dirichlet(np.ones(groups)) + 1e-3
    quota = share_out(weights, room, places)
    assert quota.sum() == places
    assert (quota <= room).all() and (quota >= 0).all()


def test_quotas_are_in_proportion():
    assert share_out(np.array([0.5, 0.3, 0.2]), np.array([9, 9, 9]), 10).tolist() == [5, 3, 2]
    assert share_out(np.array([0.9, 0.1]), np.array([2, 9]), 5).tolist() == [2, 3]


def test_relevance_passes_over_copies():
    looks = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    liking = np.array([0.7, 0.69, 0.6])
    assert spread(liking, looks, np.arange(3), 2, []) == [0, 2]


def test_clusters_are_the_groups():
    points = np.concatenate([np.zeros((3, 2)), 5 + np.zeros((2, 2)), [[9.0, -9.0]]])
    found = cluster(points + 1e-3 * np.arange(6)[:, None], 3)
    assert len(set(found[:3])) == len(set(found[3:5])) == 1
    assert len(set(found)) == 3
    assert cluster(np.ones((4, 2)), 3).tolist() == [0, 0, 0, 0]
