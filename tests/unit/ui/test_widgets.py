from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gemrec.records import (
    Board,
    BoardRow,
    Image,
    RankedImage,
    RankedModel,
    Recommendation,
)
from gemrec.ui.board_view import ModelFacts
from gemrec.ui.widgets import status
from gemrec.ui.widgets.board import board_table
from gemrec.ui.widgets.empty import empty, welcome
from gemrec.ui.widgets.podium import Shown, podium, split_remark
from gemrec.ui.widgets.ranking import images
from gemrec.ui.widgets.text import count, percent, plain
from tests.unit.ui.parsed import EVIL, Parsed, assert_stays_text

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = Image(7, "a" * 64, "red", EVIL, "animal", 1, "p", 128, 128, 1.0, NOW)


def answer(**changes) -> Recommendation:
    models = (
        RankedModel("red", 0.7, 0.5, 0.9, EVIL),
        RankedModel("green", 0.4, 0.1, 0.6, "You have not seen it."),
    )
    made = Recommendation("ann", EVIL, 1, 1, models, (RankedImage(IMAGE, 0.6),))
    return replace(made, **changes)


HTML = {
    "progress": lambda: status.progress(0.5, EVIL),
    "line": lambda: status.line(EVIL, extra=EVIL),
    "problem": lambda: status.problem(EVIL),
    "notice": lambda: status.notice(EVIL),
    "empty": lambda: empty(EVIL, EVIL, EVIL),
    "welcome": lambda: welcome([EVIL, EVIL]),
    "podium": lambda: podium(answer(), lambda _: Shown(None, EVIL), lambda _: "img/1.webp"),
    "images": lambda: images(answer(), lambda _: EVIL, lambda _: "img/1.webp"),
    "board": lambda: board_table(
        Board("m", 3, 3, (BoardRow(1, "red", 1000, 900, 1100, 3, 1000),)),
        {"red": ModelFacts(EVIL, EVIL, EVIL)},
        EVIL,
    ),
}


@pytest.mark.parametrize("make", HTML.values(), ids=HTML.keys())
def test_whatever_people_write_stays_text(make):
    assert_stays_text(make())


class TestText:
    def test_plain_keeps_characters(self):
        assert Parsed(f"<p>{plain(EVIL)}</p>").text == EVIL

    @pytest.mark.parametrize(
        ("number", "words"), [(0, "0 votes"), (1, "1 vote"), (1234, "1,234 votes")]
    )
    def test_count(self, number, words):
        assert count(number, "vote") == words

    @pytest.mark.parametrize(
        ("share", "css"),
        [(-1, "0.00%"), (0.256, "25.60%"), (2, "100.00%"), (float("inf"), "100.00%")],
    )
    def test_percent_is_cut(self, share, css):
        assert percent(share) == css


class TestStatus:
    def test_progress_says_where_it_is(self):
        bar = Parsed(status.progress(0.256, "Drawing")).of("g-progress")[0]
        assert (bar["role"], bar["aria-valuenow"]) == ("progressbar", "26")

    def test_no_notice_is_nothing(self):
        assert status.notice("") == ""


class TestForYou:
    def test_models_keep_their_order(self):
        page = Parsed(podium(answer(), lambda _: Shown(None), lambda _: "img/1.webp"))
        assert page.text.index("red") < page.text.index("green")
        assert "70%" in page.text

    def test_no_images_say_what_to_do(self):
        assert "Draw it" in images(answer(images=()), str, lambda _: "")

    def test_no_models(self):
        assert "<ol" in podium(answer(models=()), lambda _: Shown(None), lambda _: "")

    @pytest.mark.parametrize(
        ("reasons", "expected"),
        [
            (["It won. Few.", "New. Few."], (["It won.", "New."], "Few.")),
            (["It won. Few.", "New. Many."], (["It won. Few.", "New. Many."], "")),
            (["It won. Few."], (["It won. Few."], "")),
            ([], ([], "")),
        ],
    )
    def test_a_remark_that_all_share_is_said_once(self, reasons, expected):
        rest, remark = split_remark([RankedModel("m", 0.5, 0.4, 0.6, text) for text in reasons])
        assert ([model.reason for model in rest], remark) == expected


class TestBoard:
    ROWS = (
        BoardRow(1, "red", 1100, 1000, 1200, 40, 1050),
        BoardRow(2, "green", 900, float("-inf"), float("inf"), 3, 950, is_preliminary=True),
        BoardRow(3, "blue", 1000, float("-inf"), float("inf"), 0, 1000),
    )

    def table(self, rows=ROWS):
        facts = {row.model_id: ModelFacts(row.model_id) for row in rows}
        return Parsed(board_table(Board("m", 20, 20, rows), facts))

    def test_few_votes_are_marked(self):
        assert self.table().text.count("preliminary") == 1

    def test_a_model_without_votes_claims_nothing(self):
        page = self.table()
        assert "no votes yet" in page.text
        assert len(page.of("g-mark")) == 2

    def test_infinite_intervals_stay_on_the_scale(self):
        bands = [a["style"] for a in self.table().of("g-band")]
        assert bands[1] == "left:0.00%;width:100.00%"

    def test_groups_that_no_votes_link_stand_apart(self):
        assert "Group" not in self.table().text
        apart = (self.ROWS[0], replace(self.ROWS[1], component=1))
        text = self.table(apart).text
        assert text.index("Group 1 of 2") < text.index("red") < text.index("Group 2 of 2")

    def test_one_row(self):
        assert len(self.table(self.ROWS[:1]).of("g-mark")) == 1
