"""Wishes move the recommendation, their opposites move it back, axes can be switched off."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gemrec.preference import Taste
from gemrec.recommend import Snapshot, Steer, recommend
from gemrec.recommend.profile import read_profile
from gemrec.recommend.steering import NamedAxis, along, fulfilled, steer
from gemrec.recommend.taste_map import map_models
from gemrec.recommend.words import Axis
from gemrec.records import Outcome, Prompt, Recommendation, TasteSettings, Wish, WishKind
from tests.unit.recommend.helpers import Study, make_model, pictures_by_style

PROMPTS = [Prompt("a cat", "animal"), Prompt("a lake", "scenery"), Prompt("a room", "home")]
STYLES = {"ink1": 0, "ink2": 0, "oil1": 1, "oil2": 1, "wax1": 2, "wax2": 2}
MODELS = list(STYLES)
INKY = Axis("ink", "inky", "oily", (), ())
DIM = 32


def towards(style: int, away: int | None = None) -> np.ndarray:
    direction = np.zeros(DIM)
    direction[style] = 1.0
    if away is not None:
        direction[away] = -1.0
    return direction


MEANINGS = {"inky": towards(0, 1), "waxy": towards(2), "odd": towards(20)}


def direction_of(wish: Wish) -> np.ndarray | None:
    return MEANINGS.get(wish.what)


def wishes(**signs: int) -> TasteSettings:
    return TasteSettings().with_wishes(*(Wish(WishKind.WORDS, w, s) for w, s in signs.items()))


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(tmp_path, [make_model(m) for m in STYLES])
    pictures_by_style(study, STYLES, PROMPTS, np.random.default_rng(3), dim=DIM)
    yield study
    study.store.close()


def named(snapshot: Snapshot) -> list[NamedAxis]:
    direction = along(snapshot.features, MODELS, MEANINGS["inky"])
    assert direction is not None
    return [NamedAxis(INKY, direction)]


def ask(study: Study, settings: TasteSettings, person: str | None = None) -> Recommendation:
    snapshot = study.refresher().rebuild()
    by = Steer(settings, direction_of, lambda models: named(snapshot))
    return recommend(snapshot, study.catalog, person, PROMPTS[0], k=6, steer_by=by)


def order(answer: Recommendation) -> list[str]:
    return [m.model_id for m in answer.models]


class TestWishes:
    def test_more_and_less_give_opposite_orders(self, study: Study) -> None:
        more, less = order(ask(study, wishes(inky=1))), order(ask(study, wishes(inky=-1)))
        assert {m[:3] for m in more[:2]} == {"ink"} == {m[:3] for m in less[-2:]}
        assert {m[:3] for m in less[:2]} == {"oil"} == {m[:3] for m in more[-2:]}

    def test_two_wishes_add_up(self, study: Study) -> None:
        both = order(ask(study, wishes(inky=1, waxy=1)))
        assert {m[:3] for m in both[-2:]} == {"oil"}

    def test_taking_a_wish_back_takes_its_change_back(self, study: Study) -> None:
        settings = wishes(inky=1)
        plain, after = ask(study, TasteSettings()), ask(study, settings.without_wish("words:inky"))
        assert after == plain != ask(study, settings)

    def test_votes_can_say_otherwise(self, study: Study) -> None:
        for turn in range(30):
            study.prefer(
                "ann", f"oil{turn % 2 + 1}", f"ink{turn % 2 + 1}", prompt=PROMPTS[turn % 3]
            )
        answer = ask(study, wishes(inky=1), study.person("ann"))
        assert order(answer)[0][:3] == "oil"

    def test_wishes_that_change_nothing_are_named(self, study: Study) -> None:
        answer = ask(study, wishes(odd=1, unheard_of=1, inky=1))
        assert answer.unheard == ("words:odd", "words:unheard_of")
        alone = ask(study, wishes(odd=1))
        plain = ask(study, TasteSettings())
        assert [m.score for m in alone.models] == [m.score for m in plain.models]

    def test_reasons_say_what_was_asked_for(self, study: Study) -> None:
        answer = ask(study, wishes(inky=1))
        assert answer.models[0].reason.startswith("It fits what you asked for: more inky.")
        found = fulfilled(
            study.refresher().rebuild().features, wishes(inky=-1), MODELS, direction_of
        )
        assert found == {"oil1": ("less inky",), "oil2": ("less inky",)}


class TestAxes:
    @pytest.fixture
    def taste(self, study: Study) -> Taste:
        for turn in range(30):
            study.prefer(
                "ann", f"ink{turn % 2 + 1}", f"oil{turn % 2 + 1}", prompt=PROMPTS[turn % 3]
            )
            # Somebody who likes the opposite, so that it is ann's taste and not everybody's.
            study.prefer(
                "bob", f"oil{turn % 2 + 1}", f"ink{turn % 2 + 1}", prompt=PROMPTS[turn % 3]
            )
        self.snapshot = study.refresher().rebuild()
        return self.snapshot.taste(study.person("ann"))

    def lean(self, taste: Taste, settings: TasteSettings | None = None) -> float:
        (leaning,) = read_profile(taste, settings or TasteSettings(), named(self.snapshot))
        return leaning.lean

    def steered(self, taste: Taste, strength: float) -> Taste:
        settings = TasteSettings().with_strength("ink", strength)
        return steer(taste, settings, MODELS, named(self.snapshot), direction_of).taste

    def test_votes_are_read_as_a_leaning(self, study: Study, taste: Taste) -> None:
        (leaning,) = read_profile(taste, TasteSettings(), named(self.snapshot))
        assert leaning.in_words == "you like inky better than oily"
        assert leaning.certainty > 1.6
        (nobody,) = read_profile(self.snapshot.taste(None), TasteSettings(), named(self.snapshot))
        assert nobody.in_words == "inky or oily: no leaning yet"

    @pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, 2.0])
    def test_a_strength_scales_the_leaning(
        self, study: Study, taste: Taste, strength: float
    ) -> None:
        before, after = self.lean(taste), self.lean(self.steered(taste, strength))
        assert after == pytest.approx(strength * before, abs=1e-9)

    def test_across_the_axis_nothing_changes(self, study: Study, taste: Taste) -> None:
        off = self.steered(taste, 0.0)
        unit = named(self.snapshot)[0].direction
        across = np.eye(len(unit)) - np.outer(unit, unit) / (unit @ unit)
        assert across @ off.person.taste == pytest.approx(across @ taste.person.taste)

    def test_switched_off_is_said_and_can_be_switched_on(self, study: Study, taste: Taste) -> None:
        off = TasteSettings().with_strength("ink", 0.0)
        (leaning,) = read_profile(taste, off, named(self.snapshot))
        assert "you switched this off" in leaning.in_words
        assert self.steered(taste, 1.0) is taste


def test_the_map_keeps_like_pictures_together(study: Study) -> None:
    study.vote("ann", "ink1", "oil1", Outcome.LEFT)
    snapshot = study.refresher().rebuild()
    points = {
        p.model_id: p for p in map_models(snapshot, study.catalog, study.person("ann"), Steer())
    }
    assert set(points) == set(MODELS)

    def apart(a: str, b: str) -> float:
        return float(np.hypot(points[a].x - points[b].x, points[a].y - points[b].y))

    assert apart("ink1", "ink2") < 0.3 * apart("ink1", "oil1")
    assert {m for m, p in points.items() if p.compared} == {"ink1", "oil1"}
    assert points["ink1"].liking > 0.5 > points["oil1"].liking
    assert all(abs(p.x) <= 1 and abs(p.y) <= 1 for p in points.values())


def test_there_is_no_map_without_pictures(tmp_path: Path) -> None:
    study = Study(tmp_path, ["a", "b", "c"])
    assert map_models(study.refresher().rebuild(), study.catalog, None, Steer()) == ()
