"""Models ranked for one person and one kind of prompt, without generating anything."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference import Asked, Belief, Taste
from gemrec.records import Model
from gemrec.retrieval.shelf import Shelf

Array = NDArray[np.float64]

SHORTLIST: Final = 48
"""Models that are looked at jointly; those below have no chance to be among the best few."""

_SMALLEST_VARIANCE: Final = 1e-9

BEST: Final = 3
"""Places on the podium."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model with the person's expected liking.

    Attributes:
        model: The catalog entry.
        score: Probability that the person prefers it to the average model on offer, 0..1.
        low: Lower end of the 90% interval.
        high: Upper end of the 90% interval.
        taste: How much of it comes from the person's liking for such pictures, logits.
        top3: Probability that it is among the person's best three models on offer, 0..1.
    """

    model: Model
    score: float
    low: float
    high: float
    taste: float
    top3: float


@dataclass(frozen=True)
class Shortlist:
    """The most promising models, best first, and what is believed of them jointly.

    Attributes:
        candidates: At most ``SHORTLIST`` of them.
        belief: About the same models in the same order.
    """

    candidates: tuple[Candidate, ...]
    belief: Belief


def retrieve_models(
    taste: Taste,
    shelf: Shelf,
    asked: Asked,
    most: int = SHORTLIST,
) -> Shortlist:
    """Find the models that this person is expected to like best on such prompts.

    Models that nobody has voted on take part: what is expected of them comes from popularity and
    from models with like pictures, and their intervals are wide. Equal scores stand in the order
    of downloads, then of the shelf.

    Args:
        taste: The person's taste.
        shelf: What is on offer, all known to ``taste``; their mean is the average model.
        asked: What is asked for.
        most: Most models to return.
    """
    scores = taste.score_models(shelf.ids, asked)
    order = _first(scores.score, shelf.downloads, max(most, 0))
    best = compact(taste.believe_models([shelf.ids[row] for row in order], asked))
    top3 = best.among_best(BEST)
    found = tuple(
        Candidate(
            shelf.models[row],
            float(scores.score[row]),
            float(scores.low[row]),
            float(scores.high[row]),
            float(scores.taste[row]),
            float(top3[place]),
        )
        for place, row in enumerate(order)
    )
    return Shortlist(found, best)


def _first(score: Array, downloads: Array, most: int) -> NDArray[np.int64]:
    """Rows of the first few, the highest score first and then the most downloads."""
    # Rounding, so that equal models are not ordered by the last bit of a sum.
    worth = -score.round(9)
    rows = np.arange(len(worth))
    if 0 < most < len(worth):
        # Only those that can be among the first are sorted, all equals of the last one included.
        rows = np.flatnonzero(worth <= np.partition(worth, most - 1)[most - 1])
    found: NDArray[np.int64] = rows[np.lexsort((-downloads[rows], worth[rows]))][:most]
    return found


def compact(belief: Belief) -> Belief:
    """The same belief with a square root, so that draws cost no more than the items are many."""
    if len(belief) == 0:
        return belief
    covariance = belief.covariance
    # Models without any difference share a row; a little of each one's own keeps the root there.
    own = _SMALLEST_VARIANCE * (1 + float(np.diag(covariance).max()))
    root = np.linalg.cholesky(covariance + own * np.eye(len(belief)))
    return replace(belief, root=root.astype(np.float64, copy=False), doubt=np.zeros(len(belief)))
