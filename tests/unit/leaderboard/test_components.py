import numpy as np

from gemrec.leaderboard.components import connected_components, unbounded_models


def matrix(size: int, *edges: tuple[int, int]) -> np.ndarray:
    result = np.zeros((size, size))
    for row, column in edges:
        result[row, column] += 1
    return result


def test_components_are_numbered_by_votes():
    games = matrix(6, (0, 1), (3, 4), (4, 5), (3, 5))
    assert connected_components(games + games.T).tolist() == [1, 1, -1, 0, 0, 0]


def test_a_chain_is_one_component():
    games = matrix(50, *((i, i + 1) for i in range(49)))
    assert set(connected_components(games + games.T).tolist()) == {0}


def test_no_models():
    assert connected_components(np.zeros((0, 0))).shape == (0,)


def test_a_cycle_of_wins_is_bounded_and_whoever_only_wins_is_not():
    wins = matrix(5, (0, 1), (1, 2), (2, 0), (3, 0), (1, 4))
    component = connected_components(wins + wins.T)
    assert unbounded_models(wins, np.zeros((5, 5)), component).tolist() == [3, 4]


def test_a_tie_bounds():
    wins, ties = matrix(2, (0, 1)), matrix(2, (0, 1), (1, 0))
    component = connected_components(wins + wins.T + ties)
    assert unbounded_models(wins, ties, component).tolist() == []
