"""A page that is loaded again, and a server that is started again, in the middle of every mode."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gemrec.records import BattleForm, BattleMode, Outcome
from tests.browser.helpers import last_vote, phase, ranking, start
from tests.browser.server import Server, catalog, serve

pytestmark = pytest.mark.browser
FAST = catalog(**dict.fromkeys(("amber", "beryl", "coral", "jade"), "ok"))
FORMS = {
    "blind": (BattleForm.PAIR, BattleMode.BLIND),
    "named": (BattleForm.PAIR, BattleMode.NAMED),
    "king": (BattleForm.KING, BattleMode.BLIND),
    "ranking": (BattleForm.RANKING, BattleMode.BLIND),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("back"), FAST) as running:
        yield running


def images(page: Page) -> list[str | None]:
    return [image.get_attribute("src") for image in page.locator(".g-cell img").all()]


def begin(page: Page, mode: str) -> None:
    """Open a battle; of a ranking, rank two of four."""
    start(page, mode)
    if mode == "ranking":
        page.keyboard.press("3")
        page.keyboard.press("1")
        assert ranking(page) == [[2], [0]]
        page.wait_for_timeout(500)  # the draft travels by itself


def finish(page: Page, server: Server, mode: str) -> None:
    """Vote, and look at what was stored."""
    page.keyboard.press("Enter" if mode == "ranking" else "ArrowRight")
    phase(page, "revealed")
    vote = last_vote(server)
    assert (vote.form, vote.mode) == FORMS[mode]
    if mode == "ranking":
        assert vote.ranking == ((2,), (0,))
    else:
        assert vote.outcome is Outcome.RIGHT
    assert len(server.services.store.votes.of_battle(vote.battle_id)) == 1


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("mode", FORMS)
def test_a_reload_in_the_middle(server, new_context, open_page, mode, phone):
    page = open_page(new_context(phone))
    begin(page, mode)
    before = images(page)
    page.reload()
    phase(page, "voting")
    assert images(page) == before
    expect(page.locator("#status")).to_contain_text("where you left off")
    finish(page, server, mode)


@pytest.mark.parametrize("mode", FORMS)
def test_a_server_that_is_started_again_under_an_open_page(tmp_path: Path, new_context, mode):
    page = new_context().new_page()  # its console may complain about the lost connection
    with serve(tmp_path, FAST) as first:
        page.goto(first.url)
        page.locator("#start").wait_for()
        begin(page, mode)
        shown = images(page)
        port = int(first.url.rpartition(":")[2])
    with serve(tmp_path, FAST, port=port) as second:
        page.wait_for_timeout(1000)
        phase(page, "voting")
        assert images(page) == shown
        finish(page, second, mode)
        if mode == "king":
            page.wait_for_timeout(850)
            page.keyboard.press("n")
            phase(page, "voting")
            expect(page.locator("header .g-tag")).to_contain_text("King")


def test_a_kings_run_goes_on_after_a_reload_between_two_battles(server, new_context, open_page):
    page = open_page(new_context())
    start(page, "king")
    page.keyboard.press("ArrowLeft")
    phase(page, "revealed")
    first = last_vote(server).battle_id
    page.reload()
    phase(page, "revealed")
    expect(page.locator("#status")).to_contain_text("The king has 1 win; 2 challengers to come")
    assert "Model" not in "".join(page.locator(".g-name").all_inner_texts()).replace("Model A", "")\
        .replace("Model B", "")  # fmt: skip
    page.keyboard.press("n")
    phase(page, "voting")
    page.wait_for_timeout(850)
    page.keyboard.press("2")
    phase(page, "revealed")
    battles = server.services.store.battles
    assert battles.get(last_vote(server).battle_id).run == battles.get(first).run
    page.keyboard.press("r")
    expect(page.locator("#status")).to_contain_text("was your king")


def test_a_page_that_shows_an_old_battle_says_so(server, new_context, open_page):
    context = new_context()
    page = open_page(context)
    start(page)
    other = open_page(context)
    start(other, "blind", "a pizza")
    other.wait_for_timeout(1000)  # both handlers are done
    server.demo.app.state_holder.session_data.clear()  # as a restart would
    votes = server.services.store.votes.last_id()
    page.bring_to_front()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("alert")).to_contain_text("reload it to go on")
    assert server.services.store.votes.last_id() == votes
