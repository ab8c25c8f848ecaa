import math

import numpy as np
import pytest

from gemrec.leaderboard.board import build_board, fit_board, to_points, win_matrix
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.elo import EloTable
from gemrec.records import Outcome
from tests.unit.leaderboard.builders import count_of, random_entries, vote, votes


def test_rows_are_ordered_and_complete():
    entries = random_entries(np.random.default_rng(0), 6, 400)
    counts, elo = count_of(entries, ["new"]), EloTable.replay(votes(*entries))
    board = build_board(counts, elo, 400)
    assert (board.method, board.votes, board.last_vote_id) == ("davidson", 400, 400)
    assert board.category is None
    rated = board.rows[:-1]
    assert [r.rating for r in rated] == sorted((r.rating for r in rated), reverse=True)
    assert all(r.low < r.rating < r.high for r in board.rows)
    assert all(r.rank <= r.worst_rank for r in rated)
    assert sum(r.votes for r in rated) == 800
    assert np.mean([r.rating for r in rated]) == pytest.approx(1000)
    assert {r.model_id: r.elo for r in rated} == pytest.approx(dict(elo.ratings()))


def test_voteless_model_is_listed_last_with_its_prior():
    new = build_board(count_of([("a", "b", Outcome.TIE)], ["new"]), EloTable(), 1).rows[-1]
    assert (new.model_id, new.votes, new.rating, new.elo) == ("new", 0, 1000, 1000)
    assert (new.rank, new.component) == (3, -1)
    assert (new.low, new.high) == pytest.approx((319, 1681), abs=1)


def test_category_board_hears_only_its_votes():
    counts = Counts()
    counts.add(vote("a", "b", Outcome.LEFT, category="art"))
    counts.add(vote("b", "a", Outcome.LEFT, category="food"))
    art = build_board(counts, EloTable(), 2, "art")
    assert (art.category, art.votes, art.rows[0].model_id) == ("art", 1, "a")
    assert build_board(counts, EloTable(), 2, "food").rows[0].model_id == "b"
    nothing = build_board(counts, EloTable(), 2, "unheard")
    assert nothing.votes == 0
    assert {r.component for r in nothing.rows} == {-1}


def test_components_stand_one_after_the_other_and_are_never_ranked_across():
    entries = [("weak", "weaker", Outcome.LEFT)] * 3 + [("a", "b", Outcome.LEFT)] * 9
    rows = build_board(count_of([*entries, ("a", "b", Outcome.RIGHT)]), EloTable(), 13).rows
    assert [r.model_id for r in rows] == ["a", "b", "weak", "weaker"]
    assert [r.component for r in rows] == [0, 0, 1, 1]
    assert rows[2].rank == 1


@pytest.mark.parametrize("models", [[], ["only"]], ids=["M=0", "M=1"])
def test_boards_without_a_battle(models):
    board = build_board(Counts(models), EloTable(), 0)
    assert board.votes == 0
    assert [r.model_id for r in board.rows] == models


def test_an_annotators_own_board_and_warm_start():
    counts = Counts()
    for number, entry in enumerate(random_entries(np.random.default_rng(1), 4, 100)):
        counts.add(vote(*entry, annotator=f"person {number % 4}"))
    own = fit_board(counts.slice(annotator_id="person 1"), EloTable(), 100)
    assert own.board.votes == 25
    assert own.intervals.method == "curvature"
    everybody = fit_board(counts.slice(), EloTable(), 100)
    warm = fit_board(counts.slice(), EloTable(), 100, start=everybody.ratings)
    assert warm.ratings.steps == 1
    assert [r.model_id for r in warm.board.rows] == [r.model_id for r in everybody.board.rows]


def test_points_are_the_elo_scale():
    assert to_points(0) == 1000
    assert to_points(math.log(10)) == pytest.approx(1400)


def test_observed_win_rates():
    share = win_matrix(count_of([("a", "b", Outcome.LEFT), ("b", "a", Outcome.TIE)]).slice())
    assert share[0, 1] == 0.75
    assert share[1, 0] == 0.25
    assert math.isnan(share[0, 0])
