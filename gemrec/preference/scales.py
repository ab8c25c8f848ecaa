"""How far utilities may differ, and by what: the variances of the model's parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from gemrec.preference.davidson import Array

POPULARITY_MEAN: Final = 0.25
"""Logits per standard deviation of the logarithm of downloads."""

LOG_NU_MEAN: Final = -0.7  # even sides tie about every fifth time
LOG_NU_VARIANCE: Final = 1.0

PERSONAL: Final = ("own_model", "own_item", "own_side", "session")
"""Parts that belong to one person."""

_DEFAULTS: Final = MappingProxyType(
    {
        "model": 0.4,
        "category": 0.15,
        "item": 0.3,
        "own_model": 0.3,
        "own_item": 0.3,
        "side": 0.1,
        "own_side": 0.2,
        "session": 0.2,
    }
)


@dataclass(frozen=True)
class Scales:
    """Prior variances in squared logits.

    Attributes:
        parts: Of the offsets: ``model``; ``category`` and ``item``, a model in a category and on a
            prompt; ``own_model`` and ``own_item``, the same for one person; ``side``, ``own_side``
            and ``session``, a liking for the left side of everybody, a person, and a person on one
            prompt. A part with variance 0 is left out.
        popularity: Of the weight of popularity.
        content: Of everybody's liking for a feature.
        kind: Of the difference of that liking between categories.
        taste: Of a person's liking for a feature, a multiple of ``shape``; 0 leaves it out.
        shape: (r, r) covariance of people's likings with trace r; None for the identity.
        bar: Of what satisfies a person.
        ties: Of a person's readiness to call a tie, in squared logarithms.
    """

    parts: Mapping[str, float] = field(default_factory=lambda: _DEFAULTS)
    popularity: float = 0.3
    content: float = 0.3
    kind: float = 0.1
    taste: float = 0.5
    shape: Array | None = None
    bar: float = 1.0
    ties: float = 0.5

    def root(self, dim: int) -> Array:
        """(r, r) root of the covariance of people's likings."""
        shape = np.eye(dim) if self.shape is None else self.shape
        covariance = self.taste * shape + 1e-9 * np.eye(dim)
        return np.linalg.cholesky(covariance).astype(np.float64, copy=False)


def standardised_popularity(models: Sequence[str], downloads: Mapping[str, float]) -> Array:
    """(M,) logarithms of downloads with mean 0 and deviation 1; 0 for a model without a count."""
    known = [model_id for model_id in models if model_id in downloads]
    logs = np.log1p([float(downloads[model_id]) for model_id in known])
    spread = float(logs.std()) if known else 0.0
    if spread == 0.0:
        return np.zeros(len(models))
    scaled = dict(zip(known, (logs - logs.mean()) / spread, strict=True))
    return np.array([float(scaled.get(model_id, 0.0)) for model_id in models])
