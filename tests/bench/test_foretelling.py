"""How well real votes are foretold, over several ways of drawing the training votes; one table."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from gemrec.evaluation import Items, compare_methods, read_votes
from gemrec.preference import FeatureTable
from gemrec.records import Vote

pytestmark = pytest.mark.bench

VOTES = Path(__file__).resolve().parents[3] / "shared" / "data" / "votes"
SEEDS, FEATURES = range(5), 24

Split = Callable[[Sequence[Vote], np.random.Generator], tuple[list[Vote], list[Vote]]]


def at_random(count: int) -> Split:
    """Training votes drawn from all votes."""

    def split(votes: Sequence[Vote], rng: np.random.Generator) -> tuple[list[Vote], list[Vote]]:
        order = rng.permutation(len(votes))
        return [votes[i] for i in np.sort(order[:count])], [votes[i] for i in order[count:]]

    return split


def of_each(count: int) -> Split:
    """So many training votes of each annotator; the test is all the others."""

    def split(votes: Sequence[Vote], rng: np.random.Generator) -> tuple[list[Vote], list[Vote]]:
        seen: dict[str, int] = {}
        train, test = [], []
        for i in rng.permutation(len(votes)):
            person = votes[i].annotator_id
            seen[person] = seen.get(person, 0) + 1
            (train if seen[person] <= count else test).append(votes[i])
        return sorted(train, key=lambda vote: vote.id), test

    return split


def nonsense(votes: Sequence[Vote], rng: np.random.Generator) -> Items:
    """Features that have nothing to do with the models."""
    models = tuple(sorted({model for vote in votes for model in vote.models}))
    looks = np.concatenate([rng.normal(size=(len(models), FEATURES)), np.zeros((1, FEATURES))])
    looks /= np.sqrt(FEATURES)
    rows = {model: row for row, model in enumerate(models)}
    return Items(models, {}, FeatureTable(dim=FEATURES, looks=looks, models=rows))


CASES = {
    "llmfao, 3,000 training votes": ("llmfao", at_random(3000), False, 0.78, 0.467),
    "llmfao, 10 of each annotator": ("llmfao", of_each(10), False, 0.699, 9.0),
    "llmfao, 40 of each annotator": ("llmfao", of_each(40), False, 0.743, 9.0),
    "llmfao, 3,000, nonsense features": ("llmfao", at_random(3000), True, 0.0, 9.0),
    "imagenhub, 3,000 training votes": ("imagenhub", at_random(3000), False, 0.0, 9.0),
    "imagenhub, 3,000, nonsense features": ("imagenhub", at_random(3000), True, 0.0, 9.0),
}


@pytest.mark.parametrize("case", CASES)
def test_knowing_the_person_helps_and_never_hurts(case: str) -> None:
    name, split, shuffled, least, most = CASES[case]
    if not (VOTES / f"{name}.csv").exists():
        pytest.skip(f"needs the human votes in ../shared/data/votes/{name}.csv")
    votes = read_votes(VOTES / f"{name}.csv")
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        train, test = split(votes, rng)
        items = nonsense(votes, rng) if shuffled else None
        rows = {row.method: row for row in compare_methods(train, test, items)}
        found.append(
            [(r.accuracy, r.logloss, r.calibration) for r in (rows["global"], rows["gemrec"])]
        )
    plain, ours = np.mean(found, axis=0)
    worst = min(g[0] - b[0] for b, g in found)
    print(
        f"\n{case:36s} {len(SEEDS)} seeds: global {plain[0]:.3f} / {plain[1]:.3f}, gemrec "
        f"{ours[0]:.3f} / {ours[1]:.3f} (accuracy / log-loss), calibration error {ours[2]:.3f}, "
        f"accuracy above global at worst {worst:+.4f}"
    )
    assert ours[0] >= least and ours[1] <= most and ours[2] <= 0.05
    assert worst >= -0.005
