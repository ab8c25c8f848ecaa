"""Which few models are worth running: the best, but of every interest, and one to learn from.

Running the first few of a ranking by expected liking runs near-copies of one model and never finds
out about the others. So the places are shared out (kNN-Embed: El-Kishky et al. 2022, "kNN-Embed:
Locally Smoothed Embedding Mixtures for Multi-interest Candidate Retrieval"): a person is a mixture
over clusters of models with like pictures, and each cluster gets places in proportion to the
probability that the person's best model is in it. The first place is the best model's, and no
cluster gets more than half of all, as its models are alike. Within a cluster, maximal marginal relevance
(Carbonell and Goldstein 1998) passes over models whose pictures are like those already chosen. The
last place goes to the best of one posterior draw among the rest (Thompson sampling).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference import FeatureTable
from gemrec.retrieval.models import Candidate, Shortlist

Array = NDArray[np.float64]

INTERESTS: Final = 12
_DRAWS: Final = 256
_SMOOTHING: Final = 0.1  # share of the mixture that is spread evenly
_RELEVANCE: Final = 0.7  # weight of liking against difference
_SMALLEST_TO_EXPLORE: Final = 3  # places from which one is given to exploration
_ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class Slate:
    """Models to run.

    Attributes:
        candidates: In the order in which they should be run.
        explored: Id of the one that is there to learn from; None when there is none.
    """

    candidates: tuple[Candidate, ...]
    explored: str | None


def choose_slate(
    shortlist: Shortlist,
    features: FeatureTable,
    category: str,
    places: int,
    rng: np.random.Generator,
) -> Slate:
    """Share ``places`` out over the interests of a person.

    Args:
        shortlist: The most promising models.
        features: What the models' pictures look like.
        category: The prompt's category, empty when unknown.
        places: How many models to run.
        rng: Source of all randomness.
    """
    candidates = shortlist.candidates
    if len(candidates) <= places:
        return Slate(candidates, None)
    looks = features.looks[[features.expected(c.model.id, category) for c in candidates]]
    drawn = shortlist.belief.draw(rng, _DRAWS)
    explore = places >= _SMALLEST_TO_EXPLORE
    interests = cluster(looks, min(INTERESTS, len(candidates)))
    first = interests[0]
    room = np.minimum(np.bincount(interests), -(-places // 2))
    room[first] -= 1
    left = min(places - explore - 1, int(room.sum()))
    quota = share_out(mixture(drawn, interests), room, left)
    liking = np.array([c.score for c in candidates])
    chosen = [0]
    for interest in np.argsort(-quota, kind="stable"):
        members = np.setdiff1d(np.flatnonzero(interests == interest), chosen)
        chosen += spread(liking, looks, members, int(quota[interest]), chosen)
    chosen.sort()  # the shortlist is best first
    explored = None
    if explore:
        utilities = drawn[0].copy()
        utilities[chosen] = -np.inf
        chosen.append(int(utilities.argmax()))
        explored = candidates[chosen[-1]].model.id
    return Slate(tuple(candidates[i] for i in chosen), explored)


def mixture(drawn: Array, interests: NDArray[np.int64]) -> Array:
    """(c,) probability per interest that the best model is in it, smoothed.

    Args:
        drawn: (draws, n) utilities.
        interests: (n,) cluster of each model.
    """
    count = int(interests.max()) + 1
    best = np.bincount(interests[drawn.argmax(axis=1)], minlength=count) / len(drawn)
    smoothed: Array = (1 - _SMOOTHING) * best + _SMOOTHING / count
    return smoothed


def share_out(weights: Array, room: NDArray[np.int64], places: int) -> NDArray[np.int64]:
    """Share places out in proportion to weights, by largest remainders, no more than there is room.

    Args:
        weights: (c,) positive.
        room: (c,) most places of each.
        places: In all; at most ``room.sum()``.
    """
    quota = np.zeros(len(weights), dtype=np.int64)
    while (left := places - int(quota.sum())) > 0:
        open_to = quota < room
        ideal = np.where(open_to, weights, 0.0)
        ideal = ideal / ideal.sum() * left
        whole = np.minimum(np.floor(ideal).astype(np.int64), room - quota)
        if whole.sum() == 0:
            whole[int(np.where(open_to, ideal, -1.0).argmax())] = 1
        quota += whole
    return quota


def spread(
    liking: Array, looks: Array, members: NDArray[np.int64], places: int, chosen: list[int]
) -> list[int]:
    """Choose members by maximal marginal relevance, given what is chosen already.

    Args:
        liking: (n,) scores, 0..1.
        looks: (n, r) features.
        members: Whom to choose from.
        places: How many, at most ``len(members)``.
        chosen: Chosen before.
    """
    unit = looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-12)
    found: list[int] = []
    rest = list(members)
    for _ in range(places):
        taken = chosen + found
        nearest = (unit[rest] @ unit[taken].T).max(axis=1) if taken else np.zeros(len(rest))
        found.append(
            int(rest.pop(int((_RELEVANCE * liking[rest] - (1 - _RELEVANCE) * nearest).argmax())))
        )
    return found


def cluster(points: Array, count: int) -> NDArray[np.int64]:
    """(n,) cluster of each point, by k-means from the farthest points; no randomness.

    Args:
        points: (n, r).
        count: Most clusters; equal points share one.
    """
    centres = [points.mean(axis=0)]
    distance = ((points - centres[0]) ** 2).sum(axis=1)
    centres = [points[int(distance.argmin())]]
    while len(centres) < count:
        distance = np.min([((points - centre) ** 2).sum(axis=1) for centre in centres], axis=0)
        if distance.max() <= 1e-12:
            break
        centres.append(points[int(distance.argmax())])
    middle = np.array(centres)
    of = np.zeros(len(points), dtype=np.int64)
    for _ in range(_ROUNDS):
        apart = ((points[:, None, :] - middle[None, :, :]) ** 2).sum(axis=2)
        new = apart.argmin(axis=1)
        if (new == of).all() and _:
            break
        of = new
        for number in range(len(middle)):
            if (mine := of == number).any():
                middle[number] = points[mine].mean(axis=0)
    _, dense = np.unique(of, return_inverse=True)
    return dense.astype(np.int64)
