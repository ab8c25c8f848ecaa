"""Who voted, and how much each annotator decides: shown to people, never applied to the board.

Reweighting annotators by such a screen did not make boards consistently better, so nothing here
changes a rating. Three things are worked out from the counts:

- **Agreement**: the slope ``a`` in ``P(first) ~ e^(a d / 2)``, with ``d`` the difference of the two
  strengths in the eyes of everybody else. An annotator like the others has about 1 or a bit less,
  one who clicks at random 0, one who turns everything round below 0.
- **Side**: how often the left side won. Sides are drawn by a fair coin, so any taste gives a half.
- **Influence**: what the board would be without the annotator, by one Newton step from the fit.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np

from gemrec.leaderboard.bradley_terry import Ratings, curvature
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.intervals import cluster_scores
from gemrec.leaderboard.tables import TIES, WINS_FIRST, WINS_SECOND, CountSlice, Floats, add_up

Remark = Literal["", "few", "random", "contrarian", "one-sided"]

_FALSE_ALARM: Final = 0.01  # chance that anybody at all is called one of these names wrongly
_LIKE_OTHERS: Final = 0.5  # agreement that people of very different taste still reach
_ENOUGH: Final = 20  # votes below which nothing is said about an annotator
_NEWTON_STEPS: Final = 12
_LARGEST_AGREEMENT: Final = 5.0
_STEEPEST: Final = 0.95  # share of a model's votes; beyond, one Newton step says little
_CHUNK: Final = 64  # annotators whose orders are compared at once


@dataclass(frozen=True)
class Voters:
    """One entry per annotator with votes, the busiest first.

    Attributes:
        names: Annotator ids.
        votes: Votes on this board.
        agreement: Slope against everybody else's strengths.
        low: Lower end of its interval, wide enough for all annotators together.
        high: Upper end.
        tie_share: Share of ties of any kind.
        left_share: Share of decided votes that went to the left side; NaN where sides are unknown.
        remark: What stands out; ``few`` below 20 votes, empty for nothing.
        moved: (G, M) by how much each model would rise without the annotator, logits.
        swaps: Pairs of models that would change places.
    """

    names: tuple[str, ...]
    votes: Floats
    agreement: Floats
    low: Floats
    high: Floats
    tie_share: Floats
    left_share: Floats
    remark: tuple[Remark, ...]
    moved: Floats
    swaps: Floats


def screen_voters(
    ratings: Ratings, counts: CountSlice, sides: dict[str, tuple[int, int]] | None = None
) -> Voters:
    """Look at every annotator of a board.

    Args:
        ratings: The board's fit.
        counts: What it was fitted to.
        sides: Votes for the left and for the right side by annotator id, where known.
    """
    people = np.flatnonzero(counts.cluster_votes > 0)
    order = people[np.argsort(-counts.cluster_votes[people], kind="stable")]
    moved = _without_each(ratings, counts)
    agreement, error = _agreement(ratings, counts, moved)
    ties = add_up(counts.cluster, counts.cells[TIES:].sum(axis=0) / counts.unit, len(moved))
    names = tuple(counts.names[i] for i in order) if counts.names else tuple(map(str, order))
    lefts = np.array([(sides or {}).get(name, (0, 0)) for name in names], dtype=float).reshape(
        -1, 2
    )
    decided = lefts.sum(axis=1)
    z = NormalDist().inv_cdf(1 - _FALSE_ALARM / (2 * max(len(order), 1)))
    reach = z * error[order]
    votes = counts.cluster_votes[order]
    low, high = agreement[order] - reach, agreement[order] + reach
    side = np.divide(lefts[:, 0] - decided / 2, np.sqrt(decided) / 2, where=decided > 0,
                     out=np.zeros(len(order)))  # fmt: skip
    return Voters(
        names=names,
        votes=votes,
        agreement=agreement[order],
        low=low,
        high=high,
        tie_share=ties[order] / votes,
        left_share=np.divide(
            lefts[:, 0], decided, out=np.full(len(order), np.nan), where=decided > 0
        ),
        remark=tuple(
            _remark(*facts) for facts in zip(votes, high, side, np.full(len(order), z), strict=True)
        ),
        moved=moved[order],
        swaps=_swaps(ratings, moved[order]),
    )


def _remark(votes: float, high: float, side: float, z: float) -> Remark:
    if votes < _ENOUGH:
        return "few"
    if high < 0:
        return "contrarian"
    if abs(side) > z:
        return "one-sided"
    return "random" if high < _LIKE_OTHERS else ""


def _without_each(ratings: Ratings, counts: CountSlice) -> Floats:
    """(G, M) change of the strengths when each annotator's votes are left out, one Newton step.

    The step leaves the annotator's own curvature out as a share of the whole, which keeps it right
    for somebody who cast most of a model's votes.
    """
    size = len(ratings.models)
    inverse = curvature(ratings, counts)
    scores = cluster_scores(ratings, counts)
    people = len(scores)
    own = add_up(counts.cluster * size + counts.first, counts.cell_votes, people * size)
    own += add_up(counts.cluster * size + counts.second, counts.cell_votes, people * size)
    share = own.reshape(people, size) / np.maximum(counts.games.sum(axis=1), 1e-9)
    scores[:, :size] /= 1 - np.minimum(share, _STEEPEST)
    step: Floats = -(scores @ inverse)[:, :size]
    for number in range(len(ratings.components)):
        members = ratings.component == number
        step[:, members] -= step[:, members].mean(axis=1, keepdims=True)
    return step


def _agreement(ratings: Ratings, counts: CountSlice, moved: Floats) -> tuple[Floats, Floats]:
    """(G,) slope of each annotator against the others' strengths, and its standard error.

    Maximum of the Davidson likelihood of the annotator's votes in the slope, with a weak normal
    prior N(1, 4) that keeps it finite.
    """
    people, cluster = len(moved), counts.cluster
    strengths = ratings.strengths[None, :] + moved
    gap = strengths[cluster, counts.first] - strengths[cluster, counts.second]
    games = counts.cell_votes
    margin = (counts.cells[WINS_FIRST] - counts.cells[WINS_SECOND]) / (2 * counts.unit)
    slope = np.ones(people)
    information = np.full(people, 0.25)
    for _ in range(_NEWTON_STEPS):
        p, q, _tie = pair_probabilities(slope[cluster] * gap, ratings.log_nu)
        score = add_up(cluster, gap * (margin - games * (p - q) / 2), people) - (slope - 1) / 4
        spread = gap * gap * games * ((p + q) / 4 - ((p - q) / 2) ** 2)
        information = add_up(cluster, spread, people) + 0.25
        slope = np.clip(slope + score / information, -_LARGEST_AGREEMENT, _LARGEST_AGREEMENT)
    return slope, 1 / np.sqrt(information)


def _swaps(ratings: Ratings, moved: Floats) -> Floats:
    """(G,) pairs of comparable models whose order turns round."""
    theta, component = ratings.strengths, ratings.component
    first, second = np.triu_indices(len(theta), 1)
    linked = (component[first] == component[second]) & (component[first] >= 0)
    first, second = first[linked], second[linked]
    before = np.sign(theta[first] - theta[second])
    result = np.zeros(len(moved))
    for start in range(0, len(moved), _CHUNK):
        after = theta + moved[start : start + _CHUNK]
        turned = np.sign(after[:, first] - after[:, second]) * before < 0
        result[start : start + _CHUNK] = turned.sum(axis=1)
    return result


def most_moved(voters: Voters, ratings: Ratings, number: int) -> tuple[str, float]:
    """The model that changes most without an annotator, and by how many logits it would rise."""
    model = int(np.abs(voters.moved[number]).argmax()) if voters.moved.size else 0
    rise = float(voters.moved[number, model])
    return ratings.models[model], 0.0 if math.isnan(rise) else rise
