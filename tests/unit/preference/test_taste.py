"""One person's taste, from votes to scores."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from gemrec.preference import (
    FeatureTable,
    Hint,
    PairCounts,
    SharedState,
    fit_shared,
    fit_taste,
    read_comparisons,
    shared_prior,
)
from gemrec.records import BattleMode, EventKind, Outcome, Vote

MODELS = ("a", "b", "c", "d")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOOKS = {"a": [1.0, 0.0], "b": [0.9, 0.2], "c": [-1.0, 0.1]}  # nobody has seen d's pictures


def table_of(looks: dict[str, list[float]]) -> FeatureTable:
    """A table that knows how models look and nothing else."""
    rows = np.array([*looks.values(), [0.0, 0.0]])
    return FeatureTable(dim=2, looks=rows, models={m: i for i, m in enumerate(looks)})


TABLE = table_of(LOOKS)


def shared(table: FeatureTable = TABLE) -> SharedState:
    return fit_shared(shared_prior(MODELS, {}, table), PairCounts.empty(4))


def vote(left: str, right: str, outcome: Outcome, category: str = "x", number: int = 1) -> Vote:
    return Vote(
        number,
        f"b{number}",
        "ann",
        EventKind.CAST,
        outcome,
        (left, right),
        "p",
        category,
        BattleMode.BLIND,
        None,
        NOW,
    )


def test_without_votes_everything_is_even_and_wide() -> None:
    scores = fit_taste((), shared(), TABLE, {}).score_models(MODELS)
    np.testing.assert_allclose(scores.score, 0.5)
    assert (scores.high - scores.low > 0.4).all()


def test_liking_one_model_lifts_those_with_like_pictures() -> None:
    votes = [vote("a", "c", Outcome.LEFT)] * 6
    scores = fit_taste(votes, shared(), TABLE, {}).score_models(MODELS)
    a, b, c, d = scores.score
    assert a > b > d > c
    assert b > 0.5
    assert scores.taste[1] > 0 > scores.taste[2]


def test_sides_are_no_matter() -> None:
    one = fit_taste([vote("a", "c", Outcome.LEFT)], shared(), TABLE, {}).score_models(MODELS)
    other = fit_taste([vote("c", "a", Outcome.RIGHT)], shared(), TABLE, {}).score_models(MODELS)
    np.testing.assert_allclose(one.score, other.score, atol=1e-10)


def test_seen_models_are_more_certain_than_unseen_ones() -> None:
    votes = [vote("a", "b", Outcome.LEFT), vote("b", "a", Outcome.LEFT)] * 6
    bare = FeatureTable()
    scores = fit_taste(votes, shared(bare), bare, {}).score_models(MODELS)
    width = scores.high - scores.low
    assert width[0] < width[2] and width[1] < width[3]


@pytest.mark.parametrize("outcome", [Outcome.TIE, Outcome.BOTH_GOOD, Outcome.BOTH_BAD])
def test_ties_draw_two_models_together(outcome: Outcome) -> None:
    lead = [vote("a", "c", Outcome.LEFT)] * 3
    before = fit_taste(lead, shared(), TABLE, {}).score_models(MODELS).score
    after = fit_taste([*lead, *[vote("a", "c", outcome)] * 5], shared(), TABLE, {})
    tied = after.score_models(MODELS).score
    assert 0 < tied[0] - tied[2] < before[0] - before[2]


def test_skips_say_nothing() -> None:
    assert len(read_comparisons([vote("a", "b", Outcome.SKIP)], shared(), TABLE, {}).margin) == 0


def test_score_lies_within_its_interval_and_is_a_probability() -> None:
    votes = [vote("a", "c", Outcome.LEFT)] * 60
    scores = fit_taste(votes, shared(), TABLE, {}).score_models(MODELS)
    assert (scores.low > 0).all() and (scores.high < 1).all()
    assert ((scores.low <= scores.score) & (scores.score <= scores.high)).all()


def test_interval_agrees_with_draws_from_the_posterior() -> None:
    taste = fit_taste([vote("a", "c", Outcome.LEFT)] * 5, shared(), TABLE, {})
    scores = taste.score_models(MODELS)
    rng = np.random.default_rng(0)
    weights = rng.multivariate_normal(taste.person.mean, taste.person.covariance, size=40_000)
    phi = np.array([LOOKS.get(m, [0.0, 0.0]) for m in MODELS])
    utility = weights[:, :2] @ phi.T + weights[:, 2:]
    utility += rng.normal(scale=np.sqrt(0.15), size=utility.shape)  # the category's own difference
    drawn = 1 / (1 + np.exp(-(utility - utility.mean(axis=1, keepdims=True))))
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    np.testing.assert_allclose(scores.low, low, atol=0.01)
    np.testing.assert_allclose(scores.high, high, atol=0.01)
    np.testing.assert_allclose(scores.score, drawn.mean(axis=0), atol=0.01)


def test_category_offsets_move_scores() -> None:
    offset = {"x": (np.array([1.0, 0, 0, 0]), np.full(4, 0.1))}
    taste = fit_taste((), shared(), TABLE, offset)
    plain, moved = taste.score_models(MODELS, "y"), taste.score_models(MODELS, "x")
    assert moved.score[0] > plain.score[0] and moved.score[1] < plain.score[1]
    # What everybody thinks of a category is not put down to this person's taste.
    told = [vote("a", "c", Outcome.LEFT, "x")] * 4
    expected = fit_taste(told, shared(), TABLE, offset).person.taste[0]
    assert expected < fit_taste(told, shared(), TABLE, {}).person.taste[0]


def test_nothing_to_score() -> None:
    assert fit_taste((), shared(), TABLE, {}).score_models(()).score.shape == (0,)


def test_hints_move_scores_and_their_negatives_move_them_back() -> None:
    taste = fit_taste([vote("a", "c", Outcome.LEFT)] * 2, shared(), TABLE, {})
    toward = Hint(np.array([1.0, 0.0]), 1.0, 0.5)
    plain = taste.score_models(MODELS).score
    liked = taste.steered([toward]).score_models(MODELS).score
    back = replace(toward, strength=-3.0)
    disliked = taste.steered([back]).score_models(MODELS).score
    assert liked[0] > plain[0] > disliked[0] and liked[2] < plain[2] < disliked[2]
    assert disliked[2] > disliked[0]
    assert taste.steered([]) is taste
    np.testing.assert_array_equal(taste.score_models(MODELS).score, plain)


def test_the_order_of_hints_is_no_matter_and_each_makes_the_taste_more_certain() -> None:
    taste = fit_taste((), shared(), TABLE, {})
    hints = [Hint(np.array([1.0, 0.0]), 1.0, 0.5), Hint(np.array([0.5, 1.0]), -1.0, 0.1)]
    one, other = taste.steered(hints), taste.steered(hints[::-1])
    np.testing.assert_allclose(one.axes.mean, other.axes.mean, atol=1e-12)
    np.testing.assert_allclose(one.axes.deviation, other.axes.deviation, atol=1e-12)
    assert (one.axes.deviation < taste.axes.deviation).all()


def test_influence_is_what_leaving_a_vote_out_changes() -> None:
    votes = [
        vote("a", "c", Outcome.LEFT, number=1),
        vote("b", "d", Outcome.TIE, number=2),
        vote("d", "a", Outcome.LEFT, number=3),
        vote("b", "c", Outcome.SKIP, number=4),
        vote("c", "b", Outcome.RIGHT, number=5),
    ]
    taste = fit_taste(votes, shared(), TABLE, {})
    told = taste.influence(MODELS)
    assert told.votes == (1, 2, 3, 5)
    with_all = taste.believe_models(MODELS).mean
    for number, shift in zip(told.votes, told.shift, strict=True):
        rest = fit_taste([v for v in votes if v.id != number], shared(), TABLE, {})
        moved = with_all - rest.believe_models(MODELS).mean
        np.testing.assert_allclose(shift, moved - moved.mean(), atol=0.03)
    assert told.shift[0, 0] > 0 > told.shift[2, 0]
