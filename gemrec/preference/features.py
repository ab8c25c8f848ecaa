"""What pictures look like, as a few numbers per picture in which taste can be expressed.

An embedding says mostly what a picture shows. Both sides of a vote show the same prompt, so that
part cancels; it is taken out first by a two-way fit ``vector = prompt + model + rest``, whose
prompt term is subtracted (with few models per prompt the plain mean over models would mix the
models into each other). Principal components of what remains, each divided by the square root of
its standard deviation, are the features; they are scaled so that their mean square length is 1.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from gemrec.records import Image

Array = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Name = TypeVar("Name", bound=Hashable)

COMPONENTS: Final = 24
_TWO_WAY_ROUNDS: Final = 20
_TWO_WAY_TOLERANCE: Final = 1e-4  # of unit vectors
_MODEL_RIDGE: Final = 2.0  # pictures' worth of evidence that a model's style is the average
_CATEGORY_WEIGHT: Final = 2.0  # grids' worth of a model's overall look within a category
_BASIS_SAMPLE: Final = 4000  # more images than this do not change the axes
_SMALLEST_AXIS: Final = 1e-6  # of the first axis' variance; below is rounding
_SMALLEST_VARIANCE: Final = 1e-9  # of unit vectors; all pictures alike


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features of every embedded image, grid and model; immutable.

    Attributes:
        dim: Number of features r; 0 when nothing is embedded.
        rows: Row of ``images`` per image id.
        images: (n, r).
        grids: (r,) mean per (model id, prompt).
        models: (r,) mean over a model's grids.
        by_category: (r,) per (model id, category), drawn towards the model's mean.
        prompts: Texts of ``contents``.
        contents: (P, d) unit vectors of what each prompt's pictures show.
    """

    dim: int = 0
    rows: Mapping[int, int] = field(default_factory=dict)
    images: Array = field(default_factory=lambda: np.zeros((0, 0)))
    grids: Mapping[tuple[str, str], Array] = field(default_factory=dict)
    models: Mapping[str, Array] = field(default_factory=dict)
    by_category: Mapping[tuple[str, str], Array] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()
    contents: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def image(self, image_id: int) -> Array | None:
        """(r,) features of one image; None when it is not embedded."""
        row = self.rows.get(image_id)
        return None if row is None else self.images[row]

    def expected(self, model_id: str, category: str = "") -> Array | None:
        """(r,) features to expect of a model's next picture; None for a model without pictures."""
        found = self.by_category.get((model_id, category))
        return self.models.get(model_id) if found is None else found

    def grid(self, model_id: str, prompt: str, category: str = "") -> Array | None:
        """(r,) mean features of a model's pictures for one prompt, or what to expect of them."""
        found = self.grids.get((model_id, prompt))
        return self.expected(model_id, category) if found is None else found


def build_features(
    images: Sequence[Image], vectors: Mapping[str, Floats32], components: int = COMPONENTS
) -> FeatureTable:
    """Make the features of all embedded images; the same images always give the same table.

    Args:
        images: All images, those without a vector included.
        vectors: (d,) unit embedding per image digest, all of one length.
        components: Most features to keep.
    """
    known = sorted((i for i in images if i.digest in vectors), key=lambda image: image.id)
    if not known:
        return FeatureTable()
    raw = np.stack([vectors[image.digest] for image in known]).astype(np.float64)
    prompts = _groups([image.prompt for image in known])
    models = _groups([image.model_id for image in known])
    content = _prompt_part(raw, prompts, models)
    coordinates = _principal(raw - content[prompts.of], components)
    grids = _groups([(image.model_id, image.prompt) for image in known])
    grid_means = grids.mean(coordinates)
    grid_models = _groups([model_id for model_id, _ in grids.names])
    model_means = grid_models.mean(grid_means)
    category_of = {image.prompt: image.category for image in known}
    grid_kinds = _groups([(m, category_of[prompt]) for m, prompt in grids.names])
    kind_models = np.array([grid_models.number[m] for m, _ in grid_kinds.names])
    kind_counts = grid_kinds.counts[:, None]
    kind_means = (
        kind_counts * grid_kinds.mean(grid_means) + _CATEGORY_WEIGHT * model_means[kind_models]
    ) / (kind_counts + _CATEGORY_WEIGHT)
    lengths = np.linalg.norm(content, axis=1, keepdims=True)
    for array in (coordinates, grid_means, model_means, kind_means):
        array.setflags(write=False)
    return FeatureTable(
        dim=coordinates.shape[1],
        rows=MappingProxyType({image.id: row for row, image in enumerate(known)}),
        images=coordinates,
        grids=MappingProxyType(dict(zip(grids.names, grid_means, strict=True))),
        models=MappingProxyType(dict(zip(grid_models.names, model_means, strict=True))),
        by_category=MappingProxyType(dict(zip(grid_kinds.names, kind_means, strict=True))),
        prompts=prompts.names,
        contents=content / np.maximum(lengths, 1e-12),
    )


@dataclass(frozen=True)
class _Groups(Generic[Name]):
    """Rows sorted into named groups."""

    names: tuple[Name, ...]
    number: Mapping[Name, int]
    of: NDArray[np.int64]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: Array

    def sum(self, rows: Array) -> Array:
        """(groups, d) sum of the rows of each group."""
        total: Array = np.add.reduceat(rows[self.order], self.starts, axis=0)
        return total

    def mean(self, rows: Array) -> Array:
        """(groups, d) mean of the rows of each group."""
        return self.sum(rows) / self.counts[:, None]


def _groups(names: Sequence[Name]) -> _Groups[Name]:
    number: dict[Name, int] = {}
    of = np.array([number.setdefault(name, len(number)) for name in names], dtype=np.int64)
    counts = np.bincount(of, minlength=len(number))
    return _Groups(
        names=tuple(number),
        number=number,
        of=of,
        order=np.argsort(of, kind="stable"),
        starts=np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64),
        counts=counts.astype(np.float64),
    )


def _prompt_part(raw: Array, prompts: _Groups[str], models: _Groups[str]) -> Array:
    """(P, d) prompt term of the two-way fit, by alternating means."""
    style = np.zeros((len(models.names), raw.shape[1]))
    content = prompts.mean(raw)
    for _ in range(_TWO_WAY_ROUNDS):
        rest = raw - content[prompts.of]
        new_style = models.sum(rest) / (models.counts + _MODEL_RIDGE)[:, None]
        settled = float(np.abs(new_style - style).max()) < _TWO_WAY_TOLERANCE
        style = new_style
        content = prompts.mean(raw - style[models.of])
        if settled:
            break
    return content


def _principal(centred: Array, components: int) -> Array:
    """(n, r) scaled principal components."""
    count = len(centred)
    step = -(-count // _BASIS_SAMPLE)
    sample = centred[::step]
    # The smaller of the two Gram matrices has the same leading axes.
    if len(sample) < centred.shape[1]:
        values, left = np.linalg.eigh(sample @ sample.T)
        keep = _leading(values, components)
        axes = sample.T @ left[:, keep] / np.sqrt(values[keep])
    else:
        values, right = np.linalg.eigh(sample.T @ sample)
        keep = _leading(values, components)
        axes = right[:, keep]
    if len(keep) == 0:
        return np.zeros((count, 0))
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    deviation = np.sqrt(values[keep] / len(sample))
    scores: Array = centred @ (axes * signs / np.sqrt(deviation))
    scores /= np.sqrt((scores**2).sum(axis=1).mean())
    return scores


def _leading(values: Array, components: int) -> NDArray[np.int64]:
    """Positions of the largest eigenvalues, largest first, without those that are rounding."""
    order = np.argsort(values)[::-1][:components]
    floor = max(_SMALLEST_AXIS * float(values.max()), _SMALLEST_VARIANCE)
    kept: NDArray[np.int64] = order[values[order] > floor]
    return kept
