"""The systems beside ours, as the benches call them: each takes votes and gives ratings."""

import importlib.util
from collections.abc import Callable

import evalica
import numpy as np
import pandas as pd
from scipy.optimize import minimize

from tests.bench.filled import World

WINNERS = np.array([evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw])
WORDS = np.array(["model_a", "model_b", "tie"])
HALF_WIN = np.array([1.0, 0.0, 0.5])
ROUNDS = 100
"""Bootstrap rounds of a public arena."""

HAS_ARENA_RANK = importlib.util.find_spec("arena_rank") is not None
"""It pins an older numpy than ours, so it is no requirement: the benches take it where it is."""


def evalica_numbers(world: World, *, newman: bool = False) -> Callable[[], object]:
    """All votes one by one as integer lists, the names given as an index."""
    first, second = world.first.tolist(), world.second.tolist()
    winners, index = list(WINNERS[world.outcome]), pd.Index(range(len(world.models)))
    method = evalica.newman if newman else evalica.bradley_terry
    return lambda: method(first, second, winners, index=index)


def evalica_strings(world: World, *, newman: bool = False) -> Callable[[], object]:
    """All votes one by one as lists of names."""
    names = np.array(world.models)
    first, second = names[world.first].tolist(), names[world.second].tolist()
    winners = list(WINNERS[world.outcome])
    method = evalica.newman if newman else evalica.bradley_terry
    return lambda: method(first, second, winners)


def evalica_bootstrap_round(world: World, rng: np.random.Generator) -> Callable[[], object]:
    """One of the rounds by which evalica's users make intervals."""
    index, winners, size = pd.Index(range(len(world.models))), WINNERS[world.outcome], world.size

    def run() -> object:
        drawn = rng.integers(0, size, size)
        columns = (world.first[drawn].tolist(), world.second[drawn].tolist(), list(winners[drawn]))
        return evalica.bradley_terry(*columns, index=index)

    return run


def evalica_counts(world: World, *, newman: bool = False) -> Callable[[], object]:
    """Rows of counts with weights, which evalica itself does not make: its best case."""
    first, second, outcome, times = _added_up(world)
    rows = first.tolist(), second.tolist(), list(WINNERS[outcome])
    weights, index = times.astype(float).tolist(), pd.Index(range(len(world.models)))
    method = evalica.newman if newman else evalica.bradley_terry
    return lambda: method(*rows, index=index, weights=weights)


def fastchat_fit(world: World) -> Callable[[], object]:
    """FastChat's way: add up equal votes, then logistic regression by L-BFGS with ties as halves."""

    def run() -> object:
        first, second, outcome, times = _added_up(world)
        return _logistic(first, second, HALF_WIN[outcome], times, len(world.models))

    return run


def fastchat_intervals(world: World, rng: np.random.Generator) -> Callable[[], object]:
    """FastChat's intervals: quantiles of fits to counts drawn from the multinomial."""

    def run() -> object:
        first, second, outcome, times = _added_up(world)
        size, won = len(world.models), HALF_WIN[outcome]
        drawn = rng.multinomial(int(times.sum()), times / times.sum(), ROUNDS)
        fits = [_logistic(first, second, won, row, size) for row in drawn]
        return np.quantile(fits, [0.025, 0.975], axis=0)

    return run


def arena_rank_intervals(world: World) -> Callable[[], object]:
    """arena-rank from a table of names to ratings with its sandwich intervals."""
    from arena_rank.models.bradley_terry import BradleyTerry  # noqa: PLC0415 - may not be there
    from arena_rank.utils.data_utils import PairDataset  # noqa: PLC0415

    names = np.array(world.models)
    frame = pd.DataFrame(
        {
            "model_a": names[world.first],
            "model_b": names[world.second],
            "winner": WORDS[world.outcome],
        }
    )

    def run() -> object:
        data = PairDataset.from_pandas(frame)
        return BradleyTerry(len(data.competitors)).compute_ratings_and_cis(data)

    return run


def _added_up(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    size = len(world.models)
    key = (world.first * size + world.second) * 3 + world.outcome
    found, times = np.unique(key, return_counts=True)
    pair, outcome = np.divmod(found, 3)
    return (*np.divmod(pair, size), outcome, times)


def _logistic(
    first: np.ndarray, second: np.ndarray, won: np.ndarray, times: np.ndarray, size: int
) -> np.ndarray:
    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        gap = theta[first] - theta[second]
        value = times @ (np.logaddexp(0, gap) - won * gap)
        slope = times * (1 / (1 + np.exp(-gap)) - won)
        gradient = np.bincount(first, slope, size) - np.bincount(second, slope, size)
        return float(value), gradient

    return minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"gtol": 1e-6}).x
