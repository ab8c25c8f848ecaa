"""On real votes, knowing the person must help and must never hurt."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gemrec.evaluation import compare_methods
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


def test_personal_beats_global_on_held_out_votes(votes: list[Vote]) -> None:
    order = np.random.default_rng(0).permutation(len(votes))
    train, test = [votes[i] for i in sorted(order[:TRAINING])], [votes[i] for i in order[TRAINING:]]
    rows = {row.method: row for row in compare_methods(train, test)}
    ours, plain = rows["gemrec"], rows["global"]
    assert ours.accuracy >= 0.77 and ours.accuracy > plain.accuracy + 0.03
    assert ours.logloss <= 0.467 and ours.calibration <= 0.05
