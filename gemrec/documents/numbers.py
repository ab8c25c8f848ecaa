"""Numbers as JSON can say them."""

import math
from typing import Any, Final

Document = dict[str, Any]
_DIGITS: Final = 6


def number(value: float) -> float | None:
    """Rounded to six decimals; None for one that is not finite."""
    return round(float(value), _DIGITS) if math.isfinite(value) else None


def maybe(value: float | None) -> float | None:
    """The same for a number that may be unknown."""
    return None if value is None else number(value)
