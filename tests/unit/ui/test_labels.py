from itertools import combinations

import numpy as np
import pytest

from gemrec.ui.widgets.labels import Dot, Label, place_labels

SIZE = (300.0, 208.0)


def box_of(dot: Dot, label: Label) -> tuple[float, float, float, float]:
    """Where a browser would draw the name: 5.6 by 13 pixels a letter."""
    length = 5.6 * len(dot.name)
    left = label.x - {"start": 0, "middle": length / 2, "end": length}[label.anchor]
    return left, label.y - 10, left + length, label.y + 2


def meet(a, b) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_a_name_stands_right_of_its_dot_and_left_of_it_at_the_edge():
    dots = [Dot(100, 100, 5, "Pocket Base"), Dot(290, 50, 5, "Pocket Noir")]
    right, left = place_labels(dots, SIZE)
    assert (right.anchor, left.anchor) == ("start", "end")
    assert right.x > 105
    assert left.x < 285


@pytest.mark.parametrize("seed", range(5))
def test_no_name_covers_a_dot_or_another_name_or_leaves_the_map(seed):
    rng = np.random.default_rng(seed)
    spots = rng.uniform((16, 16), (284, 192), (15, 2))
    dots = [Dot(x, y, 6, f"Pocket Model {n}") for n, (x, y) in enumerate(spots)]
    labels = place_labels(dots, SIZE)
    assert sum(label is not None for label in labels) > 6
    placed = [box_of(d, label) for d, label in zip(dots, labels, strict=True) if label]
    assert not any(meet(a, b) for a, b in combinations(placed, 2))
    for box in placed:
        assert box[0] >= 0
        assert box[2] <= SIZE[0]
        assert not any(meet(box, (d.x - 6, d.y - 6, d.x + 6, d.y + 6)) for d in dots)
