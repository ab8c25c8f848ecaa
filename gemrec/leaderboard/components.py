"""Which models can be compared at all: the components of the graph of votes."""

import numpy as np
from numpy.typing import NDArray

from gemrec.leaderboard.tables import Floats, Ints

Edges = NDArray[np.bool_]


def connected_components(games: Floats) -> Ints:
    """Number the components of the graph whose edges are pairs with votes.

    Args:
        games: (M, M) symmetric votes per pair.

    Returns:
        (M,) component of each model: 0 is the one with most votes, then in falling order of votes
        (ties by its first model); -1 for models without votes.
    """
    reach: Edges = np.asarray(games > 0)
    size = len(games)
    voted: Edges = np.asarray(reach.any(axis=1))
    label = np.full(size, -1, dtype=np.int64)
    found = 0
    for start in range(size):
        if label[start] >= 0 or not voted[start]:
            continue
        label[_reachable(reach, start)] = found
        found += 1
    if found < 2:
        return label
    votes = np.array([games[label == c].sum() for c in range(found)])
    order = np.argsort(-votes, kind="stable")
    renumber = np.empty(found, dtype=np.int64)
    renumber[order] = np.arange(found)
    return np.where(label >= 0, renumber[label], -1)


def unbounded_models(wins: Floats, ties: Floats, component: Ints) -> Ints:
    """Find models whose maximum-likelihood strength is infinite relative to their component.

    By Ford (1957), the maximum is finite exactly when each model can be reached from each other one
    along "won or tied against".

    Args:
        wins: (M, M) votes for the row's model.
        ties: (M, M) symmetric ties.
        component: (M,) components as numbered by :func:`connected_components`.

    Returns:
        Indices of the models outside the largest mutually reachable set of their component.
    """
    beats: Edges = (wins + ties) > 0
    unbounded = np.zeros(len(wins), dtype=bool)
    for number in range(component.max(initial=-1) + 1):
        rest = component == number
        best = np.zeros_like(rest)
        while rest.any():
            start = int(np.flatnonzero(rest)[0])
            mutual = _reachable(beats, start) & _reachable(beats.T, start)
            if mutual.sum() > best.sum():
                best = mutual
            rest &= ~mutual
        unbounded |= (component == number) & ~best
    return np.flatnonzero(unbounded)


def _reachable(edges: Edges, start: int) -> NDArray[np.bool_]:
    """(M,) which models can be reached from ``start``, itself included."""
    seen = np.zeros(len(edges), dtype=bool)
    seen[start] = True
    frontier = seen
    while frontier.any():
        frontier = edges[frontier].any(axis=0) & ~seen
        seen = seen | frontier
    return seen
