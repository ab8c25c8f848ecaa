"""Laplace's approximation for comparisons that are linear in normal weights.

Two forms of the same answer: the dual one works on a k x k matrix (Rasmussen and Williams,
Gaussian Processes for Machine Learning, 2006, algorithm 3.1, with step halving) and is the faster
one while there are fewer comparisons than weights; the primal one works on a p x p matrix.
"""

from typing import Final

import numpy as np

from gemrec.preference.davidson import Array, moments

_STEP_TOLERANCE: Final = 1e-9
_MAX_STEPS: Final = 60


def laplace(
    design: Array, margin: Array, known: Array, log_nu: float, mean: Array, covariance: Array
) -> tuple[Array, Array]:
    """Posterior mode and covariance of the weights.

    Comparison ``i`` has the utility difference ``known_i + design_i' x`` and Davidson's likelihood;
    ``x ~ N(mean, covariance)``.

    Args:
        design: (k, p).
        margin: (k,) 0.5 first preferred, -0.5 second, 0 neither.
        known: (k,) logits.
        log_nu: Logarithm of the tie weight.
        mean: (p,) prior mean.
        covariance: (p, p) prior covariance, positive definite.

    Returns:
        (p,) mode and (p, p) covariance.
    """
    if len(design) == 0:
        return mean.copy(), covariance.copy()
    form = laplace_dual if len(design) < len(mean) else laplace_primal
    return form(design, margin, known, log_nu, mean, covariance)


def laplace_dual(
    design: Array, margin: Array, known: Array, log_nu: float, mean: Array, covariance: Array
) -> tuple[Array, Array]:
    """As :func:`laplace`, by k x k matrices."""
    spread = design @ covariance
    kernel = spread @ design.T
    base = known + design @ mean
    identity = np.eye(len(design))
    alpha = np.zeros(len(design))
    value = -np.inf
    for _ in range(_MAX_STEPS):
        offset = kernel @ alpha
        at = moments(base + offset, log_nu)
        if np.isneginf(value):
            value = _value(base + offset, margin, log_nu, float(alpha @ offset))
        root = np.sqrt(at.variance)
        b = at.variance * offset + margin - at.mean
        inner = identity + root[:, None] * kernel * root
        step = b - root * np.linalg.solve(inner, root * (kernel @ b)) - alpha
        length = float(np.abs(kernel @ step).max())
        scale = 1.0
        while True:
            new_alpha = alpha + scale * step
            new_offset = kernel @ new_alpha
            new_value = _value(base + new_offset, margin, log_nu, float(new_alpha @ new_offset))
            if new_value >= value or length < 1e-6 or scale < 1e-6:
                break
            scale /= 2
        alpha, value = new_alpha, new_value
        if length < _STEP_TOLERANCE:
            break
    root = np.sqrt(moments(base + kernel @ alpha, log_nu).variance)
    inner = identity + root[:, None] * kernel * root
    half = np.linalg.solve(np.linalg.cholesky(inner), root[:, None] * spread)
    return mean + alpha @ spread, covariance - half.T @ half


def laplace_primal(
    design: Array, margin: Array, known: Array, log_nu: float, mean: Array, covariance: Array
) -> tuple[Array, Array]:
    """As :func:`laplace`, by p x p matrices."""
    precision = np.linalg.inv(covariance)
    precision = (precision + precision.T) / 2
    away = np.zeros_like(mean)
    base = known + design @ mean
    value = _value(base, margin, log_nu, 0.0)
    for _ in range(_MAX_STEPS):
        at = moments(base + design @ away, log_nu)
        gradient = (margin - at.mean) @ design - precision @ away
        hessian = precision + (design * at.variance[:, None]).T @ design
        step = np.linalg.solve(hessian, gradient)
        length = float(np.abs(step).max())
        scale = 1.0
        while True:
            new_away = away + scale * step
            penalty = float(new_away @ precision @ new_away)
            new_value = _value(base + design @ new_away, margin, log_nu, penalty)
            if new_value >= value or length < 1e-6 or scale < 1e-6:
                break
            scale /= 2
        away, value = new_away, new_value
        if length < _STEP_TOLERANCE:
            break
    variance = moments(base + design @ away, log_nu).variance
    posterior = np.linalg.inv(precision + (design * variance[:, None]).T @ design)
    return mean + away, (posterior + posterior.T) / 2


def _value(difference: Array, margin: Array, log_nu: float, penalty: float) -> float:
    """Log-posterior up to a constant; ties contribute ``log nu``, which is constant here."""
    return float(margin @ difference - moments(difference, log_nu).log_z.sum() - penalty / 2)
