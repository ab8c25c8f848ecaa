"""A small map of models: like pictures lie together, and the colour is one person's liking."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gemrec.catalog import Catalog
from gemrec.recommend.pipeline import Steer
from gemrec.recommend.snapshot import Snapshot
from gemrec.recommend.steering import steer

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One model on the map.

    Attributes:
        model_id: The model.
        x: -1..1, left to right.
        y: -1..1, upwards.
        liking: Probability that the person prefers it to the average model, 0..1.
        compared: Whether they have compared it.
    """

    model_id: str
    x: float
    y: float
    liking: float
    compared: bool


def map_models(
    snapshot: Snapshot, catalog: Catalog, annotator_id: str | None, steer_by: Steer
) -> tuple[MapPoint, ...]:
    """Lay the models out by the two leading principal components of their looks.

    Models without pictures are left out; with fewer than three there is no map.

    Args:
        snapshot: What is known.
        catalog: What is on offer.
        annotator_id: For whom; None for everybody.
        steer_by: What the person has set.
    """
    features = snapshot.features
    models = [m.id for m in catalog.active() if m.id in snapshot.everybody.index]
    shown = [model_id for model_id in models if features.expected(model_id) >= 0]
    if len(shown) < 3:
        return ()
    learnt = snapshot.taste(annotator_id)
    taste = steer(
        learnt, steer_by.settings, models, steer_by.axes(models), steer_by.direction_of
    ).taste
    scores = dict(zip(models, taste.score_models(models).score, strict=True))
    places = _flatten(features.looks[[features.expected(model_id) for model_id in shown]])
    seen = {m for vote in snapshot.votes_of(annotator_id) for m in vote.models if vote.pairs}
    return tuple(
        MapPoint(model_id, float(x), float(y), float(scores[model_id]), model_id in seen)
        for model_id, (x, y) in zip(shown, places, strict=True)
    )


def _flatten(looks: Array) -> Array:
    """(n, 2) leading principal components, each scaled to -1..1, with fixed signs."""
    centred = looks - looks.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    flat = np.zeros((len(looks), 2))
    flat[:, : min(2, len(axes))] = centred @ axes[:2].T
    for column in flat.T:
        if column[np.abs(column).argmax()] < 0:
            column *= -1
    spread: Array = flat / np.maximum(np.abs(flat).max(axis=0), 1e-12)
    return spread
