"""A refresher that is followed: its models and prompts, and what two snapshots must share."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from gemrec.recommend import Snapshot
from gemrec.records import Prompt

MODELS = ("a", "b", "c", "d")
PROMPTS = (Prompt("a cat", "animal"), Prompt("a lake", "scenery"), Prompt("a thing", ""))


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)


def assert_same(one: Snapshot, other: Snapshot, people: list[str]) -> None:
    assert (one.last_vote_id, one.events) == (other.last_vote_id, other.events)
    for person in people:
        assert one.votes_applied(person) == other.votes_applied(person)
        assert one.votes_of(person) == other.votes_of(person)
    np.testing.assert_array_equal(one.pairs().wins, other.pairs().wins)
    np.testing.assert_allclose(one.votes_per_model, other.votes_per_model)
    np.testing.assert_array_equal(one.pairs().ties, other.pairs().ties)
    np.testing.assert_allclose(one.features.images, other.features.images, atol=1e-10)
    np.testing.assert_allclose(one.everybody.mean, other.everybody.mean, atol=1e-6)
    assert one.everybody.joint.log_nu == pytest.approx(other.everybody.joint.log_nu, abs=1e-6)
    np.testing.assert_allclose(one.everybody.doubt, other.everybody.doubt, atol=1e-6)
    for model_id in one.everybody.models:
        assert one.elo.rating(model_id) == other.elo.rating(model_id)
    for category in (None, "animal"):
        mine, theirs = one.board(category), other.board(category)
        for row, same in zip(mine.rows, theirs.rows, strict=True):
            assert (row.model_id, row.rank, row.votes) == (same.model_id, same.rank, same.votes)
            assert (row.rating, row.low, row.high) == pytest.approx(
                (same.rating, same.low, same.high), abs=1e-4
            )
    for person in people:
        a, b = one.taste(person).person, other.taste(person).person
        np.testing.assert_allclose(a.mean, b.mean, atol=1e-6)
        np.testing.assert_allclose(a.covariance, b.covariance, atol=1e-6)
