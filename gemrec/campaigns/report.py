"""The quality of a study, or of everything that was voted blind."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from gemrec.campaigns.quality import (
    Measure,
    Rated,
    cohen_kappa,
    count_table,
    dwell_time,
    fleiss_kappa,
    gold_accuracy,
    krippendorff_alpha,
    own_consistency,
    side_bias,
)
from gemrec.campaigns.reliability import Reliability, reliabilities
from gemrec.leaderboard import BoardQuery, most_moved
from gemrec.recommend import Snapshot
from gemrec.records import AssignmentKind, BattleMode, Judgement, Outcome, Vote
from gemrec.store import Store

MOST_VOTES: Final = 50_000
"""Newest votes that a report looks at; agreement needs no more, and the page must not wait long."""


@dataclass(frozen=True, slots=True)
class Influence:
    """What the board would be without one person; shown, never applied.

    Attributes:
        annotator: Who.
        votes: Their votes on it.
        swaps: Pairs of models that would change places.
        model: The model that would move furthest.
        rise: By how much it would rise, logits; negative if it would fall.
    """

    annotator: str
    votes: float
    swaps: int
    model: str
    rise: float


@dataclass(frozen=True, slots=True)
class Quality:
    """What a report says.

    Attributes:
        campaign: Id of the study; None for everything.
        judgements: How many it looked at.
        measures: Each number with its interval and its sentence.
        people: How reliable each person is, the least reliable first.
        influence: What the board of these votes would be without each person, the strongest first.
        made_at: When.
    """

    campaign: str | None
    judgements: int
    measures: tuple[Measure, ...]
    people: tuple[Reliability, ...]
    influence: tuple[Influence, ...]
    made_at: datetime


def quality_of(
    store: Store,
    snapshot: Snapshot,
    campaign: str | None,
    rng: np.random.Generator,
    clock: Callable[[], datetime],
) -> Quality:
    """Work out the quality of a study's judgements, or of all blind votes on pairs.

    Args:
        store: Where they are.
        snapshot: The board, for everybody's influence on it.
        campaign: Id of the study; None for everything.
        rng: For the intervals.
        clock: Now.
    """
    gold: list[tuple[str, str]] = []
    if campaign is None:
        rated = votes_as_rated(store.votes.current()[-MOST_VOTES:])
    else:
        said = store.campaigns.judgements(campaign)
        golds = store.campaigns.golds(campaign)
        gold = [(j.answer, golds[j.item]) for j in said if j.kind is AssignmentKind.GOLD]
        rated = judgements_as_rated(said)
    table = count_table(rated)
    measures = [
        krippendorff_alpha(table, rng),
        fleiss_kappa(table, rng),
        cohen_kappa(rated, rng),
        own_consistency(rated),
        side_bias(rated),
        dwell_time(rated, rng),
    ]
    if campaign is not None:
        measures.insert(4, gold_accuracy(gold))
    return Quality(
        campaign,
        len(rated),
        tuple(measures),
        reliabilities(rated, rng),
        influences(snapshot, BoardQuery(campaign=campaign)),
        clock(),
    )


def influences(snapshot: Snapshot, query: BoardQuery) -> tuple[Influence, ...]:
    """Everybody's influence on a board, leaving one out at a time, the strongest first."""
    voters, ratings = snapshot.voters(query), snapshot.fit(query).ratings
    found = []
    for number, name in enumerate(voters.names):
        model, rise = most_moved(voters, ratings, number)
        votes, swaps = float(voters.votes[number]), int(voters.swaps[number])
        found.append(Influence(name, votes, swaps, model, rise))
    return tuple(sorted(found, key=lambda one: (-one.swaps, -abs(one.rise), one.annotator)))


def judgements_as_rated(said: Sequence[Judgement]) -> list[Rated]:
    """Judgements of a study, oldest first; gold items count for sides, time and agreement too."""
    return [
        Rated(
            str(one.item),
            one.annotator_id,
            one.answer,
            {"left": True, "right": False}.get(one.outcome),
            one.dwell_ms,
        )
        for one in said
    ]


def votes_as_rated(votes: Sequence[Vote]) -> list[Rated]:
    """Blind votes on pairs: the unit is two models on one prompt."""
    rated = []
    for vote in votes:
        if vote.mode is not BattleMode.BLIND or vote.outcome in (
            None,
            Outcome.SKIP,
            Outcome.RANKING,
        ):
            continue
        left, right = vote.models
        winner = {Outcome.LEFT: left, Outcome.RIGHT: right}.get(vote.outcome)
        first, second = sorted((left, right))
        winners = {first: "first", second: "second"}
        answer = str(vote.outcome) if winner is None else winners[winner]
        rated.append(
            Rated(
                f"{vote.prompt}\x1f{first}\x1f{second}",
                vote.annotator_id,
                answer,
                {Outcome.LEFT: True, Outcome.RIGHT: False}.get(vote.outcome),
                vote.remarks.dwell_ms,
            )
        )
    return rated


def quality_document(quality: Quality) -> dict[str, Any]:
    """A report as a JSON object."""
    return {
        "campaign": quality.campaign,
        "judgements": quality.judgements,
        "measures": [asdict(measure) for measure in quality.measures],
        "reliability_model": "one-coin Dawid-Skene (Zhang et al. 2016), crowd-kit",
        "annotators": [asdict(person) for person in quality.people],
        "influence": [asdict(one) for one in quality.influence],
        "made_at": quality.made_at.isoformat(),
    }
