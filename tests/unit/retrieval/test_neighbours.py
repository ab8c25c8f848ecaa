import numpy as np

from gemrec.preference import FeatureTable
from gemrec.retrieval import expect_for_prompt

LOOKS = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 4.0], [0.0, 0.0]])


def table() -> FeatureTable:
    return FeatureTable(dim=2, looks=LOOKS, grids={("a", "p"): 0, ("a", "q"): 1}, models={"a": 2})


def test_like_prompts_draw_the_expected_look_towards_theirs() -> None:
    near = expect_for_prompt(table(), ["a", "new"], "x", ["p", "q", "unknown"])
    # Two neighbours, and the usual look (0, 4) counts as two.
    assert near.looks[near.expected("a", "x")].tolist() == [1.0, 2.0]
    assert near.looks[near.expected("a", "other")].tolist() == [0.0, 4.0]
    assert near.expected("new", "x") == -1
    assert near.looks[-1].tolist() == [0.0, 0.0]


def test_without_neighbours_nothing_changes() -> None:
    known = table()
    assert expect_for_prompt(known, ["a"], "x", []) is known
