"""Raw scores of images, as the GEMRec paper defines them; whoever shows them normalises them.

Raw values stay the same when models and images are added, which values scaled to 0..1 do not.
"""

import numpy as np
from numpy.typing import NDArray

from gemrec.embedding.encoder import Vectors

Scores = NDArray[np.float64]


def prompt_match(text: Vectors, images: Vectors) -> Scores:
    """How well images show a text: 100 · cosine, as CLIPScore's numerator counts it.

    Args:
        text: (d,) unit vector of the prompt.
        images: (n, d) unit vectors.

    Returns:
        (n,) values of -100..100.
    """
    return np.asarray(100.0 * (images.astype(np.float64) @ text.astype(np.float64)))


def likeness_to_others(images: Vectors) -> Scores:
    """Mean cosine of each image to the other ones: high for what everybody drew.

    Args:
        images: (n, d) unit vectors of images of one prompt.

    Returns:
        (n,) values of -1..1; nan when an image has no others.
    """
    rows = images.astype(np.float64)
    if len(rows) < 2:
        return np.full(len(rows), np.nan)
    return np.asarray((rows @ rows.sum(axis=0) - (rows * rows).sum(axis=1)) / (len(rows) - 1))


def popularity(downloads: int) -> float:
    """log10(downloads + 1)."""
    return float(np.log10(downloads + 1))
