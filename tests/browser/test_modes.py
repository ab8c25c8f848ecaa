"""Every way to compare, by mouse, by keys and by finger; the synced zoom; remarks."""

import re

import pytest
from playwright.sync_api import Page, expect

from gemrec.records import BattleForm, BattleMode, Outcome, ReasonTag
from tests.browser.helpers import (
    finger,
    last_vote,
    line,
    middle,
    phase,
    ranking,
    start,
    vote,
)
from tests.browser.server import catalog, serve

pytestmark = pytest.mark.browser
NAMES = ("amber", "beryl", "coral", "jade", "onyx", "opal")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("modes"), catalog(**dict.fromkeys(NAMES, "ok"))) as running:
        yield running


def names_nobody(page: Page) -> bool:
    content = page.content()
    return not any(f"The {name.title()} Model" in content for name in NAMES)


def zoom_style(page: Page, name: str) -> str:
    return page.locator(".g-frames").evaluate(f"e => e.style.getPropertyValue('--{name}')")


class TestBlind:
    def test_mouse_with_remarks(self, server, new_context, open_page):
        page = open_page(new_context())
        start(page)
        page.locator("[data-reason=looks]").click()
        page.locator(".g-cell").nth(5).hover()
        page.locator("[data-best='1-1']").click()
        page.locator(".g-look").first.click()
        page.keyboard.press("Escape")
        page.locator("#vote-right").click()
        phase(page, "revealed")
        said = last_vote(server)
        assert (said.outcome, said.form, said.mode) == (
            Outcome.RIGHT,
            BattleForm.PAIR,
            BattleMode.BLIND,
        )
        assert said.remarks.reasons == (ReasonTag.LOOKS,)
        assert said.remarks.best == (1, 1)
        assert said.remarks.zooms == 1
        page.locator("[data-reason=style]").click()  # after the vote it is kept at once
        expect(page.locator("#status")).to_contain_text("Noted")
        assert last_vote(server).remarks.reasons == (ReasonTag.LOOKS, ReasonTag.STYLE)
        assert last_vote(server).remarks.zooms == 1

    def test_keys_with_remarks_and_a_skip_with_its_reason(self, server, new_context, open_page):
        page = open_page(new_context())
        start(page)
        page.keyboard.press("p")
        page.keyboard.press("y")
        page.keyboard.press("p")
        expect(page.locator("[data-reason=style]")).to_have_attribute("aria-pressed", "true")
        vote(page, "ArrowUp")
        assert last_vote(server).remarks.reasons == (ReasonTag.STYLE,)
        page.keyboard.press("n")
        phase(page, "voting")
        expect(page.locator("[data-reason][aria-pressed=true]")).to_have_count(0)
        vote(page, "s")
        page.locator("[data-skip='Cannot judge']").click()
        expect(page.locator("#status")).to_contain_text("Noted")
        assert last_vote(server).remarks.skip_reason == "Cannot judge"
        page.locator("[data-skip-words]").fill("<b>odd</b>")
        page.locator("[data-skip-words]").press("Enter")
        expect(page.locator("[data-skip][aria-pressed=true]")).to_have_count(0)
        page.wait_for_function("document.querySelector('#status').textContent.includes('Noted')")
        assert last_vote(server).outcome is Outcome.SKIP

    def test_finger(self, server, new_context, open_page):
        page = open_page(new_context(phone=True))
        start(page)
        page.locator("[data-best='0-0']").tap()
        page.locator("#vote-left").tap()
        phase(page, "revealed")
        assert last_vote(server).outcome is Outcome.LEFT
        assert last_vote(server).remarks.best == (0, 0)
        for button in page.locator("#after-bar button:visible").all():
            assert button.bounding_box()["height"] >= 44
        page.locator("#next").tap()
        phase(page, "voting")


class TestNamed:
    def test_two_models_by_name_stay_off_the_board(self, server, new_context, open_page):
        page = open_page(new_context())
        page.locator("[data-mode=named]").click()
        expect(page.locator("#versus select")).to_have_count(2)
        expect(page.locator("#versus select")).to_have_count(2)
        first, second = page.locator("#versus select").all()
        first.select_option("coral")
        second.select_option("amber")
        counted = server.services.store.votes.counts()
        start(page, "named")
        expect(page.locator(".g-name")).to_have_text(["The Coral Model", "The Amber Model"])
        page.locator("#vote-left").click()
        phase(page, "revealed")
        assert last_vote(server).mode is BattleMode.NAMED
        assert last_vote(server).models == ("coral", "amber")
        assert server.services.store.votes.counts() == counted
        page.reload()
        expect(page.locator("[data-mode=named]")).to_have_attribute("aria-checked", "true")
        expect(page.locator("#versus select").first).to_have_value("coral")
        page.locator("[data-mode=blind]").click()
        expect(page.locator("#versus select")).to_have_count(0)

    def test_finger(self, server, new_context, open_page):
        page = open_page(new_context(phone=True))
        page.locator("[data-mode=named]").tap()
        expect(page.locator("#versus select")).to_have_count(2)
        first, second = page.locator("#versus select").all()
        first.select_option("jade")
        second.select_option("beryl")
        start(page, "named")
        expect(page.locator(".g-name")).to_have_text(["The Jade Model", "The Beryl Model"])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("#vote-both_good").tap()
        phase(page, "revealed")
        assert last_vote(server).models == ("jade", "beryl")
        assert last_vote(server).outcome is Outcome.BOTH_GOOD


class TestKing:
    def test_finger(self, server, new_context, open_page):
        page = open_page(new_context(phone=True))
        start(page, "king")
        page.locator("#vote-right").tap()
        phase(page, "revealed")
        for button in page.locator("#after-bar button:visible").all():
            assert button.bounding_box()["height"] >= 44
        page.locator("#next").tap()
        phase(page, "voting")
        assert names_nobody(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("#vote-tie").tap()
        phase(page, "revealed")
        assert last_vote(server).form is BattleForm.KING
        page.locator("#end-run").tap()
        expect(page.locator("#status")).to_contain_text("was your king")

    def test_the_winner_stays_hidden_until_the_run_ends(self, server, new_context, open_page):
        page = open_page(new_context())
        start(page, "king")
        vote(page, "ArrowLeft")
        expect(page.locator("#status")).to_contain_text("A stays as king")
        page.keyboard.press("n")
        phase(page, "voting")
        expect(page.locator("header .g-tag")).to_contain_text("King")
        vote(page, "2")
        expect(page.locator("#status")).to_contain_text("The king stays")
        assert names_nobody(page)
        page.keyboard.press("h")
        expect(page.locator(".g-said").last).to_have_text("A better than B")
        assert names_nobody(page)
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        expect(page.locator("#status")).to_contain_text(re.compile(r"The \w+ Model was your king"))
        expect(page.locator(".g-side .g-name").first).to_contain_text("The ")
        assert last_vote(server).form is BattleForm.KING
        page.keyboard.press("n")
        phase(page, "voting")


class TestRanking:
    @pytest.fixture
    def page(self, new_context, open_page):
        return open_page(new_context())

    def test_mouse(self, server, page):
        start(page, "ranking")
        token = [page.locator(f"[data-token='{n}']") for n in range(4)]
        token[2].click()
        page.locator("[data-rank='0']").click()
        page.locator("[data-rank='3']").click()
        assert ranking(page) == [[2], [0], [3]]
        page.locator(".g-join").last.click()
        assert ranking(page) == [[2], [0, 3]]
        page.mouse.move(*middle(token[1]))
        page.mouse.down()
        for x, y in line(middle(token[1]), middle(token[2])):
            page.mouse.move(x, y)
        expect(page.locator(".g-tier[data-drop=on]")).to_have_count(1)
        page.mouse.up()
        assert ranking(page) == [[2, 1], [0, 3]]
        page.locator("#vote-ranking").click()
        phase(page, "revealed")
        assert last_vote(server).ranking == ((2, 1), (0, 3))
        expect(page.locator("[data-side='0'] .g-tag")).to_have_text("tied 3rd")

    def test_keys_a_partial_order_and_a_reload_in_the_middle(self, server, page):
        start(page, "ranking")
        for key in ("3", "1", "=", "4"):
            page.keyboard.press(key)
        assert ranking(page) == [[2, 0], [3]]
        page.locator("[data-token='3']").focus()
        page.keyboard.press("ArrowLeft")
        assert ranking(page) == [[2, 0, 3]]
        page.keyboard.press("ArrowLeft")
        assert ranking(page) == [[3], [2, 0]]
        expect(page.locator("[data-token='3']")).to_be_focused()
        page.keyboard.press("Backspace")
        page.keyboard.press("4")
        assert ranking(page) == [[2, 0], [3]]
        expect(page.locator("#g-live")).not_to_be_empty()
        page.wait_for_timeout(400)  # the draft travels by itself
        page.reload()
        phase(page, "voting")
        assert ranking(page) == [[2, 0], [3]]
        page.keyboard.press("Enter")
        phase(page, "revealed")
        assert last_vote(server).ranking == ((2, 0), (3,))

    def test_one_side_is_no_ranking(self, server, page):
        start(page, "ranking")
        before = server.services.store.votes.last_id()
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("at least two")
        assert server.services.store.votes.last_id() == before

    def test_finger(self, server, new_context, open_page):
        page = open_page(new_context(phone=True))
        page.locator("[data-mode=ranking]").tap()
        page.locator("[data-setup=sides]").select_option("3")
        start(page, "ranking")
        page.locator("[data-rank='1']").tap()
        page.locator("[data-token='0']").tap()
        assert ranking(page) == [[1], [0]]
        first, last = (middle(page.locator(f"[data-token='{n}']")) for n in (1, 2))
        finger(page, line(last, (first[0] - 22, first[1])))
        assert ranking(page) == [[2], [1], [0]]
        for part in page.locator(".g-token, .g-join, #rank-bar button").all():
            if part.is_visible():
                assert part.bounding_box()["height"] >= 44
        page.locator("#vote-ranking").tap()
        phase(page, "revealed")
        assert last_vote(server).ranking == ((2,), (1,), (0,))


class TestZoom:
    def test_every_pane_moves_in_step(self, server, new_context, open_page):
        page = open_page(new_context())
        start(page)
        page.locator(".g-look").first.click()
        panes = page.locator(".g-pane")
        page.mouse.move(*middle(panes.last))
        page.mouse.wheel(0, -300)
        expect(page.locator(".g-scale")).not_to_have_text("100%")
        shapes = page.locator(".g-pane img").evaluate_all(
            "images => images.map(image => getComputedStyle(image).transform)"
        )
        assert len(shapes) == 2
        assert shapes[0] == shapes[1] != "none"
        page.keyboard.press("0")
        expect(page.locator(".g-scale")).to_have_text("100%")
        page.keyboard.press("+")
        x = zoom_style(page, "x")
        page.keyboard.press("Shift+ArrowLeft")
        assert zoom_style(page, "x") != x
        page.keyboard.press("ArrowRight")
        expect(page.locator(".g-scale")).to_have_text("150%")  # kept from image to image
        page.keyboard.press("0")
        panes.first.dblclick()
        expect(page.locator(".g-scale")).to_have_text("250%")
        page.keyboard.press("2")
        expect(page.locator(".g-star-here").last).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Escape")
        expect(page.locator("[data-best='1-1']")).to_have_attribute("aria-pressed", "true")
        phase(page, "voting")

    def test_fingers(self, new_context, open_page):
        page = open_page(new_context(phone=True))
        start(page)
        page.locator(".g-look").first.tap()
        x, y = middle(page.locator(".g-pane").first)
        finger(page, line((x + 60, y), (x - 60, y)))
        expect(page.locator(".g-count")).to_have_text("2 / 4")
        cdp = page.context.new_cdp_session(page)
        for kind, gap in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60)):
            points = [{"x": x - gap, "y": y, "id": 0}, {"x": x + gap, "y": y, "id": 1}]
            cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(page.locator(".g-scale")).to_have_text("300%")
