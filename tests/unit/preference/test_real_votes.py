"""On real votes, knowing the person must help and must never hurt."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gemrec.preference import (
    FeatureTable,
    PairCounts,
    category_offsets,
    fit_shared,
    fit_taste,
    shared_prior,
)
from gemrec.records import BattleMode, EventKind, Outcome, Vote

LLMFAO = Path(__file__).resolve().parents[4] / "shared" / "data" / "votes" / "llmfao.csv"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOMES = {"a": Outcome.LEFT, "b": Outcome.RIGHT, "tie": Outcome.TIE}
TRAINING = 3000


@pytest.fixture(scope="module")
def votes() -> list[Vote]:
    if not LLMFAO.exists():
        pytest.skip(f"needs the human votes in ../shared/data/votes/{LLMFAO.name}")
    with LLMFAO.open(newline="") as lines:
        return [
            Vote(
                id=number,
                battle_id=f"b{number}",
                annotator_id=row["annotator"],
                kind=EventKind.CAST,
                outcome=OUTCOMES[row["outcome"]],
                models=(row["model_a"], row["model_b"]),
                prompt=row["prompt"],
                category=row["category"],
                mode=BattleMode.BLIND,
                supersedes=None,
                cast_at=NOW,
            )
            for number, row in enumerate(csv.DictReader(lines), start=1)
        ]


def count(votes: Sequence[Vote], index: dict[str, int]) -> PairCounts:
    table = PairCounts.empty(len(index))
    for vote in votes:
        left, right = (index[m] for m in vote.models)
        if vote.outcome is Outcome.TIE:
            table.ties[left, right] += 1
            table.ties[right, left] += 1
        elif vote.outcome is Outcome.LEFT:
            table.wins[left, right] += 1
        else:
            table.wins[right, left] += 1
    return table


def losses(gaps: np.ndarray) -> tuple[float, float]:
    """Accuracy and log-loss of predictions, given in favour of what really was preferred."""
    return float((gaps > 0).mean()), float(np.log1p(np.exp(-gaps)).mean())


def test_personal_beats_global_on_held_out_votes(votes: list[Vote]) -> None:
    index = {m: i for i, m in enumerate(sorted({m for v in votes for m in v.models}))}
    order = np.random.default_rng(0).permutation(len(votes))
    train, test = [votes[i] for i in order[:TRAINING]], [votes[i] for i in order[TRAINING:]]
    people, kinds = defaultdict(list), defaultdict(list)
    for vote in train:
        people[vote.annotator_id].append(vote)
        kinds[vote.category].append(vote)
    bare = FeatureTable()
    prior = shared_prior(tuple(index), {}, bare)
    every = count(train, index)
    shared = fit_shared(prior, every)
    offsets = category_offsets(shared, {c: count(v, index) for c, v in kinds.items()})
    tastes = {
        person: fit_taste(
            mine,
            fit_shared(prior, every.without(count(mine, index)), start=shared),
            bare,
            offsets,
        )
        for person, mine in people.items()
    }
    decided = [v for v in test if v.outcome is not Outcome.TIE and v.annotator_id in tastes]
    plain, personal = [], []
    for vote in decided:
        sign = 1 if vote.outcome is Outcome.LEFT else -1
        rows = np.array([index[m] for m in vote.models])
        offset = offsets[vote.category][0][rows]
        person = tastes[vote.annotator_id].person
        mean, covariance = person.utilities(rows, np.zeros((2, 0)), offset)
        variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
        plain.append(sign * (shared.mean[rows[0]] - shared.mean[rows[1]]))
        personal.append(sign * (mean[0] - mean[1]) / np.sqrt(1 + np.pi / 8 * variance))
    (accuracy, loss), (own_accuracy, own_loss) = (losses(np.array(g)) for g in (plain, personal))
    assert own_accuracy > accuracy + 0.03 and own_accuracy > 0.73
    assert own_loss < loss - 0.04 and own_loss < 0.53
