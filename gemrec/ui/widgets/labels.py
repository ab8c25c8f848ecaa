"""Names beside the dots of a map, where there is room for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LETTER: Final = (5.6, 13.0)  # usual width and height of a letter, pixels
_GAP: Final = 3.0  # between a dot and its name


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot with its name; pixels from the upper left corner.

    Attributes:
        x: Of its middle.
        y: Of its middle.
        radius: Of the dot.
        name: What its label says.
    """

    x: float
    y: float
    radius: float
    name: str


@dataclass(frozen=True, slots=True)
class Label:
    """Where a name stands.

    Attributes:
        x: Of the anchor.
        y: Of the base line.
        anchor: ``start``, ``middle`` or ``end``, as SVG knows them.
    """

    x: float
    y: float
    anchor: str


_Box = tuple[float, float, float, float]  # left, top, right, bottom


def place_labels(dots: Sequence[Dot], size: tuple[float, float]) -> list[Label | None]:
    """Find a place for each name: right of its dot, left, below or above it.

    Args:
        dots: The most important first: these choose first.
        size: Width and height of the map; no name leaves it.

    Returns:
        A label per dot; None where it would cover a dot or another name.
    """
    taken: list[_Box] = [
        (dot.x - dot.radius, dot.y - dot.radius, dot.x + dot.radius, dot.y + dot.radius)
        for dot in dots
    ]
    found: list[Label | None] = []
    for dot in dots:
        free = (place for place in _places(dot) if _is_free(place[1], taken, size))
        label, box = next(free, (None, None))
        found.append(label)
        if box is not None:
            taken.append(box)
    return found


def _is_free(box: _Box, taken: Sequence[_Box], size: tuple[float, float]) -> bool:
    inside = all(box[i] >= 0 and box[i + 2] <= size[i] for i in (0, 1))
    return inside and not any(_meet(box, other) for other in taken)


def _places(dot: Dot) -> list[tuple[Label, _Box]]:
    length, height = _LETTER[0] * len(dot.name), _LETTER[1]
    away = dot.radius + _GAP
    places = []
    for anchor, start in (("start", away), ("end", -away - length)):
        left = dot.x + start
        x = left if anchor == "start" else left + length
        box = (left, dot.y - height / 2, left + length, dot.y + height / 2)
        places.append((Label(x, dot.y + 4, anchor), box))
    for top in (dot.y + away, dot.y - away - height):
        box = (dot.x - length / 2, top, dot.x + length / 2, top + height)
        places.append((Label(dot.x, top + height - 3, "middle"), box))
    return places


def _meet(first: _Box, second: _Box) -> bool:
    return all(first[i] < second[i + 2] and second[i] < first[i + 2] for i in (0, 1))
