"""One person's taste, from votes to scores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from gemrec.preference import (
    Asked,
    FeatureTable,
    Hint,
    Taste,
    fit_everybody,
    fit_taste,
)
from gemrec.records import BattleMode, EventKind, Image, Outcome, Vote

MODELS = ("a", "b", "c", "d")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOOKS = {"a": [1.0, 0.0], "b": [0.9, 0.2], "c": [-1.0, 0.1]}  # nobody has seen d's pictures


def table_of(looks: dict[str, list[float]]) -> FeatureTable:
    """A table that knows how models look and nothing else."""
    rows = np.array([*looks.values(), [0.0, 0.0]])
    return FeatureTable(dim=2, looks=rows, models={m: i for i, m in enumerate(looks)})


TABLE = table_of(LOOKS)


def taste_of(votes: Sequence[Vote], table: FeatureTable = TABLE) -> Taste:
    return fit_taste(votes, fit_everybody((), MODELS, {}, table), table)


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
    scores = taste_of(()).score_models(MODELS)
    np.testing.assert_allclose(scores.score, 0.5)
    assert (scores.high - scores.low > 0.4).all()


def test_liking_one_model_lifts_those_with_like_pictures() -> None:
    votes = [vote("a", "c", Outcome.LEFT)] * 6
    scores = taste_of(votes).score_models(MODELS)
    a, b, c, d = scores.score
    assert a > b > d > c
    assert b > 0.5
    assert scores.taste[1] > 0 > scores.taste[2]


def test_sides_are_no_matter() -> None:
    one = taste_of([vote("a", "c", Outcome.LEFT)]).score_models(MODELS)
    other = taste_of([vote("c", "a", Outcome.RIGHT)]).score_models(MODELS)
    np.testing.assert_allclose(one.score, other.score, atol=1e-10)


def test_seen_models_are_more_certain_than_unseen_ones() -> None:
    votes = [vote("a", "b", Outcome.LEFT), vote("b", "a", Outcome.LEFT)] * 6
    bare = FeatureTable()
    scores = taste_of(votes, bare).score_models(MODELS)
    width = scores.high - scores.low
    assert width[0] < width[2] and width[1] < width[3]


@pytest.mark.parametrize("outcome", [Outcome.TIE, Outcome.BOTH_GOOD, Outcome.BOTH_BAD])
def test_ties_draw_two_models_together(outcome: Outcome) -> None:
    lead = [vote("a", "c", Outcome.LEFT)] * 3
    before = taste_of(lead).score_models(MODELS).score
    after = taste_of([*lead, *[vote("a", "c", outcome)] * 5])
    tied = after.score_models(MODELS).score
    assert 0 < tied[0] - tied[2] < before[0] - before[2]


def test_skips_say_nothing() -> None:
    assert taste_of([vote("a", "b", Outcome.SKIP)]).person.votes == 0


def test_rankings_are_read_with_ties() -> None:
    ranked = replace(
        vote("a", "b", Outcome.RANKING), models=("c", "a", "d"), ranking=((1,), (0, 2))
    )
    taste = taste_of([ranked] * 4)
    assert taste.person.votes == 12
    assert taste.told.contests.weight == pytest.approx(2 / 3)
    a, b, c, d = taste.score_models(MODELS).score
    assert a > b > c and a > d


def test_what_satisfies_a_person_is_learnt_from_both_good_and_both_bad() -> None:
    bar = {}
    for outcome in (Outcome.BOTH_GOOD, Outcome.BOTH_BAD):
        person = taste_of([vote("a", "c", outcome)] * 4).person
        assert person.models.tolist() == [0, 2, len(MODELS)]
        bar[outcome] = person.mean[-1]
    assert bar[Outcome.BOTH_GOOD] < -0.3 and bar[Outcome.BOTH_BAD] > 0.3


def test_votes_that_contradict_themselves_leave_everybodys_order() -> None:
    votes = [vote("a", "c", Outcome.LEFT), vote("a", "c", Outcome.RIGHT)] * 5
    taste = taste_of([*votes, vote("a", "c", Outcome.LEFT)])
    assert not taste.foretold.serves and taste.foretold.personal > taste.foretold.shared
    np.testing.assert_allclose(taste.score_models(MODELS).score, 0.5, atol=1e-9)
    steady = taste_of([vote("a", "c", Outcome.LEFT)] * 4)
    assert steady.foretold.serves and steady.foretold.personal < steady.foretold.shared


def test_score_lies_within_its_interval_and_is_a_probability() -> None:
    votes = [vote("a", "c", Outcome.LEFT)] * 60
    scores = taste_of(votes).score_models(MODELS)
    assert (scores.low > 0).all() and (scores.high < 1).all()
    assert ((scores.low <= scores.score) & (scores.score <= scores.high)).all()


def test_interval_agrees_with_draws_from_the_posterior() -> None:
    scores = taste_of([vote("a", "c", Outcome.LEFT)] * 5).believe_models(MODELS)
    drawn = scores.draw(np.random.default_rng(0), 40_000)
    drawn = 1 / (1 + np.exp(-(drawn - drawn.mean(axis=1, keepdims=True))))
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    said = scores.scores()
    np.testing.assert_allclose(said.low, low, atol=0.01)
    np.testing.assert_allclose(said.high, high, atol=0.01)
    np.testing.assert_allclose(said.score, drawn.mean(axis=0), atol=0.01)


def test_categories_have_an_order_of_their_own() -> None:
    others = [
        replace(vote(*pair, Outcome.LEFT, category, number), annotator_id=f"p{number % 9}")
        for number, (pair, category) in enumerate([(("a", "c"), "x"), (("c", "a"), "y")] * 30)
    ]
    everybody = fit_everybody(others, MODELS, {}, TABLE)
    taste = fit_taste((), everybody, TABLE)
    there, elsewhere = (taste.score_models(MODELS, Asked(kind)) for kind in "xy")
    assert there.score[0] > 0.55 > 0.45 > elsewhere.score[0]


def test_nothing_to_score() -> None:
    assert taste_of(()).score_models(()).score.shape == (0,)


def test_hints_move_scores_and_their_negatives_move_them_back() -> None:
    taste = taste_of([vote("a", "c", Outcome.LEFT)] * 2)
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
    taste = taste_of(())
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
    taste = taste_of(votes)
    told = taste.influence(MODELS)
    assert told.votes.tolist() == [1, 2, 3, 5]
    with_all = replace(taste, person=taste.learnt).believe_models(MODELS).mean
    for number, shift in zip(told.votes, told.shift, strict=True):
        rest = taste_of([v for v in votes if v.id != number])
        moved = with_all - replace(rest, person=rest.learnt).believe_models(MODELS).mean
        np.testing.assert_allclose(shift, moved - moved.mean(), atol=0.03)
    assert told.shift[0, 0] > 0 > told.shift[2, 0]


@pytest.mark.parametrize("outcome", [Outcome.LEFT, Outcome.BOTH_BAD])
def test_quick_scores_are_those_of_the_joint_belief(outcome: Outcome) -> None:
    votes = [vote("a", "c", outcome, number=1), vote("b", "a", Outcome.TIE, number=2)]
    taste, asked = taste_of(votes), Asked("x", "p", ("p",))
    quick, joint = taste.score_models(MODELS, asked), taste.believe_models(MODELS, asked).scores()
    for name in ("score", "low", "high", "taste"):
        np.testing.assert_allclose(getattr(quick, name), getattr(joint, name), atol=1e-12)


def test_quick_scores_of_pictures_are_those_of_the_joint_belief() -> None:
    taste = taste_of([vote("a", "c", Outcome.LEFT), vote("b", "a", Outcome.TIE, number=2)])
    pictures = [Image(i, str(i), m, "p", "x", i, "k", 8, 8, None, NOW) for i, m in enumerate("ada")]
    quick = taste.score_images(pictures, MODELS, "x")
    joint = taste.believe_images(pictures, MODELS, "x").scores()
    for name in ("score", "low", "high", "taste"):
        np.testing.assert_allclose(getattr(quick, name), getattr(joint, name)[4:], atol=1e-12)
