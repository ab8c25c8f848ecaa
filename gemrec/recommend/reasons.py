"""Why a model is recommended: the facts, from which :mod:`gemrec.recommend.telling` makes words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.preference import Taste
from gemrec.recommend.profile import Leaning
from gemrec.recommend.records_of_votes import Record, blind_votes_on, record_of
from gemrec.recommend.snapshot import Snapshot
from gemrec.recommend.steering import NamedAxis
from gemrec.records import Vote
from gemrec.retrieval import Candidate

ENOUGH_VOTES: Final = 5
"""Comparisons from which a person's order is called their own."""

_ALIKE: Final = 0.5  # cosine of two models' features from which their pictures are called alike
_MOVED: Final = 0.02  # logits by which a vote must have moved a model to be named
_NAMED_VOTES: Final = 3
_NAMED_AXES: Final = 2
_LEANING: Final = 0.6745  # certainty of a leaning that is named: 75%
_STANDS_OUT: Final = 0.5  # standard deviations by which a model stands out along a named axis


@dataclass(frozen=True, slots=True)
class Trait:
    """A leaning of the person that speaks for a model.

    Attributes:
        pole: What the model is more than most models are.
        logits: How much of its utility that is.
    """

    pole: str
    logits: float


@dataclass(frozen=True, slots=True)
class Moved:
    """One of the person's votes, and by how many logits it moved the model."""

    vote: Vote
    logits: float


@dataclass(frozen=True, slots=True)
class Reason:
    """The facts behind one recommended model.

    Attributes:
        model_id: The model.
        known_person: Whether the recommendation is for somebody in particular.
        own: The person's comparisons in all, skips left out.
        record: How this model fared in them.
        category: The prompt's category, empty when unknown.
        in_category: How it fared on prompts of that category.
        like: How it fared on the prompts most like this one.
        alike: A model with like pictures that the person preferred more often than not; only for
            a model that the person has not compared.
        alike_record: How that one fared.
        others: Blind votes by other people on this model.
        all_votes: Blind votes by all people on all models.
        above_average: Whether the others' votes and popularity put it above the average model.
        downloads: The catalog's download count.
        top3: Probability that it is among the person's best three on offer.
        on_offer: How many models are on offer.
        moved: The votes that moved it most, up or down, the strongest first.
        traits: Leanings of the person that speak for it, the strongest first.
        fulfils: Wishes of the person that it fulfils more than most models do.
        steered: Whether the person has wishes.
    """

    model_id: str
    known_person: bool
    own: int
    record: Record
    category: str
    in_category: Record
    like: Record
    alike: str | None
    alike_record: Record
    others: int
    all_votes: int
    above_average: bool
    downloads: int
    top3: float
    on_offer: int
    moved: tuple[Moved, ...] = ()
    traits: tuple[Trait, ...] = ()
    fulfils: tuple[str, ...] = ()
    steered: bool = False

    @property
    def evidence(self) -> tuple[int, ...]:
        """Ids of the person's vote events that moved the model most, the strongest first."""
        return tuple(moved.vote.id for moved in self.moved)


@dataclass(frozen=True)
class Circumstances:
    """What else reasons can draw on.

    Attributes:
        category: The prompt's category, empty when unknown.
        like_prompts: The prompt itself and the ones most like it.
        on_offer: Ids of all models on offer.
        axes: The named axes.
        profile: Where the person stands on them.
    """

    category: str = ""
    like_prompts: Collection[str] = ()
    on_offer: Sequence[str] = ()
    axes: Sequence[NamedAxis] = ()
    profile: Sequence[Leaning] = ()


def find_reasons(
    snapshot: Snapshot,
    taste: Taste,
    annotator_id: str | None,
    candidates: Sequence[Candidate],
    around: Circumstances,
) -> tuple[Reason, ...]:
    """Collect the facts behind each candidate.

    Args:
        snapshot: What is known.
        taste: The person's taste as the votes taught it.
        annotator_id: For whom; None for everybody.
        candidates: The recommended models.
        around: What else to draw on.
    """
    contests = taste.told.contests
    vote_of = {vote.id: vote for vote in taste.cast}
    average = float(taste.everybody.mean.mean()) if len(taste.everybody.mean) else 0.0
    moved = _moved(taste, vote_of, [c.model.id for c in candidates], around)
    reasons, liked = [], None
    for candidate, moves in zip(candidates, moved, strict=True):
        model = candidate.model
        row = snapshot.everybody.index[model.id]
        met = (contests.models == row).any(axis=1)
        mine = [vote_of[vote_id] for vote_id in dict.fromkeys(contests.votes[met].tolist())]
        record, alike, alike_record = record_of(model.id, mine), None, Record()
        if not record.comparisons and candidate.taste > 0:
            liked = _liked(taste) if liked is None else liked
            alike = _liked_alike(snapshot, model.id, liked)
            alike_record = record_of(alike, taste.cast) if alike else alike_record
        reasons.append(
            Reason(
                model_id=model.id,
                known_person=annotator_id is not None,
                own=contests.cast,
                record=record,
                category=around.category,
                in_category=record_of(
                    model.id, (v for v in mine if around.category and v.category == around.category)
                ),
                like=record_of(model.id, (v for v in mine if v.prompt in around.like_prompts)),
                alike=alike,
                alike_record=alike_record,
                others=round(snapshot.votes_on(model.id) - blind_votes_on(model.id, mine)),
                all_votes=snapshot.votes,
                above_average=float(taste.everybody.mean[row]) > average,
                downloads=model.downloads,
                top3=candidate.top3,
                on_offer=len(around.on_offer),
                moved=moves,
                traits=_traits(snapshot, model.id, around),
            )
        )
    return tuple(reasons)


def _moved(
    taste: Taste, vote_of: Mapping[int, Vote], models: Sequence[str], around: Circumstances
) -> list[tuple[Moved, ...]]:
    """For each model the votes that moved it most, relative to the models on offer."""
    if not len(taste.told.contests) or not models:
        return [()] * len(models)
    told = taste.influence(models, around.category, list(around.on_offer) or None)
    found = []
    for shift in told.shift.T:
        size = np.abs(shift)
        few = min(4 * _NAMED_VOTES, len(size))
        strongest = np.sort(np.argpartition(-size, few - 1)[:few])
        moves: dict[int, Moved] = {}
        for row in strongest[np.argsort(-size[strongest], kind="stable")]:
            vote = vote_of.get(int(told.votes[row]))
            # A ranking makes several comparisons of one vote; it is named once.
            if vote is not None and vote.id not in moves and size[row] >= _MOVED:
                moves[vote.id] = Moved(vote, float(shift[row]))
        found.append(tuple(moves.values())[:_NAMED_VOTES])
    return found


def _traits(snapshot: Snapshot, model_id: str, around: Circumstances) -> tuple[Trait, ...]:
    """Clear leanings along which the model stands out to the liked side."""
    features = snapshot.features
    row = features.expected(model_id, around.category)
    if row < 0:
        return ()
    lean_of = {leaning.axis: leaning for leaning in around.profile}
    found = []
    for named in around.axes:
        leaning = lean_of.get(named.axis.id)
        if leaning is None or leaning.strength == 0 or leaning.certainty < _LEANING:
            continue
        place = float(features.looks[row] @ named.direction) / float(
            named.direction @ named.direction
        )
        logits = place * leaning.lean * leaning.strength
        if abs(place) >= _STANDS_OUT and logits > 0:
            found.append(Trait(named.axis.more if place > 0 else named.axis.less, logits))
    return tuple(sorted(found, key=lambda trait: -trait.logits)[:_NAMED_AXES])


def _liked(taste: Taste) -> tuple[str, ...]:
    """Ids of the models that the person preferred more often than not."""
    everybody, contests = taste.everybody, taste.told.contests
    size = len(everybody.models)
    real = (contests.models < size).all(axis=1)
    sides, margin = contests.models[real], np.sign(contests.margin[real])
    ahead = np.bincount(sides[:, 0], margin, size) - np.bincount(sides[:, 1], margin, size)
    return tuple(everybody.models[row] for row in np.flatnonzero(ahead > 0))


def _liked_alike(snapshot: Snapshot, model_id: str, liked: Sequence[str]) -> str | None:
    """The liked model with the most alike pictures."""
    features = snapshot.features
    own = features.expected(model_id)
    rows = np.array([features.expected(other) for other in liked], dtype=np.int64)
    if own < 0 or not (rows >= 0).any():
        return None
    looks, look = features.looks[rows], features.looks[own]
    lengths = np.linalg.norm(looks, axis=1) * np.linalg.norm(look)
    cosines = np.where((rows >= 0) & (lengths > 0), looks @ look / np.maximum(lengths, 1e-12), -1.0)
    best = int(cosines.argmax())
    return liked[best] if cosines[best] > _ALIKE else None
