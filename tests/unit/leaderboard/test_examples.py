import doctest

import pytest

from gemrec.leaderboard import counts, elo, quantiles


@pytest.mark.parametrize("module", [counts, elo, quantiles], ids=lambda m: m.__name__)
def test_examples_in_docstrings_are_true(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
