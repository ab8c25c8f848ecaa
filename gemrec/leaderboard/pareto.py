"""Which models no other model beats in both cost and quality."""

import numpy as np

from gemrec.leaderboard.tables import Floats


def pareto_front(cost: Floats, quality: Floats) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Positions of the points that no other point dominates, cheapest first.

    A point dominates another when it costs no more and is no worse, and is better in one of the two.
    Equal points stay together. Points with an unknown (NaN) cost or quality are left out.

    Args:
        cost: (M,) less is better.
        quality: (M,) more is better.
    """
    known = np.flatnonzero(np.isfinite(cost) & np.isfinite(quality))
    order = known[np.lexsort((-quality[known], cost[known]))]
    front: list[int] = []
    for point in order.tolist():
        best = front[-1] if front else None
        equal = best is not None and (cost[best], quality[best]) == (cost[point], quality[point])
        if best is None or equal or quality[point] > quality[best]:
            front.append(point)
    return np.array(front, dtype=np.int64)
