import pytest

from gemrec.leaderboard.elo import EloTable
from gemrec.records import BattleMode, EventKind, Outcome, RatingChange
from tests.unit.leaderboard.builders import vote, votes


def test_first_vote_moves_half_of_k():
    table = EloTable()
    change = table.apply(vote("a", "b", Outcome.LEFT, id=7))
    assert change == {"a": RatingChange(1000, 1008), "b": RatingChange(1000, 992)}
    assert table.last_vote_id == 7


def test_a_surprise_moves_more_than_the_expected():
    table = EloTable(_ratings={"strong": 1400.0, "weak": 1000.0})
    expected = table.update("strong", "weak", Outcome.LEFT)["strong"]
    table = EloTable(_ratings={"strong": 1400.0, "weak": 1000.0})
    surprise = table.update("weak", "strong", Outcome.LEFT)["weak"]
    assert expected.after - expected.before == pytest.approx(16 / 11)
    assert surprise.after - surprise.before == pytest.approx(160 / 11)


@pytest.mark.parametrize("outcome", [Outcome.TIE, Outcome.BOTH_GOOD, Outcome.BOTH_BAD])
def test_even_models_that_tie_do_not_move(outcome):
    assert EloTable().update("a", "b", outcome)["a"] == RatingChange(1000, 1000)


@pytest.mark.parametrize(
    "unheard",
    [
        vote("a", "b", Outcome.SKIP),
        vote("a", "b", None, kind=EventKind.UNDO),
        vote("a", "b", Outcome.LEFT, mode=BattleMode.NAMED),
    ],
    ids=["skip", "undo", "named"],
)
def test_what_is_no_blind_preference_moves_nothing(unheard):
    table = EloTable()
    assert table.apply(unheard) == {}
    assert table.ratings() == {}


def test_replay_equals_following_and_points_are_conserved():
    cast = votes(("a", "b", Outcome.LEFT), ("b", "c", Outcome.TIE), ("c", "a", Outcome.LEFT))
    table = EloTable()
    for entry in cast:
        table.apply(entry)
    assert EloTable.replay(cast) == table
    assert sum(table.ratings().values()) == pytest.approx(3000)


def test_replay_without_a_vote_undoes_it():
    cast = votes(("a", "b", Outcome.LEFT), ("b", "c", Outcome.LEFT))
    assert EloTable.replay(cast[:1]).rating("b") == 992
    assert EloTable.replay([]).rating("b") == 1000


def test_going_on_from_displayed_ratings():
    table = EloTable.starting_from({"a": 1100.0})
    assert (table.rating("a"), table.rating("b")) == (1100, 1000)
    assert table.update("a", "b", Outcome.RIGHT)["a"].after < 1092


def test_elo_depends_on_the_order():
    cast = votes(*[("a", "b", Outcome.LEFT)] * 5, *[("a", "b", Outcome.RIGHT)] * 5)
    forward, backward = EloTable.replay(cast), EloTable.replay(cast[::-1])
    assert forward.rating("a") < 1000 < backward.rating("a")
