"""Simulated people: what is shown matters, and votes make people better served."""

import json

import numpy as np
import pytest

from gemrec.cli.main import main
from gemrec.evaluation import TASTES, simulate
from gemrec.evaluation.world import make_world


def test_people_are_served_better_the_more_they_vote() -> None:
    rows = simulate("high", 8, 10, "slate", np.random.default_rng(0))
    gemrec = {row.votes: row for row in rows if row.method == "gemrec"}
    popularity = {row.votes: row for row in rows if row.method == "popularity"}
    assert sorted(gemrec) == [0, 5, 10]
    # Without votes popularity is all there is.
    assert gemrec[0].ndcg_at_5 == pytest.approx(popularity[0].ndcg_at_5)
    assert gemrec[10].ndcg_at_5 > popularity[10].ndcg_at_5 + 0.05
    assert gemrec[10].regret_at_1 < popularity[10].regret_at_1 - 0.1


def test_the_parts_of_utility_have_their_shares() -> None:
    world = make_world("low", 30, np.random.default_rng(1))
    common, own = world.common.var(), world.own.var()
    taste = np.mean([(world.visible @ liking).var() for liking in world.likings])
    assert taste / (common + own + taste) == pytest.approx(TASTES["low"], rel=0.25)


def test_choices_name_the_better_picture_as_often_as_people_do() -> None:
    world = make_world("mid", 10, np.random.default_rng(2))
    utilities = np.array([world.utilities(u, p) for u in range(10) for p in range(20)])
    gaps = utilities[:, ::2] - utilities[:, 1::2]
    assert 0.82 < (1 / (1 + np.exp(-np.abs(gaps)))).mean() < 0.88


def test_the_command_prints_the_same_rows_for_the_same_seed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["simulate", "--people", "2", "--interactions", "1", "--seed", "3", "--json"]
    found = []
    for _ in range(2):
        assert main(words) == 0
        found.append(json.loads(capsys.readouterr().out)["rows"])
    assert found[0] == found[1]
    assert found[0][0].keys() == {"method", "policy", "votes", "ndcg_at_5", "regret_at_1"}
    assert main(["simulate", "--world", "flat", "--json"]) == 2
    assert "allowed: low, mid, high" in capsys.readouterr().err
