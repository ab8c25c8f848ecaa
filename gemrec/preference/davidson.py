"""Davidson's model of one comparison: win, loss or tie as a function of a utility difference.

With ``d`` the utility of the first side minus that of the second and ``nu`` the tie weight
(Davidson 1970)::

    P(first)  = e^(d/2)  / Z        Z = e^(d/2) + e^(-d/2) + nu
    P(second) = e^(-d/2) / Z
    P(tie)    = nu       / Z

Without ties (``nu = 0``) this is Bradley-Terry, ``P(first) = sigmoid(d)``. The log-likelihood is
jointly concave in ``d`` and ``log nu``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.records import Outcome

Array = NDArray[np.float64]

_MARGINS = {Outcome.LEFT: 0.5, Outcome.RIGHT: -0.5}


def margin(outcome: Outcome) -> float:
    """What an outcome adds to ``d``'s coefficient: 0.5 left, -0.5 right, 0 for every tie.

    ``both_good`` and ``both_bad`` prefer neither side, so they are ties here; what they say about
    the level of both sides is not used.
    """
    return _MARGINS.get(outcome, 0.0)


@dataclass(frozen=True, slots=True)
class Moments:
    """Value and derivatives of ``log Z``; all arrays have the shape of ``d``.

    Attributes:
        half: ``|d| / 2``.
        likelier: P(the side that ``d`` favours).
        mean: First derivative by ``d``, -0.5..0.5.
        variance: Second derivative by ``d``, above 0.
        tie: P(tie), the first derivative by ``log nu``.
    """

    half: Array
    likelier: Array
    mean: Array
    variance: Array
    tie: Array

    @property
    def log_z(self) -> Array:
        """``log Z``."""
        value: Array = self.half - np.log(self.likelier)
        return value


def moments(difference: Array, log_nu: float | Array) -> Moments:
    """Evaluate ``log Z`` and its derivatives without overflow for any ``difference``.

    Args:
        difference: Utility differences, logits.
        log_nu: Logarithm of the tie weight, one for all or one for each; at most 700.
    """
    # Everything in units of the likelier side's e^|d/2|, which takes one exponential.
    half = np.abs(difference) * 0.5
    other = np.exp(-half)
    both = other * other
    tie = other * np.exp(log_nu)
    likelier = 1 / (1 + both + tie)
    tie *= likelier
    mean = np.copysign((0.5 - 0.5 * both) * likelier, difference)
    # Written without the difference of nearly equal numbers, so that it never becomes 0 early.
    variance = (both * likelier + tie * (0.25 + 0.25 * both)) * likelier
    return Moments(half, likelier, mean, variance, tie)
