"""How often a model's pictures are good enough at all, which no comparison says.

A win says which side is better, not whether either is any good. "Both good" and "both bad" do: the
acceptability of a model is the share of "both good" among those two verdicts on battles that it took
part in. Its interval is Wilson's (1927) for the number of verdicts that would be as informative if
they were independent: the number there is divided by the design effect, the ratio of the variance
clustered by annotator to that of independent verdicts (Kish, 1965), and never below 1.
"""

import math
from dataclasses import dataclass

import numpy as np

from gemrec.leaderboard.quantiles import t_quantile
from gemrec.leaderboard.tables import BOTH_BAD, BOTH_GOOD, CountSlice, Floats, add_up


@dataclass(frozen=True)
class Acceptability:
    """Shares of verdicts that call a model's pictures good; NaN where nobody said so or otherwise.

    Attributes:
        share: (M,) 0..1.
        low: (M,) lower end of the interval.
        high: (M,) upper end.
        verdicts: (M,) how many verdicts that was.
    """

    share: Floats
    low: Floats
    high: Floats
    verdicts: Floats


def judge_acceptability(counts: CountSlice, confidence: float = 0.95) -> Acceptability:
    """Work out every model's acceptability.

    Args:
        counts: The counts of one board.
        confidence: Nominal coverage of the interval, 0..1.
    """
    size, people = len(counts.models), len(counts.cluster_votes)
    good, bad = (_by_cluster(counts, row, people) for row in (BOTH_GOOD, BOTH_BAD))
    verdicts = (good + bad).sum(axis=0)
    share = np.divide(good.sum(axis=0), verdicts, out=np.full(size, np.nan), where=verdicts > 0)
    clusters = ((good + bad) > 0).sum(axis=0)
    residuals = good - np.nan_to_num(share) * (good + bad)
    clustered = (residuals**2).sum(axis=0) * clusters / np.maximum(clusters - 1, 1)
    independent = np.nan_to_num(share * (1 - share)) * verdicts
    effect = np.divide(clustered, independent, out=np.ones(size), where=independent > 0)
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    for model in np.flatnonzero(verdicts > 0):
        # One annotator's verdicts say nothing of how annotators differ: independence is assumed.
        few = float(clusters[model] - 1) if clusters[model] > 1 else math.inf
        z = t_quantile((1 + confidence) / 2, few)
        low[model], high[model] = _wilson(
            float(share[model]), float(verdicts[model] / max(effect[model], 1.0)), z
        )
    return Acceptability(share, low, high, verdicts)


def _by_cluster(counts: CountSlice, row: int, people: int) -> Floats:
    """(G, M) verdicts of one kind by cluster and model, each for both models of the pair."""
    size, said = len(counts.models), np.flatnonzero(counts.cells[row])
    votes = counts.cells[row, said] / counts.unit
    start = counts.cluster[said] * size
    total = add_up(start + counts.first[said], votes, people * size)
    total += add_up(start + counts.second[said], votes, people * size)
    return total.reshape(people, size)


def _wilson(share: float, size: float, z: float) -> tuple[float, float]:
    middle = share + z * z / (2 * size)
    reach = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    scale = 1 + z * z / size
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
