"""A learnt taste, changed by what the person says about it: axes turned up or off, and wishes.

Nothing here is stored, and the votes stay what they are: without settings the same taste comes out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference import FeatureTable, Hint, Taste
from gemrec.recommend.words import Axis, axes
from gemrec.records import TasteSettings, Wish, WishKind

Array = NDArray[np.float64]

DirectionOf = Callable[[Wish], Array | None]
"""The embedding difference that a wish asks for, before its sign; None when it is not known."""

WISH_STRENGTH: Final = 0.8
"""Logits by which a wish lifts a model one standard deviation along its direction."""

_WISH_VARIANCE: Final = 0.02  # squared logits; votes can still say otherwise
_LEAST_SPREAD: Final = 1e-6  # of the models along a direction, in features
_LEAST_SHARE: Final = 0.42
"""Spread of the models' usual looks along a direction, less the luck of few pictures, as a share of
that of all pictures. Along styles it was 0.44 to 0.82 on the pocket models, along things that every
model draws 0.14 to 0.41."""


@dataclass(frozen=True, slots=True)
class Steered:
    """The taste to recommend with.

    Attributes:
        taste: After axes and wishes.
        unheard: Wishes that change nothing: their words are not known, or all models are alike in
            what they ask for.
    """

    taste: Taste
    unheard: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedAxis:
    """An axis of taste among the models on offer.

    Attributes:
        axis: Its names.
        direction: (r,) features; as long as one standard deviation of the models along it.
    """

    axis: Axis
    direction: Array


def name_axes(
    features: FeatureTable, models: Sequence[str], direction_of: Callable[[str], Array | None]
) -> tuple[NamedAxis, ...]:
    """Find the axes in which the models on offer differ.

    Args:
        features: What pictures look like.
        models: Model ids on offer.
        direction_of: The embedding difference of a pole's name.
    """
    found = []
    for axis in axes():
        difference = direction_of(axis.more)
        direction = None if difference is None else along(features, models, difference)
        if direction is not None:
            found.append(NamedAxis(axis, direction))
    return tuple(found)


def along(features: FeatureTable, models: Sequence[str], difference: Array) -> Array | None:
    """(r,) features of a difference, as long as one standard deviation of the models along it.

    None when the difference means nothing here, or all models are alike along it, as they are in
    what they can draw.
    """
    direction = features.direction(difference)
    if direction is None or not models:
        return None
    length = float(np.linalg.norm(direction))
    if length < _LEAST_SPREAD:
        return None
    unit = direction / length
    looks = features.looks[[features.expected(model_id) for model_id in models]]
    spread = float((looks @ unit).std())
    if spread < _LEAST_SPREAD or not _differ(features, looks, unit):
        return None
    scaled: Array = unit * spread
    return scaled


def _differ(features: FeatureTable, looks: Array, unit: Array) -> bool:
    """Whether models differ along a direction by more than the luck of their pictures."""
    if not len(features.images) or not features.models:
        return True
    overall = float((features.images @ unit).var())
    luck = overall * len(features.models) / len(features.images)
    between = float((looks @ unit).var()) - luck
    return between >= _LEAST_SHARE**2 * overall


def steer(
    taste: Taste,
    settings: TasteSettings,
    models: Sequence[str],
    named: Sequence[NamedAxis],
    direction_of: DirectionOf,
) -> Steered:
    """Apply a person's settings to their learnt taste.

    Args:
        taste: As learnt from the votes.
        settings: What the person has set.
        models: Model ids on offer.
        named: The axes.
        direction_of: What wishes ask for.
    """
    changed = _with_strengths(taste, settings.strengths, named)
    hints: list[Hint] = []
    unheard: list[Wish] = []
    for wish in settings.wishes:
        difference = direction_of(wish)
        direction = None if difference is None else along(taste.features, models, difference)
        if direction is None:
            unheard.append(wish)
        else:
            hints.append(Hint(direction, wish.sign * WISH_STRENGTH, _WISH_VARIANCE))
    return Steered(changed.steered(hints), tuple(unheard))


def fulfilled(
    features: FeatureTable,
    settings: TasteSettings,
    models: Sequence[str],
    direction_of: DirectionOf,
) -> Mapping[str, tuple[str, ...]]:
    """Per model the wishes that it fulfils more than most models on offer do, in words."""
    found: dict[str, tuple[str, ...]] = {}
    if not settings.wishes:
        return found
    rows = [features.expected(model_id) for model_id in models]
    for wish in settings.wishes:
        difference = direction_of(wish)
        direction = None if difference is None else along(features, models, difference)
        if direction is None:
            continue
        places = features.looks[rows] @ direction * wish.sign
        above = float(places.mean() + places.std())
        for model_id, row, place in zip(models, rows, places, strict=True):
            if row >= 0 and place >= above:
                found[model_id] = (*found.get(model_id, ()), in_words(wish))
    return found


def in_words(wish: Wish) -> str:
    """Say a wish: ``more colourful``, ``less like your picture``."""
    amount = "more" if wish.sign > 0 else "less"
    return (
        f"{amount} like your picture" if wish.kind is WishKind.PICTURE else f"{amount} {wish.what}"
    )


def _with_strengths(
    taste: Taste, strengths: Mapping[str, float], named: Sequence[NamedAxis]
) -> Taste:
    """Scale the taste weights along axes; 0 takes an axis out of mean and covariance."""
    set_axes = [(n.direction, strengths[n.axis.id]) for n in named if n.axis.id in strengths]
    if not set_axes:
        return taste
    # In the basis of the set axes, each coordinate is scaled; what lies across them stays.
    basis = np.stack([direction / np.linalg.norm(direction) for direction, _ in set_axes], axis=1)
    scale = np.diag([strength - 1.0 for _, strength in set_axes])
    person = taste.person
    change = np.eye(len(person.mean))
    change[: person.dim, : person.dim] += basis @ scale @ np.linalg.pinv(basis)
    return replace(
        taste,
        person=replace(
            person,
            mean=change @ person.mean,
            root=change @ person.root,
        ),
    )
