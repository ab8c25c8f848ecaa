from datetime import UTC, datetime

import pytest

from gemrec.generation import GridRequest
from gemrec.generation.progress import GridState
from gemrec.records import Image, Model, ModelSource, Prompt

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def request(name, seeds=(10, 11)):
    return GridRequest(Model(name, name, ModelSource("scripted", "")), Prompt("a cat"), seeds)


def image(number):
    return Image(number, f"{number:064d}", "m", "a cat", "", number, "p", 8, 8, None, NOW)


def shown(state):
    return [(news.position, tuple(i and i.id for i in news.images)) for news in state.news()]


def test_pairs_appear_together_and_in_order():
    state = GridState([request("a"), request("b")], pairwise=True)
    state.place(0, {10: image(1), 11: image(2)})
    assert shown(state) == []
    state.place(1, {11: image(4)})
    assert shown(state) == []  # position 0 of b is missing, so position 1 waits
    state.place(1, {10: image(3)})
    assert shown(state) == [(0, (1, 3)), (1, (2, 4))]
    assert shown(state) == []


def test_without_pairs_each_image_appears_at_once_and_alone():
    state = GridState([request("a"), request("b")], pairwise=False)
    state.place(0, {11: image(2)})
    assert shown(state) == [(1, (2, None))]
    state.place(1, {10: image(3)})
    assert shown(state) == [(0, (None, 3))]


def test_a_failed_side_no_longer_holds_up_the_other():
    state = GridState([request("a"), request("b")], pairwise=True)
    state.place(0, {10: image(1), 11: image(2)})
    failed = state.fail(1, "no memory")
    assert (failed.side, failed.reason) == (1, "no memory")
    assert shown(state) == [(0, (1, None)), (1, (2, None))]
    assert state.missing(1, [0, 1]) == []
    assert state.done().images == ((image(1), image(2)), ())
    assert state.progress().fraction == 1.0


def test_progress_never_falls_and_counts_all_sides():
    state = GridState([request("a"), request("b")], pairwise=True)
    assert state.progress().fraction == 0.0
    assert state.progress(under_way=1.5).fraction == pytest.approx(0.375)
    assert state.progress(under_way=0.5).fraction == pytest.approx(0.375)
    state.place(0, {10: image(1), 11: image(2)})
    assert state.progress().fraction == 0.5
    assert state.progress().message == "2 of 4 images ready"


def test_the_same_seed_twice_fills_both_places():
    state = GridState([request("a", (10, 10))], pairwise=True)
    state.place(0, {10: image(1)})
    assert shown(state) == [(0, (1,)), (1, (1,))]


def test_sides_may_want_different_numbers_of_images():
    state = GridState([request("a", (10,)), request("b", (10, 11))], pairwise=True)
    state.place(0, {10: image(1)})
    state.place(1, {10: image(2), 11: image(3)})
    assert shown(state) == [(0, (1, 2)), (1, (None, 3))]


def test_no_requests_are_done_at_once():
    state = GridState([], pairwise=True)
    assert state.progress().fraction == 1.0
    assert state.done().images == ()
