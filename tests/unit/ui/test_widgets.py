from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from gemrec.records import (
    Board,
    BoardRow,
    Image,
    RankedImage,
    RankedModel,
    RatingChange,
    Recommendation,
)
from gemrec.ui.widgets import status
from gemrec.ui.widgets.board import board_table
from gemrec.ui.widgets.empty import empty, welcome
from gemrec.ui.widgets.ranking import ranking, split_remark
from gemrec.ui.widgets.stage import SideView, stage
from gemrec.ui.widgets.text import count, percent, plain

EVIL = "</p><script>alert(1)</script><img src=x onerror='alert(2)'>\" onclick=alert(3) x=\""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = Image(7, "a" * 64, "red", EVIL, "animal", 1, "p", 128, 128, 1.0, NOW)


class Parsed(HTMLParser):
    """All tags with their attributes, and whether every tag is closed in order."""

    VOID = ("img", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def of(self, css_class: str) -> list[dict[str, str | None]]:
        return [a for _, a in self.tags if css_class in (a.get("class") or "").split()]


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
    "hidden stage": lambda: stage([SideView("A", ("a", None)), SideView("B", (None,) * 2)], EVIL),
    "revealed stage": lambda: stage(
        [SideView(x, ("a", "b"), EVIL, RatingChange(1000, 1008), x == "A") for x in "AB"], EVIL
    ),
    "ranking": lambda: ranking(answer(), lambda _: EVIL, lambda _: "img/1.webp"),
    "board": lambda: board_table(
        Board("m", 3, 3, (BoardRow(1, "red", 1000, 900, 1100, 3, 1000),), EVIL), lambda _: EVIL
    ),
}


@pytest.mark.parametrize("make", HTML.values(), ids=HTML.keys())
def test_whatever_people_write_stays_text(make):
    page = Parsed(make())
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src") != "x"
    shown = page.text + " ".join(str(a) for _, a in page.tags)
    assert "alert(1)" in shown


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


class TestStage:
    def test_a_hidden_side_says_nothing_but_its_letter(self):
        page = Parsed(stage([SideView("A", (None, None)), SideView("B", (None, None))], "a cat"))
        assert page.text == "AModel ABModel B"

    @pytest.mark.parametrize(
        ("images", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 2, 2), (9, 3, 3)]
    )
    def test_grids_are_as_square_as_they_can_be(self, images, columns, rows):
        page = Parsed(stage([SideView("A", ("x",) * images)], "a cat"))
        assert page.of("g-grid")[0]["style"] == f"--cols:{columns};--rows:{rows}"

    @pytest.mark.parametrize(
        ("after", "words"),
        [(1008, "+8"), (992, "−8"), (1000.2, "±0")],  # noqa: RUF001
    )
    def test_rating_changes(self, after, words):
        page = Parsed(stage([SideView("A", (), "Red", RatingChange(1000, after))], "a cat"))
        assert f"1000 → {after:.0f}" in page.text
        assert words in page.text

    def test_images_are_buttons_that_zoom(self):
        page = Parsed(stage([SideView("A", ("img/a.webp", None))], "a cat"))
        (cell,) = page.of("g-ready")
        assert cell["data-zoom"] == "0"
        assert cell["aria-label"] == "Enlarge Side A, image 1 of 2: a cat"
        assert len(page.of("g-waiting")) == 1


class TestRanking:
    def test_models_keep_their_order(self):
        page = Parsed(ranking(answer(), str.upper, lambda _: "img/1.webp"))
        assert page.text.index("RED") < page.text.index("GREEN")
        assert "70%" in page.text

    def test_no_images_say_what_to_do(self):
        assert "Arena" in ranking(answer(images=()), str, lambda _: "")

    def test_no_models(self):
        assert "<ol" in ranking(answer(models=()), str, lambda _: "")

    @pytest.mark.parametrize(
        ("reasons", "expected"),
        [
            (["It won. Few.", "New. Few."], (["It won.", "New."], "Few.")),
            (["It won. Few.", "New. Many."], (["It won. Few.", "New. Many."], "")),
            (["Few.", "New. Few."], (["Few.", "New. Few."], "")),
            (["It won. Few."], (["It won. Few."], "")),
            ([], ([], "")),
        ],
    )
    def test_a_remark_that_all_share_is_said_once(self, reasons, expected):
        assert split_remark(reasons) == expected


class TestBoard:
    ROWS = (
        BoardRow(1, "red", 1100, 1000, 1200, 40, 1050),
        BoardRow(2, "green", 900, float("-inf"), float("inf"), 3, 950),
        BoardRow(3, "blue", 1000, float("-inf"), float("inf"), 0, 1000),
    )

    def table(self, rows=ROWS):
        return Parsed(board_table(Board("m", 20, 20, rows), str))

    def test_few_votes_are_marked(self):
        assert self.table().text.count("preliminary") == 1

    def test_a_model_without_votes_claims_nothing(self):
        page = self.table()
        assert "no votes yet" in page.text
        assert len(page.of("g-mark")) == 2

    def test_infinite_intervals_stay_on_the_scale(self):
        bands = [a["style"] for a in self.table().of("g-band")]
        assert bands[1] == "left:0.00%;width:100.00%"

    def test_one_row(self):
        assert len(self.table(self.ROWS[:1]).of("g-mark")) == 1
