"""How fast the leaderboard is, side by side with other systems in one run.

Only ratios mean anything: all contestants run in turns on the same machine and the same votes, and CPU
time is compared, so that other programs do not decide. The peers are in ``peers.py``.
"""

import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from gemrec.catalog import Catalog
from gemrec.leaderboard import DRAWS, BoardQuery, Counts, compute_intervals, fit, fit_board, refit
from gemrec.leaderboard.elo import EloTable
from gemrec.recommend import Refresher
from gemrec.records import Outcome
from gemrec.store import Store
from tests.bench import peers
from tests.bench.filled import World, fill, make_world
from tests.bench.kept import keep

pytestmark = pytest.mark.bench

MODELS, VOTES, PEOPLE, CATEGORIES = 200, 1_000_000, 500, 12
OWN = "own"
FASTCHAT = "FastChat's method"
NAMES = [f"model-{i:03}" for i in range(MODELS)]
TOPICS = [f"topic-{i:02}" for i in range(CATEGORIES)]


@pytest.fixture(scope="module")
def world() -> World:
    # One thread for everybody: with more, CPU time says little. Read when jax is first imported.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    return make_world(0, NAMES, votes=VOTES, people=PEOPLE, categories=TOPICS)


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


def report(title: str, times: Mapping[str, float], *notes: str) -> dict[str, float]:
    """Print CPU milliseconds and each one's ratio to the first, which is ours; return the ratios."""
    ratios = {name: value / times[OWN] for name, value in times.items()}
    lines = [f"{name:<48}{times[name]:>12.2f} ms {ratios[name]:>9.1f}x" for name in times]
    sys.stdout.write("\n".join([f"\n{title}", *(f"  {line}" for line in (*lines, *notes))]) + "\n")
    keep(title, {"cpu_ms": dict(times), "to_own": ratios})
    return {name: ratio for name, ratio in ratios.items() if name != OWN}


def fresh_ratings(world: World) -> Callable[[], None]:
    """One vote, and the three boards on which it counts are right again."""
    counts = world.counts()
    slices = ({}, {"category": TOPICS[0]}, {"annotator_id": world.people[0]})
    fits = [fit(counts.pairs(**options)) for options in slices]
    turn = iter(range(10**9))

    def own() -> None:
        number = next(turn)
        counts.add_outcome(
            NAMES[number % 7],
            NAMES[100 + number % 11],
            (Outcome.LEFT, Outcome.RIGHT, Outcome.TIE)[number % 3],
            annotator_id=world.people[0],
            category=TOPICS[0],
        )
        for i, options in enumerate(slices):
            fits[i] = refit(fits[i], counts.pairs(**options), last_vote_id=number)

    return own


def test_one_vote_to_fresh_overall_category_and_annotator_boards(world: World):
    parts = (world, world.only(world.category == 0), world.only(world.person == 0))

    def all_boards(make: Callable[[World], Callable[[], object]]) -> Callable[[], None]:
        boards = [make(part) for part in parts]
        return lambda: [board() for board in boards] and None

    times = race(
        {
            OWN: fresh_ratings(world),
            "evalica bradley_terry, counts as numbers": all_boards(peers.evalica_counts),
            "evalica newman, counts as numbers": all_boards(
                lambda part: peers.evalica_counts(part, newman=True)
            ),
        },
        rounds=25,
    )
    times |= race(
        {
            "evalica bradley_terry, votes as numbers": all_boards(peers.evalica_numbers),
            "evalica bradley_terry, votes as strings": all_boards(peers.evalica_strings),
            "FastChat's method": all_boards(peers.fastchat_fit),
        },
        rounds=1,
    )
    ratios = report("one vote to fresh ratings of three boards, 1,000,000 votes before", times)
    assert min(ratios.values()) >= 10


def test_votes_to_ratings_with_intervals(world: World):
    rng = np.random.default_rng(1)

    def own() -> None:
        table = world.counts().slice()
        compute_intervals(fit(table), table)

    tracemalloc.start()
    own()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    contestants: dict[str, Callable[[], object]] = {OWN: own}
    if peers.HAS_ARENA_RANK:
        contestants["arena-rank, sandwich by vote"] = peers.arena_rank_intervals(world)
    contestants["FastChat's method, 100 bootstraps"] = peers.fastchat_intervals(world, rng)
    bootstrap = "evalica, 100 bootstraps (one measured)"
    contestants[bootstrap] = peers.evalica_bootstrap_round(world, rng)
    times = race(contestants, rounds=2)
    times[bootstrap] *= peers.ROUNDS
    ratios = report(
        "1,000,000 votes to ratings with intervals (own: clustered by annotator)",
        times,
        f"peak memory of own above the columns of votes: {peak:.0f} MiB",
        "" if peers.HAS_ARENA_RANK else "arena-rank is not installed",
    )
    assert min(ratios.values()) >= 20
    assert peak <= 100


def test_votes_to_ratings(world: World):
    times = race(
        {
            OWN: lambda: fit(world.counts()),
            "evalica bradley_terry, numbers": peers.evalica_numbers(world),
            "evalica newman, numbers": peers.evalica_numbers(world, newman=True),
            "evalica newman, strings": peers.evalica_strings(world, newman=True),
            FASTCHAT: peers.fastchat_fit(world),
        },
        rounds=2,
    )
    ratios = report("1,000,000 votes to ratings without intervals", times)
    # FastChat's adds up pairs alone, which is less work: own also keeps who voted on what. Told, not asked.
    assert min(ratio for name, ratio in ratios.items() if name != FASTCHAT) > 1


def test_start_with_a_million_votes_to_the_first_board(world: World, tmp_path: Path):
    """What a restart takes from the open database to a board with intervals and rank ranges."""
    path = tmp_path / "gemrec.db"
    fill(path, world)
    with_checkpoint = (False, True)  # closing the first leaves one for the second
    for has in with_checkpoint:
        wall, cpu = time.perf_counter(), time.process_time()
        store = Store(path)
        refresher = Refresher(store, Catalog({}), "none", lambda: datetime.now(UTC))
        # As a server does before it answers; what no board waits for begins after that.
        board = refresher.open().fit(BoardQuery(draws=DRAWS)).board
        taken = time.perf_counter() - wall, time.process_time() - cpu
        assert board.votes == VOTES
        kind = "a checkpoint" if has else "the count table alone (after a crash or an import)"
        sys.stdout.write(
            f"\nstart with 1,000,000 votes from {kind}: {taken[0]:.2f} s, {taken[1]:.2f} s of CPU\n"
        )
        refresher.close()
        store.close()
    assert taken[1] <= 0.5


@pytest.mark.parametrize("models", [20, 200])
def test_board_after_one_vote_with_intervals(models: int):
    world = make_world(2, NAMES[:models], votes=3000, people=30, categories=TOPICS)
    counts: Counts = world.counts()
    start = fit_board(counts.slice(), EloTable(), 3000).ratings
    times = race(
        {
            OWN: lambda: fit_board(counts.slice(), EloTable(), 3001, start=start),
            "own from nothing": lambda: fit_board(counts.slice(), EloTable(), 3001),
        },
        rounds=30,
    )
    report(f"3,000 votes, {models} models: one board with intervals", times)
