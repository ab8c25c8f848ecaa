"""How true the leaderboard is: coverage of its intervals, and how well it foretells votes."""

import math
import sys

import numpy as np
import pytest

from gemrec.leaderboard import Method, compute_intervals, counts_from_codes, fit
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.votes_file import read_votes_file
from tests.unit.leaderboard.builders import expected_votes, opinionated_votes
from tests.unit.leaderboard.conftest import SHARED_VOTES

pytestmark = pytest.mark.bench
WORLDS, ROUNDS, PEOPLE, MODELS = 4, 100, 20, 12
TASTE, LOG_NU = 0.5, math.log(0.5)
FOLDS = 5


def test_coverage_with_20_annotators_of_different_taste():
    clustered, blind = [], []
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        strengths = rng.normal(0, 0.6, MODELS)
        crowd = expected_votes(rng, strengths, taste=TASTE, log_nu=LOG_NU, people=4000)
        target = fit(crowd, prior_sd=math.inf).strengths
        for _ in range(ROUNDS):
            table = opinionated_votes(rng, strengths, [60] * PEOPLE, taste=TASTE, log_nu=LOG_NU)
            ratings = fit(table)
            for hits, method in ((clustered, "sandwich"), (blind, "curvature")):
                got = compute_intervals(ratings, table, method=method)
                hits.append(np.mean((got.low <= target) & (target <= got.high)))
    sys.stdout.write(
        f"\nnominal 95% intervals cover {np.mean(clustered):.3f} clustered by annotator, "
        f"{np.mean(blind):.3f} with votes taken for independent\n"
    )
    assert 0.92 <= np.mean(clustered) <= 0.97


@pytest.mark.parametrize(("name", "most"), [("llmfao", 1.016), ("imagenhub", math.inf)])
def test_held_out_log_loss(name: str, most: float):
    path = SHARED_VOTES / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"needs the human votes in ../shared/data/votes/{path.name}")
    file = read_votes_file(path)
    losses = {method: _held_out(file.models, file.columns, method) for method in Method.__args__}
    sys.stdout.write(
        f"\n{name}: held-out log-loss {losses['davidson']:.4f} Davidson, "
        f"{losses['half_win']:.4f} with half-win strengths\n"
    )
    assert losses["davidson"] <= most
    assert losses["davidson"] < losses["half_win"]


def _held_out(models: tuple[str, ...], columns: np.ndarray, method: Method) -> float:
    """Mean log-loss of votes left out of the fit, over five folds.

    A half-win fit has no ties: it is given the tie parameter that Davidson finds in the same votes.
    """
    first, second, outcome = columns[3], columns[4], columns[5]
    order = np.random.default_rng(0).permutation(len(outcome))
    losses = []
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        seen = np.setdiff1d(order, held)
        counts = counts_from_codes(
            models=models,
            annotators=["all"],
            first=first[seen],
            second=second[seen],
            annotator=np.zeros_like(seen),
            cells=np.eye(5, dtype=int)[outcome[seen]].T,
        )
        theta = fit(counts, method=method).strengths
        chances = np.stack(
            pair_probabilities(theta[first[held]] - theta[second[held]], fit(counts).log_nu)
        )
        losses.append(-np.log(chances[outcome[held], np.arange(len(held))]).mean())
    return float(np.mean(losses))
