"""Putting images on a plane so that like ones lie together.

Principal components first, then t-SNE (van der Maaten and Hinton 2008) of at most ``ANCHORS`` images;
the others are placed between the anchors that they are most like, which keeps the cost of a map of
any size near that of one of ``ANCHORS`` images. A map tells neighbours, not distances.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ANCHORS: Final = 3000
NEIGHBOURS: Final = 5
_COMPONENTS: Final = 40
_PERPLEXITY: Final = 30.0
_FEW: Final = 4  # fewer images have no neighbourhoods
_CHUNK: Final = 1000  # rows whose similarities are in memory at once
_SPREAD: Final = 0.012  # how far like images are kept apart, of the width of the map


def lay_out(vectors: NDArray[np.floating], seed: int = 0) -> Floats:
    """(n, 2) places, -1..1, the same for the same vectors.

    Args:
        vectors: (n, d) unit vectors.
        seed: Of the choice of anchors and of t-SNE.
    """
    rows = np.asarray(vectors, np.float64)
    if len(rows) < _FEW:
        return np.stack([np.linspace(-0.5, 0.5, len(rows)), np.zeros(len(rows))], axis=1)
    if not np.ptp(rows, axis=0).any():  # all alike
        return np.zeros((len(rows), 2))
    rng = np.random.default_rng(seed)
    anchors = np.arange(len(rows))
    if len(rows) > ANCHORS:
        anchors = np.sort(rng.choice(len(rows), ANCHORS, replace=False))
    flat = _reduce(rows, anchors, seed)
    places = np.zeros((len(rows), 2))
    places[anchors] = _scaled(_embed(flat[anchors], seed))
    rest = np.setdiff1d(np.arange(len(rows)), anchors)
    if len(rest):
        places[rest] = between(flat[rest], flat[anchors], places[anchors])
        places[rest] += rng.normal(0.0, _SPREAD, (len(rest), 2))
    return np.clip(places, -1.0, 1.0)


def between(vectors: NDArray[np.floating], known: NDArray[np.floating], places: Floats) -> Floats:
    """(m, 2) places of new images: the weighted mean of those of the most alike known ones.

    Args:
        vectors: (m, d) of the new images.
        known: (n, d) of images that have a place.
        places: (n, 2) their places.
    """
    count = min(NEIGHBOURS, len(known))
    squares = (known * known).sum(axis=1)
    found = []
    for start in range(0, len(vectors), _CHUNK):
        rows = np.asarray(vectors[start : start + _CHUNK], np.float64)
        distance = squares - 2 * rows @ known.T + (rows * rows).sum(axis=1, keepdims=True)
        near = np.argpartition(distance, count - 1, axis=1)[:, :count]
        weight = 1.0 / (np.maximum(np.take_along_axis(distance, near, axis=1), 0.0) + 1e-6)
        weight /= weight.sum(axis=1, keepdims=True)
        found.append((weight[..., None] * places[near]).sum(axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2))


def flatten(vectors: NDArray[np.floating]) -> Floats:
    """(n, 2) places, -1..1, by the two leading principal components: rough, but at once."""
    rows = np.asarray(vectors, np.float64)
    places = np.zeros((len(rows), 2))
    if len(rows) > 1:
        centred = rows - rows.mean(axis=0)
        # The axes of a few thousand images are those of all of them.
        _, _, axes = np.linalg.svd(centred[:: -(-len(rows) // ANCHORS)], full_matrices=False)
        places[:, : min(2, len(axes))] = centred @ axes[:2].T
    return np.asarray(places / np.maximum(np.abs(places).max(axis=0, initial=0.0), 1e-12))


def _reduce(rows: Floats, anchors: NDArray[np.int64], seed: int) -> Floats:
    from sklearn.decomposition import PCA  # noqa: PLC0415 - slow to import

    components = min(_COMPONENTS, len(anchors) - 1, rows.shape[1])
    model = PCA(components, random_state=seed).fit(rows[anchors])
    return np.asarray(model.transform(rows), np.float64)


def _embed(flat: Floats, seed: int) -> Floats:
    from sklearn.manifold import TSNE  # noqa: PLC0415 - slow to import

    start = flat[:, :2] if flat.shape[1] > 1 else np.column_stack([flat, np.zeros(len(flat))])
    start = start / max(float(np.std(start[:, 0])), 1e-12) * 1e-4
    perplexity = min(_PERPLEXITY, (len(flat) - 1) / 3)
    model = TSNE(2, perplexity=perplexity, init=start, random_state=seed, n_jobs=1)
    return np.asarray(model.fit_transform(flat), np.float64)


def _scaled(places: Floats) -> Floats:
    """-1..1 in both directions; the extreme hundredth is pulled in to the border."""
    middle = np.median(places, axis=0)
    reach = np.quantile(np.abs(places - middle), 0.99)
    return np.asarray(np.clip((places - middle) / max(float(reach), 1e-12) * 0.95, -1.0, 1.0))
