"""Why a model is recommended: facts first, then plain words that say no more than the facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.recommend.snapshot import Snapshot
from gemrec.records import Outcome, Vote
from gemrec.retrieval import Candidate

ENOUGH_VOTES: Final = 5
"""Comparisons from which a person's order is called their own."""

_ALIKE: Final = 0.5  # cosine of two models' features from which their pictures are called alike
_SIDES = {Outcome.LEFT: 0, Outcome.RIGHT: 1}


@dataclass(frozen=True, slots=True)
class Record:
    """How one model fared in one person's votes that stand.

    Attributes:
        wins: Comparisons in which it was preferred.
        losses: Comparisons in which the other one was.
        ties: Comparisons without a preference, of any kind.
        votes: Ids of these vote events.
        rivals: Ids of the models it met, each once.
    """

    wins: int = 0
    losses: int = 0
    ties: int = 0
    votes: tuple[int, ...] = ()
    rivals: tuple[str, ...] = ()

    @property
    def comparisons(self) -> int:
        """All of them."""
        return self.wins + self.losses + self.ties


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
        alike: A model with like pictures that the person preferred more often than not; only for
            a model that the person has not compared.
        alike_record: How that one fared.
        others: Blind votes by other people on this model.
        all_votes: Blind votes by all people on all models.
        above_average: Whether the others' votes and popularity put it above the average model.
        downloads: The catalog's download count.
    """

    model_id: str
    known_person: bool
    own: int
    record: Record
    category: str
    in_category: Record
    alike: str | None
    alike_record: Record
    others: int
    all_votes: int
    above_average: bool
    downloads: int

    @property
    def evidence(self) -> tuple[int, ...]:
        """Ids of the person's vote events that the words rest on."""
        return self.record.votes or self.alike_record.votes


def find_reasons(
    snapshot: Snapshot, annotator_id: str | None, candidates: Sequence[Candidate], category: str
) -> tuple[Reason, ...]:
    """Collect the facts behind each candidate.

    Args:
        snapshot: What is known.
        annotator_id: For whom; None for everybody.
        candidates: The recommended models.
        category: The prompt's category, empty when unknown.
    """
    cast = tuple(
        v
        for v in snapshot.votes_of(annotator_id)
        if v.outcome is not None and v.outcome is not Outcome.SKIP
    )
    records = _records(cast)
    in_category = _records([v for v in cast if v.category == category]) if category else {}
    shared = snapshot.taste(annotator_id).shared
    per_model = snapshot.others(annotator_id).votes_per_model
    average = float(shared.mean.mean()) if len(shared.mean) else 0.0
    reasons = []
    for candidate in candidates:
        model = candidate.model
        row = snapshot.prior.index[model.id]
        record = records.get(model.id, Record())
        alike = None
        if not record.comparisons and candidate.taste > 0:
            alike = _liked_alike(snapshot, model.id, records)
        reasons.append(
            Reason(
                model_id=model.id,
                known_person=annotator_id is not None,
                own=len(cast),
                record=record,
                category=category,
                in_category=in_category.get(model.id, Record()),
                alike=alike,
                alike_record=records[alike] if alike else Record(),
                others=round(float(per_model[row])),
                all_votes=snapshot.counts.votes,
                above_average=float(shared.mean[row]) > average,
                downloads=model.downloads,
            )
        )
    return tuple(reasons)


def in_words(reason: Reason, names: Mapping[str, str]) -> str:
    """Say a reason in plain words.

    Args:
        reason: The facts.
        names: Display name per model id; ids stand in for missing ones.
    """
    name = names.get(reason.model_id, reason.model_id)
    if not reason.own:
        return _without_own_votes(reason)
    if reason.record.comparisons:
        first = _compared(reason, name, names)
    elif reason.alike is not None:
        other = names.get(reason.alike, reason.alike)
        first = (
            f"You have not compared {name} yet; its pictures are like those of {other}, which you "
            f"preferred in {_of(reason.alike_record)}"
        )
    else:
        first = f"You have not compared {name} yet; {_everybody(reason)}"
    if reason.own < ENOUGH_VOTES:
        votes = "1 comparison" if reason.own == 1 else f"{reason.own} comparisons"
        return (
            f"{first}. Only {votes} of yours so far, so this is still close to everybody's order."
        )
    return f"{first}."


def _without_own_votes(reason: Reason) -> str:
    if not reason.all_votes:
        return (
            "No votes on the board yet: this is the order of popularity "
            f"({reason.downloads:,} downloads)."
        )
    start = "Not enough votes of yours yet: this" if reason.known_person else "This"
    return f"{start} is everybody's order; {_everybody(reason)}."


def _everybody(reason: Reason) -> str:
    if not reason.others:
        nobody = "nor has anybody else" if reason.own else "nobody has voted on it"
        return f"{nobody}, so little is known of it"
    votes = "1 vote" if reason.others == 1 else f"{reason.others} votes"
    people = "other people" if reason.own else "all people"
    return f"{votes} by {people} put it {'above' if reason.above_average else 'below'} average"


def _compared(reason: Reason, name: str, names: Mapping[str, str]) -> str:
    record = reason.record
    text = f"You preferred {name} in {_of(record)}"
    if record.comparisons > 1 and len(record.rivals) == 1:
        text += f", each time against {names.get(record.rivals[0], record.rivals[0])}"
    if 1 < reason.in_category.wins < record.comparisons:
        text += f"; on {reason.category} prompts in {_of(reason.in_category)}"
    if record.wins < record.losses and reason.above_average and reason.others:
        text += "; other people rate it above average"
    return text


def _of(record: Record) -> str:
    text = f"{record.wins} of {record.comparisons} comparison{'s' * (record.comparisons != 1)}"
    if record.ties:
        text += f" ({record.ties} without a preference)"
    return text


def _records(votes: Sequence[Vote]) -> dict[str, Record]:
    about: dict[str, list[Vote]] = {}
    for vote in votes:
        for model_id in vote.models:
            about.setdefault(model_id, []).append(vote)
    return {model_id: _record(model_id, mine) for model_id, mine in about.items()}


def _record(model_id: str, votes: Sequence[Vote]) -> Record:
    sides = [vote.models.index(model_id) for vote in votes]
    winners = [_SIDES.get(vote.outcome) if vote.outcome else None for vote in votes]
    wins = sum(winner == side for winner, side in zip(winners, sides, strict=True))
    ties = winners.count(None)
    return Record(
        wins=wins,
        losses=len(votes) - wins - ties,
        ties=ties,
        votes=tuple(vote.id for vote in votes),
        rivals=tuple(dict.fromkeys(v.models[1 - s] for v, s in zip(votes, sides, strict=True))),
    )


def _liked_alike(snapshot: Snapshot, model_id: str, records: Mapping[str, Record]) -> str | None:
    """The model with the most alike pictures that the person preferred more often than not."""
    features = snapshot.features
    if features.expected(model_id) < 0:
        return None
    own = features.looks[features.expected(model_id)]
    best, found = _ALIKE, None
    for other, record in records.items():
        if features.expected(other) < 0 or record.wins <= record.losses:
            continue
        seen = features.looks[features.expected(other)]
        length = float(np.linalg.norm(own) * np.linalg.norm(seen))
        cosine = float(own @ seen) / length if length > 0 else 0.0
        if cosine > best:
            best, found = cosine, other
    return found
