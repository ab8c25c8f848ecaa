"""What both stages answer."""

from dataclasses import dataclass

from gemrec.records.images import Image


@dataclass(frozen=True, slots=True)
class RankedModel:
    """One recommended model.

    Attributes:
        model_id: Catalog id.
        score: Probability that this person prefers it to an average model on this prompt, 0..1.
        low: Lower end of the 90 % interval of ``score``.
        high: Upper end of the 90 % interval of ``score``.
        reason: Why, in plain words.
    """

    model_id: str
    score: float
    low: float
    high: float
    reason: str


@dataclass(frozen=True, slots=True)
class RankedImage:
    """One recommended image; ``score`` as for :class:`RankedModel`."""

    image: Image
    score: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Both stages' answer for one person and prompt, after ``last_vote_id``.

    ``votes_applied`` is the number of this person's vote events that the answer knows of (all
    people's when no annotator was given).
    """

    annotator_id: str | None
    prompt: str
    votes_applied: int
    last_vote_id: int
    models: tuple[RankedModel, ...]
    images: tuple[RankedImage, ...]
