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
Real = TypeVar("Real", np.float32, np.float64)

COMPONENTS: Final = 24
_TWO_WAY_ROUNDS: Final = 20
_TWO_WAY_TOLERANCE: Final = 1e-4  # of unit vectors
_MODEL_RIDGE: Final = 0.5  # grids' worth of evidence that a model's style is the average
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
        looks: (L, r) mean features of grids, of models within a category, of models, and a last
            row of zeros for models without pictures.
        grids: Row of ``looks`` per (model id, prompt).
        by_category: Row of ``looks`` per (model id, category); drawn towards the model's mean.
        models: Row of ``looks`` per model id.
        guesses: Row of ``looks`` per id of a model without pictures that is described like others.
        prompts: Texts of ``contents``.
        contents: (P, d) unit vectors of what each prompt's pictures show.
        basis: (d, r) turns differences of embeddings into differences of features.
    """

    dim: int = 0
    rows: Mapping[int, int] = field(default_factory=dict)
    images: Array = field(default_factory=lambda: np.zeros((0, 0)))
    looks: Array = field(default_factory=lambda: np.zeros((1, 0)))
    grids: Mapping[tuple[str, str], int] = field(default_factory=dict)
    by_category: Mapping[tuple[str, str], int] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    guesses: Mapping[str, int] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()
    contents: Array = field(default_factory=lambda: np.zeros((0, 0)))
    basis: Array = field(default_factory=lambda: np.zeros((0, 0)))

    def image(self, image_id: int) -> Array | None:
        """(r,) features of one image; None when it is not embedded."""
        row = self.rows.get(image_id)
        return None if row is None else self.images[row]

    def direction(self, difference: Floats32 | Array) -> Array | None:
        """(r,) features of a difference of two embeddings; None without a comparable embedding.

        Use it on the difference of two texts or of two pictures, in which what they have in common
        cancels; a single embedding mostly says what it shows.
        """
        if self.basis.shape[:1] != difference.shape:
            return None
        found: Array = difference.astype(np.float64) @ self.basis
        return found

    def expected(self, model_id: str, category: str = "") -> int:
        """Row of ``looks`` to expect of a model's next picture; -1 for a model without pictures."""
        found = self.by_category.get((model_id, category))
        return self.models.get(model_id, -1) if found is None else found

    def grid(self, model_id: str, prompt: str, category: str = "") -> int:
        """Row of ``looks`` of a model's pictures for one prompt, or of what to expect of them."""
        found = self.grids.get((model_id, prompt))
        return self.expected(model_id, category) if found is None else found


def build_features(
    images: Sequence[Image], vectors: Mapping[str, Floats32], components: int = COMPONENTS
) -> FeatureTable:
    """Make the features of all embedded images; the same images always give the same table.

    Args:
        images: All images, those without a vector included.
        vectors: (d,) unit embedding per image digest. Those with another length than that of the
            newest image, or with numbers that are not finite, are left out.
        components: Most features to keep.
    """
    known = _usable(images, vectors)
    if not known:
        return FeatureTable()
    raw = np.stack([vectors[image.digest] for image in known])
    grids = _groups([(image.model_id, image.prompt) for image in known])
    models = _groups([model_id for model_id, _ in grids.names])
    prompts = _groups([prompt for _, prompt in grids.names])
    content = _prompt_part(grids.mean(raw), prompts, models)
    centred = raw - content[prompts.of[grids.of]]
    basis = principal_axes(centred, components)
    coordinates = centred.astype(np.float64) @ basis
    grid_means = grids.mean(coordinates)
    model_means = models.mean(grid_means)
    category_of = {image.prompt: image.category for image in known}
    kinds = _groups([(model_id, category_of[prompt]) for model_id, prompt in grids.names])
    kind_models = np.array([models.number[model_id] for model_id, _ in kinds.names])
    kind_means = (kinds.sum(grid_means) + _CATEGORY_WEIGHT * model_means[kind_models]) / (
        kinds.counts[:, None] + _CATEGORY_WEIGHT
    )
    looks = np.concatenate([grid_means, kind_means, model_means, np.zeros_like(grid_means[:1])])
    for array in (coordinates, looks, content, basis):
        array.setflags(write=False)
    kind_start, model_start = len(grid_means), len(grid_means) + len(kind_means)
    lengths = np.linalg.norm(content, axis=1, keepdims=True)
    return FeatureTable(
        dim=coordinates.shape[1],
        rows=MappingProxyType({image.id: row for row, image in enumerate(known)}),
        images=coordinates,
        looks=looks,
        grids=MappingProxyType(grids.number),
        by_category=MappingProxyType(kinds.numbered_from(kind_start)),
        models=MappingProxyType(models.numbered_from(model_start)),
        prompts=prompts.names,
        contents=(content / np.maximum(lengths, 1e-12)).astype(np.float64),
        basis=basis,
    )


def _usable(images: Sequence[Image], vectors: Mapping[str, Floats32]) -> list[Image]:
    """Images with a good vector, in the order of ids."""
    known = sorted((i for i in images if i.digest in vectors), key=lambda image: image.id)
    if not known:
        return []
    shape = vectors[known[-1].digest].shape
    good = {
        digest
        for digest in {image.digest for image in known}
        if vectors[digest].shape == shape and np.isfinite(vectors[digest]).all()
    }
    return [image for image in known if image.digest in good]


@dataclass(frozen=True)
class _Groups(Generic[Name]):
    """Rows sorted into named groups."""

    names: tuple[Name, ...]
    number: Mapping[Name, int]
    of: NDArray[np.int64]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    counts: Array

    def sum(self, rows: NDArray[Real]) -> NDArray[Real]:
        """(groups, d) sum of the rows of each group."""
        total: NDArray[Real] = np.add.reduceat(rows[self.order], self.starts, axis=0)
        return total

    def mean(self, rows: NDArray[Real]) -> NDArray[Real]:
        """(groups, d) mean of the rows of each group."""
        total = self.sum(rows)
        total /= self.counts[:, None]
        return total

    def numbered_from(self, start: int) -> dict[Name, int]:
        """The groups' numbers, counted from ``start``."""
        return {name: start + number for name, number in self.number.items()}


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


def _prompt_part(raw: Floats32, prompts: _Groups[str], models: _Groups[str]) -> Floats32:
    """(P, d) prompt term of the two-way fit, by alternating means."""
    style: Floats32 = np.zeros((len(models.names), raw.shape[1]), dtype=np.float32)
    weight = (1 / (models.counts + _MODEL_RIDGE)).astype(np.float32)[:, None]
    content = prompts.mean(raw)
    for _ in range(_TWO_WAY_ROUNDS):
        rest = raw - content[prompts.of]
        new_style: Floats32 = models.sum(rest) * weight
        settled = float(np.abs(new_style - style).max()) < _TWO_WAY_TOLERANCE
        style = new_style
        content = prompts.mean(raw - style[models.of])
        if settled:
            break
    return content


def principal_axes(centred: Floats32, components: int = COMPONENTS) -> Array:
    """(d, r) principal axes of centred embeddings, scaled as features are."""
    step = -(-len(centred) // _BASIS_SAMPLE)
    sample = centred[::step].astype(np.float64)
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
        return np.zeros((centred.shape[1], 0))
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    deviation = np.sqrt(values[keep] / len(sample))
    basis: Array = axes * signs / np.sqrt(deviation)
    length = np.sqrt(((centred.astype(np.float64) @ basis) ** 2).sum(axis=1).mean())
    scaled: Array = basis / length
    return scaled


def _leading(values: Array, components: int) -> NDArray[np.int64]:
    """Positions of the largest eigenvalues, largest first, without those that are rounding."""
    order = np.argsort(values)[::-1][:components]
    floor = max(_SMALLEST_AXIS * float(values.max()), _SMALLEST_VARIANCE)
    kept: NDArray[np.int64] = order[values[order] > floor]
    return kept
