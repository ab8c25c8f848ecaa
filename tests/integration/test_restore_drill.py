"""Votes, images, wiped disk, restart: what people see is as before."""

import pytest

from tests.drill import restore_drill

pytestmark = pytest.mark.integration


def test_a_wiped_disk_comes_back_as_it_was(tmp_path):
    """A small one of ``tests/bench/test_faults.py``'s drill with 5,000 votes."""
    drill = restore_drill(tmp_path, votes=150, images=2)
    assert drill.after.board == drill.before.board
    assert drill.after.recommendations == drill.before.recommendations
    assert drill.after.pictures == drill.before.pictures
    assert drill.after.health["last_vote_id"] == 150
