"""Finding the maximum of the log-posterior: Newton from anywhere, a chord from close by.

The chord reuses the inverse Hessian of an earlier fit and betters it from step to step: each costs one
gradient, and few are needed, since one vote hardly bends the posterior.
"""

import math
from typing import Final

import numpy as np

from gemrec.errors import InputError
from gemrec.leaderboard.davidson import Posterior
from gemrec.leaderboard.tables import Floats

_STEP_TOLERANCE: Final = 1e-7  # Newton doubles the digits: the step after this one is below 1e-13
_GAIN_TOLERANCE: Final = 1e-12  # in log-posterior; below, only rounding is left
_ROUNDING_STEPS: Final = 5
_MAX_STEPS: Final = 200
_CHORD_TOLERANCE: Final = 1e-11
_CHORD_RATE: Final = 0.2  # of one step to the one before; slower, a new Hessian pays
_CHORD_REACH: Final = 0.5  # logits; a longer step has left the neighbourhood of the earlier fit
_FRESH_STEPS: Final = 8  # a refit that takes more leaves a new Hessian to the next one

Solution = tuple[Floats, Floats, int]  # point, inverse Hessian, steps


def maximise(posterior: Posterior, point: Floats) -> Solution:
    """Climb from any point by Newton's method, halving steps that overshoot.

    Raises:
        InputError: It does not end, which only an all but flat prior can bring about.
    """
    value, at_rounding = posterior.value(point), 0
    for count in range(1, _MAX_STEPS + 1):
        gradient, hessian = posterior.derivatives(point)
        step = np.linalg.solve(hessian, gradient)
        settled = float(np.abs(step).max()) < _STEP_TOLERANCE
        # With a nearly flat prior and an undefeated model, rounding moves the strengths for ever.
        at_rounding = at_rounding + 1 if float(gradient @ step) < _GAIN_TOLERANCE else 0
        scale = 1.0
        while True:
            new_point = point + scale * step
            new_value = posterior.value(new_point)
            # At the top, rounding decides between values; Newton's step is right there.
            if new_value >= value or at_rounding or settled or scale < 1e-6:
                break
            scale /= 2
        point, value = new_point, new_value
        if settled or at_rounding == _ROUNDING_STEPS:
            return point, _inverse_at(posterior, point), count
    raise InputError(
        f"the ratings did not settle in {_MAX_STEPS} Newton steps; give a smaller prior_sd"
    )


def follow_chord(posterior: Posterior, point: Floats, inverse: Floats) -> Solution | None:
    """Climb the last bit from the maximum of a posterior that differed by few votes.

    Args:
        posterior: What to maximise.
        point: (M + 1,) where the earlier maximum was.
        inverse: (M + 1, M + 1) inverse negative Hessian there or near it.

    Returns:
        The solution, or None where Newton's method is the better choice.
    """
    if math.isfinite(point[-1]) is not posterior.with_ties:
        return None
    before, learned = _CHORD_REACH / _CHORD_RATE, _Curvatures(inverse)
    gradient = posterior.gradient(point)
    for count in range(1, _MAX_STEPS + 1):
        step = learned.solve(gradient)
        length = float(np.abs(step).max())
        if length < _CHORD_TOLERANCE:
            point = point + step
            fresh = count > _FRESH_STEPS
            return point, _inverse_at(posterior, point) if fresh else learned.inverse(), count
        if length > _CHORD_RATE * before:
            return None
        point, before = point + step, length
        after = posterior.gradient(point)
        learned.add(step, gradient - after)
        gradient = after
    return None


def _inverse_at(posterior: Posterior, point: Floats) -> Floats:
    inverse: Floats = np.linalg.inv(posterior.derivatives(point)[1]).astype(np.float64)
    inverse.setflags(write=False)
    return inverse


class _Curvatures:
    """An inverse Hessian with what later steps showed of it.

    The two-loop recursion of limited-memory BFGS (Nocedal and Wright, Numerical Optimization,
    algorithm 7.4).
    """

    def __init__(self, inverse: Floats) -> None:
        self._inverse = inverse
        self._seen: list[tuple[Floats, Floats, float]] = []

    def add(self, step: Floats, fall: Floats) -> None:
        """Note by how much the gradient fell along a step."""
        along = float(step @ fall)
        if along > 0:
            self._seen.append((step, fall, along))

    def solve(self, gradient: Floats) -> Floats:
        """The step to where the gradient vanishes."""
        rest, shares = gradient.copy(), []
        for step, fall, along in reversed(self._seen):
            shares.append(float(step @ rest) / along)
            rest -= shares[-1] * fall
        result: Floats = self._inverse @ rest
        for (step, fall, along), share in zip(self._seen, reversed(shares), strict=True):
            result += (share - float(fall @ result) / along) * step
        return result

    def inverse(self) -> Floats:
        """The inverse Hessian with what the first step showed: nearly all that one vote changes."""
        if not self._seen:
            return self._inverse
        step, fall, along = self._seen[0]
        bent = self._inverse @ fall
        half = step * ((float(fall @ bent) / along + 1) / (2 * along)) - bent / along
        update = np.outer(step, half)
        inverse: Floats = self._inverse + update
        inverse += update.T
        inverse.setflags(write=False)
        return inverse
