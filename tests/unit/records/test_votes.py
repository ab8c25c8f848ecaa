"""What a vote implies about pairs of models."""

from dataclasses import replace
from datetime import UTC, datetime
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemrec.records import BattleForm, BattleMode, EventKind, Outcome, Tiers, Vote, pair_weight

VOTE = Vote(
    1, "b", "ann", EventKind.CAST, Outcome.LEFT, ("x", "y"), "a fox", "", BattleMode.BLIND, None,
    datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


def ranked(ranking: Tiers, models: tuple[str, ...]) -> Vote:
    return replace(
        VOTE, outcome=Outcome.RANKING, ranking=ranking, models=models, form=BattleForm.RANKING
    )


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.RANKING])
def test_a_pair_implies_itself(outcome: Outcome) -> None:
    pairs = replace(VOTE, outcome=outcome).pairs
    if outcome is Outcome.SKIP:
        assert pairs == ()
        return
    (pair,) = pairs
    assert (pair.models, pair.outcome, pair.weight) == (("x", "y"), outcome, 1.0)


def test_an_undo_implies_nothing() -> None:
    assert replace(VOTE, kind=EventKind.UNDO, outcome=None).pairs == ()


def test_tiers_tie_and_the_unranked_say_nothing() -> None:
    said = {(p.models, p.outcome) for p in ranked(((2,), (0, 3)), ("a", "b", "c", "d")).pairs}
    assert said == {
        (("c", "a"), Outcome.LEFT), (("c", "d"), Outcome.LEFT), (("a", "d"), Outcome.TIE)
    }  # fmt: skip


def test_two_sides_of_one_model_say_nothing_about_models() -> None:
    assert [p.models for p in ranked(((0,), (1,), (2,)), ("a", "a", "b")).pairs] == [
        ("a", "b"),
        ("a", "b"),
    ]


@given(order=st.permutations(range(8)), size=st.integers(2, 8))
def test_a_ranking_of_k_weighs_k_minus_1_comparisons(order: list[int], size: int) -> None:
    sides = order[:size]
    pairs = ranked(tuple((side,) for side in sides), tuple("abcdefgh")).pairs
    assert len(pairs) == comb(size, 2)
    assert sum(pair.weight for pair in pairs) == pytest.approx(size - 1)
    assert pair_weight(2) == 1.0
