"""``kill -9`` of the whole server while people vote: no accepted vote is lost."""

from random import Random

import pytest

from tests.kills import kill_again_and_again

pytestmark = pytest.mark.integration


def test_votes_survive_a_kill_of_the_server(tmp_path):
    """One of the runs that ``tests/bench/test_faults.py`` repeats twenty times."""
    kills = kill_again_and_again(tmp_path, runs=1, voters=8, votes_before=0, rng=Random(5))  # noqa: S311
    assert kills[-1].accepted > 0
