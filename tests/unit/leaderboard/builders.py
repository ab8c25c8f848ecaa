"""Small worlds of votes for the leaderboard's tests."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.tables import CountSlice, Floats
from gemrec.records import BattleMode, EventKind, Outcome, Vote

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OUTCOMES = (Outcome.LEFT, Outcome.RIGHT, Outcome.TIE)


def vote(
    left: str,
    right: str,
    outcome: Outcome | None,
    *,
    id: int = 1,
    annotator: str = "ann",
    category: str = "",
    kind: EventKind = EventKind.CAST,
    mode: BattleMode = BattleMode.BLIND,
) -> Vote:
    return Vote(
        id=id,
        battle_id=f"battle {id}",
        annotator_id=annotator,
        kind=kind,
        outcome=outcome,
        models=(left, right),
        prompt="a cat face",
        category=category,
        mode=mode,
        supersedes=None,
        cast_at=NOON,
    )


def votes(*entries: tuple[str, str, Outcome]) -> list[Vote]:
    return [vote(*entry, id=number) for number, entry in enumerate(entries, 1)]


def count_of(entries: Iterable[tuple[str, str, Outcome]], models: Sequence[str] = ()) -> Counts:
    return Counts.from_votes(votes(*entries), models)


def from_wins(names: Sequence[str], wins: Sequence[Sequence[int]]) -> Counts:
    """Counts of a table of wins of the row over the column."""
    counts = Counts(names)
    for i, row in enumerate(wins):
        for j, times in enumerate(row):
            if times:
                counts.add_outcome(
                    names[i], names[j], Outcome.LEFT, annotator_id="ann", times=times
                )
    return counts


def random_entries(
    rng: np.random.Generator, models: int, size: int, *, tie_share: float = 0.2
) -> list[tuple[str, str, Outcome]]:
    """Votes on random pairs with the given share of ties; the first model is the best."""
    strength = np.linspace(1.5, -1.5, models)
    entries = []
    for _ in range(size):
        i, j = rng.choice(models, 2, replace=False)
        if rng.random() < tie_share:
            outcome = Outcome.TIE
        else:
            won = rng.random() < 1 / (1 + math.exp(strength[j] - strength[i]))
            outcome = Outcome.LEFT if won else Outcome.RIGHT
        entries.append((f"m{i}", f"m{j}", outcome))
    return entries


def opinionated_votes(
    rng: np.random.Generator,
    strengths: Floats,
    votes_per_annotator: Sequence[int],
    *,
    taste: float,
    log_nu: float,
) -> CountSlice:
    """Davidson votes of annotators who each add normal taste to the shared strengths."""
    size = len(strengths)
    columns = []
    for annotator, number in enumerate(votes_per_annotator):
        own = strengths + rng.normal(0, taste, size)
        first = rng.integers(0, size, number)
        second = (first + rng.integers(1, size, number)) % size
        first, second = np.minimum(first, second), np.maximum(first, second)
        p, q, _ = pair_probabilities(own[first] - own[second], log_nu)
        draw = rng.random(number)
        outcome = np.where(draw < p, 0, np.where(draw < p + q, 1, 2))
        columns.append(np.stack([np.full(number, annotator), first, second, outcome]))
    cluster, first, second, outcome = np.concatenate(columns, axis=1)
    return table(size, cluster, first, second, np.eye(5)[outcome].T)


def with_newcomer(counts: CountSlice, name: str) -> CountSlice:
    """The same counts with one more model, the first, that has no votes."""
    wins, ties = (np.pad(part, ((1, 0), (1, 0))) for part in (counts.wins, counts.ties))
    return replace(
        counts,
        models=(name, *counts.models),
        wins=wins,
        ties=ties,
        first=counts.first + 1,
        second=counts.second + 1,
    )


def expected_votes(
    rng: np.random.Generator, strengths: Floats, *, taste: float, log_nu: float, people: int
) -> CountSlice:
    """What a crowd of annotators would say on average of each pair: the fit's own target."""
    first, second = np.triu_indices(len(strengths), 1)
    cells = np.zeros((5, len(first)))
    for _ in range(people):
        own = strengths + rng.normal(0, taste, len(strengths))
        cells[:3] += pair_probabilities(own[first] - own[second], log_nu)
    return table(len(strengths), np.zeros_like(first), first, second, cells)


def table(size: int, cluster: Floats, first: Floats, second: Floats, cells: Floats) -> CountSlice:
    wins, ties = np.zeros((size, size)), np.zeros((size, size))
    np.add.at(wins, (first, second), cells[0])
    np.add.at(wins, (second, first), cells[1])
    np.add.at(ties, (first, second), cells[2])
    names = tuple(f"m{i}" for i in range(size))
    return CountSlice(names, wins, ties + ties.T, cluster, first, second, cells)
