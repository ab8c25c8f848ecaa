import csv
from pathlib import Path

import pytest

from gemrec.leaderboard.counts import Counts
from gemrec.records import Outcome

SHARED_VOTES = Path(__file__).resolve().parents[4] / "shared" / "data" / "votes"
OUTCOME_OF = {"a": Outcome.LEFT, "b": Outcome.RIGHT, "tie": Outcome.TIE}

VoteTable = list[dict[str, str]]


@pytest.fixture(scope="session", params=["llmfao", "imagenhub"])
def real_votes(request: pytest.FixtureRequest) -> VoteTable:
    """Rows of a file of human votes that lies beside the repository, not in it."""
    path = SHARED_VOTES / f"{request.param}.csv"
    if not path.is_file():
        pytest.skip(f"needs the human votes in ../shared/data/votes/{path.name}")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def real_counts(real_votes: VoteTable) -> Counts:
    counts = Counts()
    for row in real_votes:
        counts.add_outcome(
            row["model_a"],
            row["model_b"],
            OUTCOME_OF[row["outcome"]],
            annotator_id=row["annotator"],
            category=row["category"],
        )
    return counts
