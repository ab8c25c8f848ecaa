"""Models ranked for one person and one kind of prompt, without generating anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemrec.preference import Taste
from gemrec.records import Model


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model with the person's expected liking.

    Attributes:
        model: The catalog entry.
        score: Probability that the person prefers it to the average model on offer, 0..1.
        low: Lower end of the 90 % interval.
        high: Upper end of the 90 % interval.
        taste: How much of it comes from the person's liking for such pictures, logits.
    """

    model: Model
    score: float
    low: float
    high: float
    taste: float


def retrieve_models(
    taste: Taste, models: Sequence[Model], category: str = "", k: int = 5
) -> tuple[Candidate, ...]:
    """Choose the ``k`` best models, best first; retired ones are left out.

    Models that nobody has voted on take part: what is expected of them comes from popularity and
    from models with like pictures, and their intervals are wide. Equal scores stand in the order
    of downloads, then of ``models``.

    Args:
        taste: The person's taste.
        models: What is on offer, all known to ``taste``.
        category: The prompt's category, empty when unknown.
        k: Most models to return.
    """
    offered = [model for model in models if not model.retired]
    scores = taste.score_models([model.id for model in offered], category)
    found = [
        Candidate(
            model,
            float(scores.score[i]),
            float(scores.low[i]),
            float(scores.high[i]),
            float(scores.taste[i]),
        )
        for i, model in enumerate(offered)
    ]
    # Rounding, so that equal models are not ordered by the last bit of a sum.
    found.sort(key=lambda c: (-round(c.score, 9), -c.model.downloads))
    return tuple(found[: max(k, 0)])
