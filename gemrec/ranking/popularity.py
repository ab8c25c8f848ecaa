"""Bins of models by downloads, as GEMRec-18K was sampled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.errors import InputError
from gemrec.ranking.scores import popularity

BINS: Final = 20
"""Bins of the published sampling."""


@dataclass(frozen=True, slots=True)
class PopularityBins:
    """Models counted by popularity.

    Attributes:
        edges: (bins + 1,) of log10(downloads + 1); the last bin includes its upper edge.
        counts: (bins,) models in each.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def popularity_bins(downloads: Sequence[int], bins: int = BINS) -> PopularityBins:
    """Count models in bins of equal width of log10(downloads + 1), from the least to the most.

    Raises:
        InputError: No models, or fewer than one bin.
    """
    if not len(downloads) or bins < 1:
        raise InputError(
            f"bins: got {bins} for {len(downloads)} models; allowed: 1 or more of each"
        )
    counts, edges = np.histogram(popularity(downloads), bins)
    return PopularityBins(tuple(map(float, edges)), tuple(map(int, counts)))


def sample_sizes(counts: Sequence[int], wanted: int) -> tuple[int, ...]:
    """How many models to draw from each bin: in proportion to it, and at least one.

    The sum may differ from ``wanted``: rounding, and one for every bin that would have had none.
    GEMRec-18K drew 197 of 3,436 models with ``wanted`` = 194.
    """
    total = max(sum(counts), 1)
    return tuple(max(round(count * wanted / total), 1) for count in counts)
