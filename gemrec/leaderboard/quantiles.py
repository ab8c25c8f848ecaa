"""Quantiles of Student's t distribution, without SciPy."""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

_LARGE: Final = 1000.0  # from here the expansion below is exact to ten digits
_TERMS: Final = 400  # of the continued fraction; enough for every number of degrees below _LARGE


@lru_cache(maxsize=4096)
def t_quantile(probability: float, degrees: float) -> float:
    """The t distribution's quantile.

    Args:
        probability: In (0.5, 1).
        degrees: Degrees of freedom, above 0, whole or not; infinity gives the normal quantile.

    Example:
        >>> round(t_quantile(0.975, 9), 4)
        2.2622
    """
    z = NormalDist().inv_cdf(probability)
    if degrees > _LARGE:  # Abramowitz and Stegun, 26.7.5
        return (
            z
            + (z**3 + z) / (4 * degrees)
            + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
        )
    low, high = z, 2 * z + 1  # t has the heavier tails
    while _t_cdf(high, degrees) < probability and high < 1e100:
        low, high = high, 4 * high
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if _t_cdf(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_cdf(t: float, degrees: float) -> float:
    return 1 - _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function (Abramowitz and Stegun, 26.5.8)."""
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast only below this
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(front + a * math.log(x) + b * math.log1p(-x)) / a if x > 0 else 0.0
    fraction = 1.0
    for index in range(_TERMS, 0, -1):
        m, odd = divmod(index, 2)
        above = -(a + m) * (a + b + m) if odd else m * (b - m)
        below = (a + 2 * m) * (a + 2 * m + (1 if odd else -1))
        fraction = 1 + above * x / below / fraction
    return front / fraction
