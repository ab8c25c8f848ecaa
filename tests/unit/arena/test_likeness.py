from datetime import UTC, datetime

import numpy as np

from gemrec.arena.likeness import NEAR_IDENTICAL, Likeness
from gemrec.records import Image

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def image(number: int) -> Image:
    return Image(number, "d", "m", "p", "", 1, "k", 8, 8, 0.1, NOW)


def at(cosine: float) -> np.ndarray:
    return np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)


LEFT, RIGHT = [image(1), image(2)], [image(3), image(4)]


def likeness(third: float, fourth: float) -> Likeness:
    known = {1: at(1), 2: at(1), 3: at(third), 4: at(fourth)}
    return Likeness(lambda images: {i.id: known[i.id] for i in images})


def test_grids_are_the_same_when_every_pair_of_images_is():
    close, other = NEAR_IDENTICAL + 1e-4, NEAR_IDENTICAL - 1e-3
    assert likeness(close, close).near_identical(LEFT, RIGHT, 0)
    assert not likeness(close, other).near_identical(LEFT, RIGHT, 0)
    assert not likeness(other, close).near_identical(LEFT, RIGHT, 0)


def test_without_vectors_nothing_looks_the_same():
    missing = Likeness(lambda images: {1: at(1)})
    assert not missing.near_identical(LEFT, RIGHT, 0.05)


def test_vectors_that_come_a_little_later_count():
    asked = []

    def vectors(images):
        asked.append(1)
        return {i.id: at(1) for i in images} if len(asked) > 2 else {}

    assert Likeness(vectors).near_identical(LEFT, RIGHT, 5)
    assert len(asked) == 3


def test_one_who_is_in_a_hurry_does_not_wait():
    assert not Likeness(lambda images: {}).near_identical(LEFT, RIGHT, 60, hurry=lambda: True)


def test_no_images_are_no_twins():
    assert not likeness(1, 1).near_identical([], [], 0)
