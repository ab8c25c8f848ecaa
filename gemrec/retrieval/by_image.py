"""Which models make pictures like this one: every model described by a few weighted points.

A model's pictures are a distribution, and its kernel mean embedding ``mu(x) = mean_i k(x_i, x)``
says how near it is to a picture. A few support points with weights stand in for all of its pictures
(reduced kernel mean embedding, RKME: Wu, Xu, Liu and Zhou 2021, "Model Reuse with Reduced Kernel
Mean Embedding Specification"; for generative models: Zhou and others 2024, "Generative Model
Identification"). A query picture retrieves models by ``mu_m(query)``.

An embedding says mostly what is shown, and every model draws everything. So the kernel is Gaussian
on vectors whitened by the scatter *within* models: directions in which one model's pictures differ
among themselves, which are those of the prompts, count little; those that tell models apart count
much. This does for a picture of which nobody knows the prompt what a joint kernel on pictures and
prompts does for one whose prompt is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SUPPORT_POINTS: Final = 10
_SHRINKAGE: Final = 0.05  # of the mean variance, added in every direction
_BANDWIDTH: Final = 0.25  # of the median squared distance between pictures
_RIDGE: Final = 1e-3  # of the kernel matrix, whose diagonal is 1
_MOST_PICTURES: Final = 200  # per model; ten points do not need more


@dataclass(frozen=True)
class Sketches:
    """Every model's pictures as a few weighted points; immutable.

    Attributes:
        models: Model ids.
        points: (n, d) support points of all models, whitened.
        weights: (n,) their weights; those of one model add up to 1.
        owner: (n,) index of each point's model.
        whitening: (d, d).
        bandwidth: Twice the squared length scale of the kernel, in whitened units.
        mean: (d,) mean embedding, every model counting the same.
    """

    models: tuple[str, ...]
    points: Array
    weights: Array
    owner: NDArray[np.int64]
    whitening: Array
    bandwidth: float
    mean: Array

    def scores(self, vector: Floats32 | Array) -> Array:
        """(m,) kernel score of each model for a picture, 0..1.

        Args:
            vector: (d,) the picture's embedding, of the encoder that the sketches were made with.
        """
        if not self.models:
            return np.zeros(0)
        query = vector.astype(np.float64) @ self.whitening
        near = self.weights * _kernel(self.points, query[None], self.bandwidth)[:, 0]
        scores: Array = np.bincount(self.owner, near, len(self.models)).astype(np.float64)
        return scores

    def nearest(self, vector: Floats32 | Array, k: int) -> tuple[tuple[str, float], ...]:
        """The ``k`` models whose pictures are most like one, with the share of all scores."""
        scores = self.scores(vector)
        total = max(float(scores.sum()), 1e-300)
        order = np.argsort(-scores, kind="stable")[:k]
        return tuple((self.models[i], float(scores[i]) / total) for i in order)


def sketch_models(pictures: Mapping[str, Sequence[Floats32]]) -> Sketches:
    """Describe each model by a few of its pictures.

    Args:
        pictures: (d,) unit embeddings per model id; models without pictures are left out.
    """
    models = tuple(model_id for model_id, vectors in pictures.items() if len(vectors))
    if not models:
        none = np.zeros((0, 0))
        return Sketches((), none, np.zeros(0), np.zeros(0, dtype=np.int64), none, 1.0, np.zeros(0))
    stacks = [_sample(np.stack(pictures[m]).astype(np.float64)) for m in models]
    whitening = _whitening([stack - stack.mean(axis=0) for stack in stacks])
    white = [stack @ whitening for stack in stacks]
    bandwidth = _bandwidth(np.concatenate(white))
    reduced = [_reduce(points, bandwidth) for points in white]
    return Sketches(
        models=models,
        points=np.concatenate([points for points, _ in reduced]),
        weights=np.concatenate([weights for _, weights in reduced]),
        owner=np.repeat(np.arange(len(models)), [len(weights) for _, weights in reduced]),
        whitening=whitening,
        bandwidth=bandwidth,
        mean=np.mean([stack.mean(axis=0) for stack in stacks], axis=0),
    )


def _sample(rows: Array) -> Array:
    return rows[:: -(-len(rows) // _MOST_PICTURES)]


def _whitening(centred: Sequence[Array]) -> Array:
    """The inverse square root of the scatter within models, shrunk towards a multiple of I."""
    rows = np.concatenate(centred)
    scatter = rows.T @ rows / len(rows)
    size = len(scatter)
    shrunk = scatter + (_SHRINKAGE * float(np.trace(scatter)) / size + 1e-9) * np.eye(size)
    values, axes = np.linalg.eigh(shrunk)
    inverse_root: Array = axes / np.sqrt(values) @ axes.T
    return inverse_root


def _bandwidth(rows: Array) -> float:
    """A share of the median squared distance between pictures (the median heuristic)."""
    sample = rows[:: -(-len(rows) // _MOST_PICTURES)]
    squares = _squared_distances(sample, sample)
    apart = squares[np.triu_indices(len(sample), 1)]
    return max(_BANDWIDTH * float(np.median(apart)), 1e-9) if len(apart) else 1.0


def _reduce(points: Array, bandwidth: float) -> tuple[Array, Array]:
    """Support points and weights that come close to the mean embedding of all points.

    The points by kernel herding (Chen, Welling and Smola 2010), each the one that the chosen ones
    represent least; the weights by least squares in the kernel's space, cut at 0.
    """
    kernel = _kernel(points, points, bandwidth)
    mean = kernel.mean(axis=1)
    chosen: list[int] = []
    for _ in range(min(SUPPORT_POINTS, len(points))):
        told = kernel[:, chosen].sum(axis=1) / (len(chosen) + 1) if chosen else 0.0
        missing = mean - told
        missing[chosen] = -np.inf
        chosen.append(int(missing.argmax()))
    inner = kernel[np.ix_(chosen, chosen)] + _RIDGE * np.eye(len(chosen))
    weights = np.maximum(np.linalg.solve(inner, mean[chosen]), 0.0)
    return points[chosen], weights / weights.sum()


def _kernel(first: Array, second: Array, bandwidth: float) -> Array:
    kernel: Array = np.exp(-_squared_distances(first, second) / bandwidth)
    return kernel


def _squared_distances(first: Array, second: Array) -> Array:
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    distances: Array = np.maximum(squares, 0.0)
    return distances
