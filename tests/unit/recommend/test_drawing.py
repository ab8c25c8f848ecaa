"""Pictures as they come, on a grid service that is scripted here."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from gemrec.errors import GenerationCancelledError
from gemrec.generation import GridDone, GridFailed, GridImages, GridProgress
from gemrec.recommend import Drawer, seeds_for
from gemrec.records import Prompt
from tests.unit.ranking.test_images import image
from tests.unit.recommend.helpers import make_model

CAT = Prompt("a cat", "animal")
EVENTS = [
    GridProgress(0.1, "Drawing"),
    GridImages(0, (image(1, "a"), None)),
    GridProgress(0.5, "Drawing"),
    GridFailed(1, "B took too long."),
    GridImages(1, (image(2, "a"), None)),
    GridDone(((image(1, "a"), image(2, "a")), ())),
]


class World:
    """Grids, embedder and refresher in one; features are known once it was asked to embed."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.embedded: list[int] = []
        self.nudges = 0

    def stream(self, requests, cancelled, pairwise) -> Iterator[object]:
        self.asked = list(requests)
        for event in EVENTS:
            if cancelled():
                raise GenerationCancelledError("stopped")
            yield event

    def embed_in_background(self, images, then) -> None:
        self.embedded = [i.id for i in images]
        then()

    def text_vector(self, text, wait) -> None:
        assert not wait

    def nudge_images(self) -> None:
        self.nudges += 1

    def current(self) -> SimpleNamespace:
        known = self.embedded
        features = SimpleNamespace(image=lambda i: True if i in known else None)
        return SimpleNamespace(features=features)


def test_every_picture_is_told_as_it_comes_and_looked_at_in_the_end() -> None:
    world = World()
    drawer = Drawer(world, world, world)
    models = [make_model("a"), make_model("b")]
    steps = list(drawer.draw(CAT, models, [5, 6], lambda: False))
    assert [len(s.images) for s in steps] == [0, 1, 1, 1, 2, 2, 2]
    assert [s.news for s in steps] == [False, True, False, False, True, True, True]
    assert steps[-1].failures == ("B took too long.",)
    assert [(s.complete, s.done) for s in steps[-3:]] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert [(r.model.id, r.seeds) for r in world.asked] == [("a", (5, 6)), ("b", (5, 6))]
    assert world.embedded == [1, 2]
    assert world.nudges >= 2


def test_stopping_ends_it() -> None:
    world = World()
    steps = Drawer(world, world, world).draw(CAT, [make_model("a")], [1], lambda: True)
    with pytest.raises(GenerationCancelledError):
        list(steps)
    assert world.embedded == []


def test_a_prompt_has_its_own_seeds_for_good() -> None:
    assert seeds_for("a cat", 3) == seeds_for("a cat", 3) != seeds_for("a dog", 3)
    assert len(seeds_for("a cat", 3)) == 3
    assert min(seeds_for("a cat", 3)) >= 0 and max(seeds_for("a cat", 3)) < 2**31
