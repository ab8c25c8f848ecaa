"""What both stages answer."""

from dataclasses import dataclass

from gemrec.records.images import Image


@dataclass(frozen=True, slots=True)
class RankedModel:
    """One recommended model.

    Attributes:
        model_id: Catalog id.
        score: Probability that this person prefers it to an average model on this prompt, 0..1.
        low: Lower end of the 90% interval of ``score``.
        high: Upper end of the 90% interval of ``score``.
        reason: Why, in plain words.
        top3: Probability that it is among this person's best three models for such prompts, 0..1.
        details: Further reasons, each a sentence.
        evidence: Ids of the person's vote events that moved it most, the strongest first.
    """

    model_id: str
    score: float
    low: float
    high: float
    reason: str
    top3: float = 0.0
    details: tuple[str, ...] = ()
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedImage:
    """One recommended image.

    Attributes:
        image: The image.
        score: As for :class:`RankedModel`.
        low: Lower end of the 90% interval of ``score``.
        high: Upper end of the 90% interval of ``score``.
        best_of: For the person's best seed of a model and prompt, out of how many; 0 for others.
    """

    image: Image
    score: float
    low: float = 0.0
    high: float = 1.0
    best_of: int = 0


@dataclass(frozen=True, slots=True)
class Knowledge:
    """How well a person is known.

    Attributes:
        votes: Their comparisons that count.
        personal: Whether their own taste is served; otherwise everybody's is.
        personal_loss: Mean log-loss of each of their newest votes as foretold by the personal
            model from their other votes, nats; None without votes.
        shared_loss: The same for everybody's prediction.
    """

    votes: int = 0
    personal: bool = False
    personal_loss: float | None = None
    shared_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Both stages' answer for one person and prompt, after ``last_vote_id``.

    Attributes:
        annotator_id: For whom; None for everybody.
        prompt: What they asked for.
        votes_applied: Number of this person's vote events that the answer knows of (all people's
            when no annotator was given).
        last_vote_id: Newest vote event of anybody that the answer knows of.
        models: Best first.
        images: Best first.
        knowledge: How well the person is known.
        votes_to_go: About how many votes until the top pick is settled; None when that is far off
            or was not asked for.
        worth_running: Ids of the few models worth running for this prompt.
        explored: Which of these is there to learn from; None when none is.
        like_prompts: Prompts whose pictures stand in for this one's.
        left_out: (model id, why) of models that the filters kept out.
        set_aside: (image, why) of pictures that did not pass the gates.
        unheard: Wishes that changed nothing, as keys.
    """

    annotator_id: str | None
    prompt: str
    votes_applied: int
    last_vote_id: int
    models: tuple[RankedModel, ...]
    images: tuple[RankedImage, ...]
    knowledge: Knowledge = Knowledge()
    votes_to_go: int | None = None
    worth_running: tuple[str, ...] = ()
    explored: str | None = None
    like_prompts: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    set_aside: tuple[tuple[Image, str], ...] = ()
    unheard: tuple[str, ...] = ()
