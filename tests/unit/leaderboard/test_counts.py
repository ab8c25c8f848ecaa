from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemrec.errors import InputError
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.loading import counts_from_codes, counts_from_rows
from gemrec.records import BattleMode, EventKind, Outcome
from gemrec.store import CountRow
from tests.unit.leaderboard.builders import vote

PREFERENCES = [o for o in Outcome if o.is_preference]
any_vote = st.builds(
    vote,
    left=st.sampled_from(["a", "b"]),
    right=st.sampled_from(["c", "d", "e"]),
    outcome=st.sampled_from(PREFERENCES),
    annotator=st.sampled_from(["ann", "bob"]),
    category=st.sampled_from(["", "art", "food"]),
)


def test_sides_keep_their_wins_whatever_the_order_of_the_ids():
    counts = Counts(["b", "a"])
    counts.add(vote("a", "b", Outcome.LEFT))
    counts.add(vote("b", "a", Outcome.RIGHT))
    counts.add(vote("a", "b", Outcome.RIGHT))
    table = counts.slice()
    assert table.models == ("b", "a")
    assert table.wins.tolist() == [[0, 1], [2, 0]]
    assert table.votes == 3


@pytest.mark.parametrize("outcome", [Outcome.TIE, Outcome.BOTH_GOOD, Outcome.BOTH_BAD])
def test_every_kind_of_tie_is_one_tie_but_stays_apart_in_the_cells(outcome: Outcome):
    counts = Counts()
    counts.add(vote("a", "b", outcome))
    table = counts.slice()
    assert table.ties.tolist() == [[0, 1], [1, 0]]
    assert table.wins.sum() == 0
    position = [Outcome.TIE, Outcome.BOTH_GOOD, Outcome.BOTH_BAD].index(outcome)
    assert (table.cells[2:, 0] / table.unit).tolist() == np.eye(3)[position].tolist()


@pytest.mark.parametrize(
    "unheard",
    [
        vote("a", "b", Outcome.SKIP),
        vote("a", "b", None, kind=EventKind.UNDO),
        vote("a", "b", Outcome.LEFT, mode=BattleMode.NAMED),
    ],
    ids=["skip", "undo", "named"],
)
def test_what_is_no_blind_preference_counts_nothing(unheard):
    counts = Counts(["a", "b"])
    assert not counts.add(unheard)
    assert not counts.remove(unheard)
    assert counts.slice().votes == 0


def test_slices_by_category_and_annotator():
    counts = Counts()
    counts.add(vote("a", "b", Outcome.LEFT, category="art", annotator="ann"))
    counts.add(vote("a", "b", Outcome.RIGHT, category="food", annotator="bob"))
    assert counts.slice(category="art").wins[0, 1] == 1
    assert counts.slice(category="art").wins[1, 0] == 0
    assert counts.slice(annotator_id="bob").wins[1, 0] == 1
    assert counts.slice(category="art", annotator_id="bob").votes == 0
    assert counts.slice(category="nothing").votes == 0
    assert counts.slice(annotator_id="nobody").votes == 0
    assert counts.categories == ("art", "food")
    assert counts.annotators == ("ann", "bob")
    assert counts.slice().clusters == 2


def test_slices_do_not_follow_later_votes_and_cannot_be_written():
    counts = Counts()
    counts.add(vote("a", "b", Outcome.LEFT))
    table = counts.slice()
    counts.add(vote("a", "b", Outcome.LEFT))
    assert table.votes == 1
    with pytest.raises(ValueError, match="read-only"):
        table.wins[0, 1] = 5


def test_rows_of_the_store_count_like_votes():
    row = {"category": "art", "annotator_id": "ann", "both_good": 1, "both_bad": 2}
    rows = [
        CountRow(model_a="a", model_b="b", wins_a=3, wins_b=1, ties=4, **row),
        CountRow(model_a="b", model_b="c", wins_a=0, wins_b=2, ties=0, **row),
    ]
    for models in ([], ["c", "b", "a"]):
        table = counts_from_rows(rows, models).slice()
        a, b, c = (table.models.index(m) for m in "abc")
        assert table.wins[a, b], table.wins[b, a] == (3, 1)
        assert table.ties[a, b] == table.ties[b, a] == 7
        assert table.wins[c, b] == 2
        assert table.votes == 16


def test_taking_away_what_was_never_counted_is_refused():
    counts = Counts()
    counts.add(vote("a", "b", Outcome.LEFT))
    with pytest.raises(InputError, match="rebuild"):
        counts.remove(vote("a", "b", Outcome.RIGHT))


def test_a_model_cannot_meet_itself_and_a_skip_cannot_be_counted():
    counts = Counts()
    with pytest.raises(InputError, match="two models"):
        counts.add_outcome("a", "a", Outcome.LEFT, annotator_id="ann")
    with pytest.raises(InputError, match="skip"):
        counts.add_outcome("a", "b", Outcome.SKIP, annotator_id="ann")


@settings(max_examples=50, deadline=None)
@given(st.lists(any_vote, max_size=90), st.randoms(use_true_random=False))
def test_order_of_votes_and_votes_taken_back_leave_no_trace(cast, random):
    models = "abcde"
    shuffled, undone = list(cast), [v for v in cast if random.random() < 0.3]
    random.shuffle(shuffled)
    plain, detour = Counts.from_votes(cast, models), Counts.from_votes(shuffled, models)
    for extra in undone:
        detour.add(extra)
    for extra in undone:
        detour.remove(extra)
    for category in (None, "art"):
        expected, got = plain.slice(category=category), detour.slice(category=category)
        assert np.array_equal(expected.wins, got.wins)
        assert np.array_equal(expected.ties, got.ties)
        assert expected.clusters == got.clusters


def test_board_parts_add_up_to_the_whole(real_counts: Counts):
    whole = real_counts.slice()
    wins, ties = np.zeros_like(whole.wins), np.zeros_like(whole.ties)
    for category in real_counts.categories:
        part = real_counts.slice(category=category)
        rows = [whole.index[model_id] for model_id in part.models]
        wins[np.ix_(rows, rows)] += part.wins
    for annotator_id in real_counts.annotators:
        part = real_counts.slice(annotator_id=annotator_id)
        rows = [whole.index[model_id] for model_id in part.models]
        ties[np.ix_(rows, rows)] += part.ties
    assert np.array_equal(wins, whole.wins)
    assert np.array_equal(ties, whole.ties)


def test_slices_list_the_models_that_have_votes_in_them():
    counts = Counts([f"model {n}" for n in range(5000)])
    assert counts.slice().models == ()
    add = partial(counts.add_outcome, outcome=Outcome.LEFT, annotator_id="ann")
    add("model 4000", "model 7", category="art")
    assert counts.pairs().models == ("model 7", "model 4000")
    assert counts.pairs().wins.tolist() == [[0, 0], [1, 0]]
    add("model 20", "model 7", category="food")
    assert counts.pairs().models == ("model 7", "model 20", "model 4000")
    assert counts.pairs().wins.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0]]
    food = counts.slice(category="food")
    assert food.models == ("model 7", "model 20")
    assert (food.first.tolist(), food.second.tolist()) == ([0], [1])
    assert counts.slice(category="art").models == ("model 7", "model 4000")


def test_a_bulk_load_equals_one_by_one_and_takes_votes_afterwards():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 4, 300)
    second = (first + rng.integers(1, 4, 300)) % 4
    annotator, category = rng.integers(0, 3, 300), rng.integers(0, 2, 300)
    kind = rng.integers(0, 5, 300)
    models, people, categories = list("abcd"), ["ann", "bob", "cy"], ["art", "food"]
    outcomes = [Outcome.LEFT, Outcome.RIGHT, *PREFERENCES[2:]]
    bulk = counts_from_codes(
        models=models,
        annotators=people,
        categories=categories,
        first=first,
        second=second,
        annotator=annotator,
        category=category,
        cells=np.eye(5, dtype=int)[kind].T,
    )
    single = Counts(models)
    for a, b, k, person, topic in zip(first, second, kind, annotator, category, strict=True):
        cast = vote(
            models[a], models[b], outcomes[k], annotator=people[person], category=categories[topic]
        )
        single.add(cast)
    for _ in range(2):
        for options in ({}, {"category": "art"}, {"annotator_id": "bob"}):
            expected, got = single.slice(**options), bulk.slice(**options)
            assert np.array_equal(expected.wins, got.wins)
            assert np.array_equal(expected.ties, got.ties)
            assert expected.clusters == got.clusters
            assert expected.votes == got.votes
        for counts in (single, bulk):  # now the cells are sorted and go on growing
            counts.remove(cast)
            counts.add(vote("a", "new", Outcome.LEFT, annotator="dora", category="art"))


@pytest.mark.parametrize(
    ("models", "people", "message"),
    [
        (["a"], ["ann"], "two models"),
        (["a", "a"], ["ann"], "models must be distinct"),
        (["a"], ["ann", "ann"], "annotators must be distinct"),
    ],
)
def test_a_bulk_load_refuses_what_makes_no_sense(models, people, message):
    one = np.zeros(1, dtype=int)
    with pytest.raises(InputError, match=message):
        counts_from_codes(
            models=models,
            annotators=people,
            first=one,
            second=one,
            annotator=one,
            cells=np.ones((5, 1), dtype=int),
        )


def test_an_empty_bulk_load_takes_votes():
    none = np.zeros(0, dtype=int)
    counts = counts_from_codes(
        models=["a", "b"],
        annotators=[],
        first=none,
        second=none,
        annotator=none,
        cells=np.zeros((5, 0), dtype=int),
    )
    assert counts.slice().votes == 0
    counts.add(vote("a", "b", Outcome.LEFT))
    assert counts.slice().votes == 1


def test_more_slices_than_are_kept_stay_right():
    counts = Counts(["a", "b"])
    people = [f"person {number}" for number in range(50)]
    for _ in range(2):
        for person in people:
            counts.add(vote("a", "b", Outcome.LEFT, annotator=person))
            assert counts.pairs(annotator_id=person).votes >= 1
    assert [counts.pairs(annotator_id=person).votes for person in people] == [2] * 50
    assert counts.pairs().votes == 100
