"""Scores of single images, as in the GEMRec paper: raw values, normalised per prompt when read.

Source: Guo, Liu and Wen 2023, "GEMRec: Towards Generative Model Recommendation" (arXiv 2308.02205)
and its published demo. For an image i of prompt p with unit vectors v_i and t_p::

    prompt match     100 · cos(v_i, t_p)
    distinctiveness  1 - mean of cos(v_i, v_j) over the other images j of p
    popularity       log10(downloads of its model + 1)
    safety           1 - the safety checker's score, where there is one
    preference       what one person is expected to like

    score = Σ w_k · n_k / Σ w_k      with n_k the min-max normalised value of k within p

The paper's demo sorts by 1.0 · prompt match + 0.8 · distinctiveness + 0.2 · popularity; dividing by
the sum of the weights keeps that order and puts the score on 0..1.

Limits. Cosines mean something else for each encoder, so they compare images of one prompt alone.
Min-max is set by the two extremes of a prompt: one odd image squeezes all others. Distinctive is not
good: a broken image is very distinctive. Downloads measure age and fashion as well as quality, and
no score but preference knows who is looking. That is why the weights are there to be moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import InputError

Array = NDArray[np.float64]

NEUTRAL: Final = 0.5
"""What an unknown value counts as, and every value of a prompt whose values are all equal."""

KINDS: Final = ("prompt_match", "distinctiveness", "popularity", "safety", "preference")
"""The scores, in the order of every array of this module."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each score counts; the defaults are those of the paper's demo.

    Raises:
        InputError: A weight is no number from 0 to 10.
    """

    prompt_match: float = 1.0
    distinctiveness: float = 0.8
    popularity: float = 0.2
    safety: float = 0.0
    preference: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(f"{field.name}: got {value!r}; allowed: a number from 0 to 10")
            if not 0 <= value <= 10:
                raise InputError(f"{field.name}: got {value!r}; allowed: a number from 0 to 10")

    def array(self) -> Array:
        """(5,) the weights in the order of ``KINDS``."""
        return np.array([getattr(self, kind) for kind in KINDS], dtype=np.float64)


def prompt_match(images: NDArray[np.floating], prompt: NDArray[np.floating]) -> Array:
    """(n,) 100 times the cosine of each image with its prompt.

    Args:
        images: (n, d) unit vectors.
        prompt: (d,) unit vector.

    Example:
        >>> prompt_match(np.array([[1.0, 0.0], [0.6, 0.8]]), np.array([0.0, 1.0])).tolist()
        [0.0, 80.0]
    """
    return 100.0 * (np.asarray(images, np.float64) @ np.asarray(prompt, np.float64))


def distinctiveness(images: NDArray[np.floating]) -> Array:
    """(n,) 1 minus the mean cosine of each image to the others; NaN for one that is alone.

    Args:
        images: (n, d) unit vectors of all images of one prompt.

    Example:
        >>> distinctiveness(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])).round(3).tolist()
        [0.7, 0.3, 0.6]
    """
    rows = np.asarray(images, np.float64)
    if len(rows) < 2:
        return np.full(len(rows), np.nan)
    # The sum over all images costs n·d rather than n²·d; the image itself is taken out again.
    to_all = rows @ rows.sum(axis=0)
    to_itself = (rows * rows).sum(axis=1)
    return np.asarray(1.0 - (to_all - to_itself) / (len(rows) - 1), np.float64)


def popularity(downloads: Sequence[int] | NDArray[np.integer]) -> Array:
    """(n,) log10(downloads + 1).

    Example:
        >>> popularity([0, 9, 99]).tolist()
        [0.0, 1.0, 2.0]
    """
    return np.log10(np.asarray(downloads, np.float64) + 1.0)


def safety_of(nsfw: float) -> float:
    """Safety 0..1 from a safety checker's score 0..1; more is safer."""
    return 1.0 - nsfw


def normalise(raw: NDArray[np.floating], groups: NDArray[np.integer]) -> Array:
    """(n,) min-max normalised values 0..1, each group (a prompt) on its own.

    Unknown values (NaN) and groups without a spread count as ``NEUTRAL``, so that every result is
    finite. What is in one group never moves another group's values.

    Args:
        raw: (n,) values, NaN where unknown.
        groups: (n,) group number of each value, from 0.
    """
    values = np.asarray(raw, np.float64)
    if not len(values):
        return np.zeros(0)
    size = int(groups.max()) + 1
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.fmin.at(low, groups, values)
    np.fmax.at(high, groups, values)
    spread = (high - low)[groups]
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = (values - low[groups]) / spread
    known = np.isfinite(scaled) & (spread > 0)
    return np.where(known, np.clip(scaled, 0.0, 1.0), NEUTRAL)


def combine(normalised: NDArray[np.floating], weights: Weights) -> Array:
    """(n,) the weighted mean of the scores, 0..1; ``NEUTRAL`` for all when every weight is 0.

    Args:
        normalised: (n, 5) values 0..1 in the order of ``KINDS``.
        weights: How much each counts.
    """
    wanted = weights.array()
    total = float(wanted.sum())
    if total == 0:
        return np.full(len(normalised), NEUTRAL)
    return np.asarray(normalised @ (wanted / total), np.float64)


def read_weights(said: Mapping[str, object]) -> Weights:
    """Weights by the names of ``KINDS``; those left out keep their default.

    Raises:
        InputError: An unknown name, or a value that is not allowed.
    """
    if unknown := [name for name in said if name not in KINDS]:
        raise InputError(f"weights: got {unknown[0]!r}; allowed: {', '.join(KINDS)}")
    return Weights(**said)  # type: ignore[arg-type]
