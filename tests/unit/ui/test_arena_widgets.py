from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gemrec.records import (
    GenerationParameters,
    Model,
    ModelSource,
    RatingChange,
    ReasonTag,
    Remarks,
)
from gemrec.ui.widgets.history import PastVote, history
from gemrec.ui.widgets.rank import rank_strip
from gemrec.ui.widgets.remarks import reasons, skip_reasons
from gemrec.ui.widgets.setup import MODES, setup_bar, versus
from gemrec.ui.widgets.stage import SideView, StageView, across, stage
from tests.unit.ui.parsed import EVIL, Parsed, assert_stays_text

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def model(model_id: str, name: str = "A Model") -> Model:
    return Model(model_id, name, ModelSource("scripted", "ok"), GenerationParameters())


def past(**changes) -> PastVote:
    vote = PastVote(
        vote_id=3, prompt="a cat", said="Tie", kind="", extra="", trail=(), when=NOW,
        pictures=("img/1.webp", "img/2.webp"), labels=("A", "B"), names=("Red", "Green"),
        undone=False,
    )  # fmt: skip
    return replace(vote, **changes)


def shown(*sides: SideView, phase: str = "drawing", **facts) -> Parsed:
    return Parsed(stage(StageView(sides, "a cat", phase, **facts)))


HTML = {
    "hidden stage": lambda: stage(
        StageView([SideView("A", ("a", None)), SideView("B", (None,) * 2)], EVIL, "drawing")
    ),
    "voted stage": lambda: stage(
        StageView(
            [SideView(x, ("a", "b"), EVIL, RatingChange(1000, 1008), True, EVIL) for x in "AB"],
            EVIL,
            "revealed",
            round=EVIL,
            said=EVIL,
        )
    ),
    "models by name": lambda: versus([model(EVIL, EVIL), model("b", EVIL)]),
    "rank strip": lambda: rank_strip("AB", [EVIL, "img/1.webp"], ((1,),), EVIL),
    "skip": lambda: skip_reasons(Remarks(skip_reason=EVIL)),
    "history": lambda: history(
        [past(prompt=EVIL, said=EVIL, kind=EVIL, extra=EVIL, trail=(EVIL,), names=(EVIL, EVIL))],
        is_first_page=True,
        older=None,
    ),
}


@pytest.mark.parametrize("make", HTML.values(), ids=HTML.keys())
def test_whatever_people_write_stays_text(make):
    assert_stays_text(make())


class TestStage:
    def test_a_hidden_side_says_nothing_but_its_letter(self):
        page = shown(SideView("A", (None, None)), SideView("B", (None, None)))
        assert page.text == "AModel ABModel B"

    @pytest.mark.parametrize(
        ("images", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 2, 2), (9, 3, 3)]
    )
    def test_grids_are_as_square_as_they_can_be(self, images, columns, rows):
        page = shown(SideView("A", ("x",) * images))
        assert page.of("g-grid")[0]["style"] == f"--cols:{columns};--rows:{rows}"

    @pytest.mark.parametrize(
        ("sides", "columns"), [(2, 2), (3, 3), (4, 4), (5, 3), (6, 3), (7, 4), (8, 4)]
    )
    def test_many_sides_take_two_rows(self, sides, columns):
        assert across(sides) == columns

    @pytest.mark.parametrize(
        ("after", "words"),
        [(1008, "+8"), (992, "−8"), (1000.2, "±0")],  # noqa: RUF001
    )
    def test_rating_changes(self, after, words):
        page = shown(SideView("A", (), "Red", RatingChange(1000, after)))
        assert f"1000 → {after:.0f}" in page.text
        assert words in page.text

    def test_images_are_buttons_that_zoom(self):
        page = shown(SideView("A", ("img/a.webp", None)))
        (look,) = page.of("g-look")
        assert look["data-zoom"] == "0"
        assert look["aria-label"] == "Enlarge Side A, image 1 of 2: a cat"
        assert len(page.of("g-waiting")) == 1

    def test_the_best_image_can_be_picked_only_once_it_can_be_judged(self):
        side = SideView("A", ("img/a.webp", "img/b.webp"), best=1)
        assert shown(side).of("g-star") == []
        stars = shown(side, phase="voting", round="b1").of("g-star")
        assert [(s["data-best"], s["aria-pressed"]) for s in stars] == [
            ("0-0", "false"),
            ("0-1", "true"),
        ]

    @pytest.mark.parametrize(
        ("phase", "form", "buttons"),
        [
            ("voting", "ranking", 1),
            ("changing", "ranking", 1),
            ("revealed", "ranking", 0),
            ("voting", "pair", 0),
        ],
    )
    def test_places_are_given_only_while_a_ranking_is_open(self, phase, form, buttons):
        page = shown(SideView("A", ("img/a.webp",)), phase=phase, form=form, round="b1")
        assert len(page.of("g-rank-button")) == buttons


class TestSetup:
    def test_every_mode_once_and_blind_first(self):
        page = Parsed(setup_bar(4, 9))
        chosen = [a for _, a in page.tags if a.get("aria-checked") == "true"]
        assert [a["data-mode"] for a in chosen] == ["blind"]
        assert sum("data-mode" in a for _, a in page.tags) == len(MODES)

    def test_one_to_nine_images_three_to_eight_models(self):
        values = [a["value"] for tag, a in Parsed(setup_bar(4, 9)).tags if tag == "option"]
        assert values == [*map(str, range(3, 9)), *map(str, range(1, 10))]

    def test_two_different_models_come_first(self):
        page = Parsed(versus([model("red"), model("green"), model("blue")]))
        chosen = [a["value"] for tag, a in page.tags if tag == "option" and "selected" in a]
        assert chosen == ["red", "green"]


class TestRemarks:
    def test_what_was_said_is_pressed(self):
        page = Parsed(reasons(Remarks(reasons=(ReasonTag.STYLE,))))
        pressed = [a["data-reason"] for _, a in page.tags if a.get("aria-pressed") == "true"]
        assert pressed == ["style"]

    def test_own_words_for_a_skip_come_back(self):
        page = Parsed(skip_reasons(Remarks(skip_reason="blurry")))
        (field,) = page.of("g-own-words")
        assert field["value"] == "blurry"
        assert not any(a.get("aria-pressed") == "true" for _, a in page.tags)

    def test_a_ready_made_reason_is_pressed(self):
        page = Parsed(skip_reasons(Remarks(skip_reason="Cannot judge")))
        pressed = [a["data-skip"] for _, a in page.tags if a.get("aria-pressed") == "true"]
        assert pressed == ["Cannot judge"]
        assert page.of("g-own-words")[0]["value"] == ""


class TestRankStrip:
    def test_places_first_then_those_left_out(self):
        page = Parsed(rank_strip("ABCD", ["a", "b", "c", "d"], ((2,), (0, 3)), "b1"))
        assert [a["data-token"] for a in page.of("g-token")] == ["2", "0", "3", "1"]
        assert len(page.of("g-tier")) == 2


class TestHistory:
    def test_nothing_yet(self):
        assert "No votes yet" in history([], is_first_page=True, older=None)

    def test_a_vote_can_be_changed_and_taken_back(self):
        page = Parsed(history([past()], is_first_page=True, older=None))
        acts = [a["data-act"] for _, a in page.tags if "data-act" in a]
        assert acts == ["change", "retract"]

    def test_what_is_taken_back_can_only_be_voted_again(self):
        page = Parsed(history([past(undone=True)], is_first_page=True, older=None))
        assert [a["data-act"] for _, a in page.tags if "data-act" in a] == ["change"]
        assert "Vote again" in page.text

    def test_pages(self):
        page = Parsed(history([past()], is_first_page=False, older=3))
        assert [a["data-history"] for _, a in page.tags if "data-history" in a] == ["open", "3"]
