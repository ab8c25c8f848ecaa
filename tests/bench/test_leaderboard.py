"""How fast the rating engines are, beside evalica in the same run.

Only ratios mean anything: both sides run alternately on the same machine and the same votes.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import evalica
import numpy as np
import pandas as pd
import pytest

from gemrec.leaderboard.board import fit_board
from gemrec.leaderboard.bradley_terry import fit, refit
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.leaderboard.elo import EloTable
from gemrec.leaderboard.intervals import compute_intervals
from gemrec.leaderboard.loading import counts_from_codes
from gemrec.records import Outcome

pytestmark = pytest.mark.bench

MODELS, VOTES, PEOPLE, CATEGORIES = 200, 1_000_000, 500, 12
BOOTSTRAPS = 100  # what arenas run; two are measured
WINNERS = np.array([evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw])
CELL_OF_OUTCOME = np.eye(5, dtype=np.int8)[:3]


@dataclass(frozen=True)
class World:
    """A million votes as columns of numbers, 20 % ties."""

    models: list[str]
    people: list[str]
    categories: list[str]
    first: np.ndarray
    second: np.ndarray
    outcome: np.ndarray
    person: np.ndarray
    category: np.ndarray

    def counts(self) -> Counts:
        return counts_from_codes(
            models=self.models,
            annotators=self.people,
            categories=self.categories,
            first=self.first,
            second=self.second,
            annotator=self.person,
            category=self.category,
            cells=CELL_OF_OUTCOME[self.outcome].T,
        )


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(0)
    strength = rng.normal(0, 0.6, MODELS)
    first = rng.integers(0, MODELS, VOTES)
    second = (first + rng.integers(1, MODELS, VOTES)) % MODELS
    p, q, _ = pair_probabilities(strength[first] - strength[second], np.log(0.55))
    draw = rng.random(VOTES)
    return World(
        models=[f"model-{i:03}" for i in range(MODELS)],
        people=[f"person-{i:03}" for i in range(PEOPLE)],
        categories=[f"category-{i}" for i in range(CATEGORIES)],
        first=first,
        second=second,
        outcome=np.where(draw < p, 0, np.where(draw < p + q, 1, 2)),
        person=rng.integers(0, PEOPLE, VOTES),
        category=rng.integers(0, CATEGORIES, VOTES),
    )


def race(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median CPU milliseconds of each, measured in turns after one turn to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        for name, run in contestants.items():
            start = time.process_time()
            run()
            if turn:
                taken[name].append(1000 * (time.process_time() - start))
    return {name: float(np.median(times)) for name, times in taken.items()}


def say(*lines: str) -> None:
    """Write lines to the terminal that runs the bench."""
    sys.stdout.write("\n".join(lines) + "\n")


def report(
    title: str, times: Mapping[str, float], scale: Mapping[str, float] | None = None
) -> None:
    """Print times and their ratio to the first, which is ours."""
    ours = next(iter(times.values()))
    lines = [f"\n{title}"]
    for name, value in times.items():
        total = value * (scale or {}).get(name, 1)
        lines.append(f"  {name:<44}{total:>12.2f} ms {total / ours:>9.1f}x")
    say(*lines)


def test_votes_to_ratings(world: World):
    winners = list(WINNERS[world.outcome])
    index = pd.Index(range(MODELS))
    names = np.array(world.models)
    left, right = names[world.first].tolist(), names[world.second].tolist()
    numbers = world.first.tolist(), world.second.tolist()
    times = race(
        {
            "own Davidson, columns of numbers": lambda: fit(world.counts()),
            "evalica bradley_terry, numbers": lambda: evalica.bradley_terry(
                *numbers, winners, index=index
            ),
            "evalica newman, numbers": lambda: evalica.newman(*numbers, winners, index=index),
            "evalica newman, strings": lambda: evalica.newman(left, right, winners),
        },
        rounds=3,
    )
    report(f"{VOTES:,} votes to ratings, {MODELS} models", times)
    ours, *peers = times.values()
    assert ours < min(peers)


def test_votes_to_ratings_with_intervals(world: World):
    rng = np.random.default_rng(1)
    winners = WINNERS[world.outcome]
    index = pd.Index(range(MODELS))

    def own() -> None:
        table = world.counts().slice()
        compute_intervals(fit(table), table)

    def bootstrap() -> None:
        drawn = rng.integers(0, VOTES, VOTES)
        evalica.bradley_terry(
            world.first[drawn].tolist(),
            world.second[drawn].tolist(),
            list(winners[drawn]),
            index=index,
        )

    peer = f"evalica, {BOOTSTRAPS} bootstraps (extrapolated)"
    tracemalloc.start()
    own()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    times = race({"own, clustered by annotator": own, peer: bootstrap}, rounds=2)
    report(f"{VOTES:,} votes to ratings with intervals", times, {peer: BOOTSTRAPS})
    say(f"  peak memory above the columns of votes: {peak:.0f} MiB")
    assert times[peer] * BOOTSTRAPS > 20 * times["own, clustered by annotator"]


def test_one_vote_to_fresh_boards(world: World):
    counts = world.counts()
    slices = ({}, {"category": "category-0"}, {"annotator_id": "person-000"})
    fits = [fit(counts.pairs(**options)) for options in slices]

    def own() -> None:
        counts.add_outcome(
            "model-000",
            "model-001",
            Outcome.LEFT,
            annotator_id="person-000",
            category="category-0",
        )
        for number, options in enumerate(slices):
            fits[number] = refit(fits[number], counts.pairs(**options), last_vote_id=VOTES)

    peers = []
    for options in slices:
        pairs = counts.pairs(**options)
        rows = [
            (np.argwhere(pairs.wins > 0), pairs.wins[pairs.wins > 0], evalica.Winner.X),
            (np.argwhere(np.triu(pairs.ties) > 0), None, evalica.Winner.Draw),
        ]
        tied = np.triu(pairs.ties)
        weights = np.concatenate([rows[0][1], tied[tied > 0]]).tolist()
        edges = np.concatenate([rows[0][0], rows[1][0]])
        winners = [evalica.Winner.X] * len(rows[0][0]) + [evalica.Winner.Draw] * len(rows[1][0])
        peers.append((edges[:, 0].tolist(), edges[:, 1].tolist(), winners, weights))

    def evalica_newman() -> None:
        for left, right, winners, weights in peers:
            evalica.newman(left, right, winners, index=pd.Index(range(MODELS)), weights=weights)

    def evalica_bradley_terry() -> None:
        for left, right, winners, weights in peers:
            evalica.bradley_terry(
                left, right, winners, index=pd.Index(range(MODELS)), weights=weights
            )

    times = race(
        {
            "own Davidson": own,
            "evalica bradley_terry, rows of counts": evalica_bradley_terry,
            "evalica newman, rows of counts": evalica_newman,
        },
        rounds=15,
    )
    report("one vote to overall, category and annotator ratings", times)
    ours, *others = times.values()
    assert ours < min(others)


def test_loaded_counts_to_first_board(world: World):
    times = race(
        {
            "own: columns to board with intervals": lambda: fit_board(
                world.counts().slice(), EloTable(), VOTES
            )
        },
        rounds=3,
    )
    report(f"start with {VOTES:,} cells in memory", times)


@pytest.mark.parametrize("models", [20, 200])
def test_board_after_one_vote_with_intervals(models: int):
    rng = np.random.default_rng(2)
    counts = Counts()
    for _ in range(3000):
        a, b = rng.choice(models, 2, replace=False)
        counts.add_outcome(
            f"m{a}",
            f"m{b}",
            (Outcome.LEFT, Outcome.RIGHT, Outcome.TIE)[rng.integers(3)],
            annotator_id=f"p{rng.integers(30)}",
        )
    start = fit_board(counts.slice(), EloTable(), 3000).ratings
    times = race(
        {
            "refit and intervals": lambda: fit_board(counts.slice(), EloTable(), 3001, start=start),
            "cold": lambda: fit_board(counts.slice(), EloTable(), 3001),
        },
        rounds=30,
    )
    report(f"3,000 votes, {models} models: one board with intervals", times)
