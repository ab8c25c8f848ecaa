"""Nothing said is lost or final: history, undo, change, and a server that restarts in the middle."""

import pytest
from playwright.sync_api import expect

from gemrec.records import EventKind, Outcome
from tests.browser.helpers import last_vote, phase, ranking, start, vote
from tests.browser.server import catalog, serve

pytestmark = pytest.mark.browser
KEYS = ("ArrowLeft", "2", "ArrowUp", "ArrowRight")
FAST = catalog(**dict.fromkeys(("amber", "beryl", "coral", "jade"), "ok"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("history"), FAST) as running:
        yield running


def standing(server) -> list[Outcome]:
    """What stands of the newest person's votes, oldest first."""
    votes = server.services.store.votes
    newest = last_vote(server).annotator_id
    return [v.outcome for v in sorted(votes.current(newest), key=lambda v: v.battle_id)]


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_undo_of_the_third_last_vote_and_change_of_the_first(server, new_context, open_page, phone):
    page = open_page(new_context(phone))
    start(page)
    for number, key in enumerate(KEYS):
        if number:
            page.keyboard.press("n")
        vote(page, key)
    third_last = server.services.store.votes.newest(last_vote(server).annotator_id, 3)[2]
    assert third_last.outcome is Outcome.TIE
    press = (lambda part: part.tap()) if phone else (lambda part: part.click())
    press(page.locator("[data-history=open]").first)
    rows = page.locator(".g-history > ol > li")
    expect(rows).to_have_count(4)
    press(rows.nth(2).get_by_role("button", name="Take back"))
    expect(rows.nth(2)).to_contain_text("Vote again")
    undo = last_vote(server)
    assert (undo.kind, undo.battle_id) == (EventKind.UNDO, third_last.battle_id)
    assert Outcome.TIE not in standing(server)

    press(rows.nth(3).get_by_role("button", name="Change"))
    phase(page, "changing")
    expect(page.locator(".g-drawer")).to_be_hidden()
    expect(page.locator("body")).to_have_attribute("data-g-said", "left")
    press(page.locator("#vote-both_bad"))
    phase(page, "revealed")
    expect(page.locator("#status")).to_contain_text("Changed from")
    edit = last_vote(server)
    assert (edit.kind, edit.outcome) == (EventKind.EDIT, Outcome.BOTH_BAD)
    press(page.locator("[data-history=open]").first)
    expect(rows.nth(3).locator("summary")).to_contain_text("Changed")
    press(rows.nth(3).locator("summary"))
    expect(rows.nth(3).locator(".g-trail li")).to_contain_text("better than")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_change_in_between_leaves_the_open_battle_waiting(server, new_context, open_page):
    page = open_page(new_context())
    start(page)
    vote(page, "ArrowLeft")
    page.keyboard.press("n")
    phase(page, "voting")
    images = [image.get_attribute("src") for image in page.locator(".g-cell img").all()]
    page.keyboard.press("h")
    page.get_by_role("button", name="Change", exact=True).first.click()
    phase(page, "changing")
    page.keyboard.press("Escape")
    phase(page, "revealed")
    page.keyboard.press("n")
    phase(page, "voting")
    assert [image.get_attribute("src") for image in page.locator(".g-cell img").all()] == images


def test_a_restart_in_the_middle_of_a_ranking(tmp_path, new_context, open_page):
    context = new_context()
    with serve(tmp_path, FAST) as first:
        page = open_page(context, first.url)
        start(page)
        vote(page, "ArrowRight")
        start(page, "ranking", "a pizza")
        page.keyboard.press("2")
        page.keyboard.press("4")
        page.wait_for_timeout(400)  # the draft travels by itself
        port = int(first.url.rpartition(":")[2])
        page.goto("about:blank")
    with serve(tmp_path, FAST, port=port) as second:
        page.goto(second.url)
        phase(page, "voting")
        expect(page.locator("#prompt input, #prompt textarea")).to_have_value("a pizza")
        assert ranking(page) == [[1], [3]]
        page.keyboard.press("Enter")
        phase(page, "revealed")
        assert last_vote(second).ranking == ((1,), (3,))
        page.keyboard.press("h")
        expect(page.locator(".g-history > ol > li")).to_have_count(2)


def test_too_many_votes_are_refused_aloud(tmp_path, new_context, open_page):
    with serve(tmp_path, FAST, annotator_limit="1/minute") as running:
        page = open_page(new_context(), running.url)
        start(page)
        page.keyboard.press("ArrowLeft")
        phase(page, "revealed")
        page.keyboard.press("n")
        expect(page.get_by_role("alert")).to_contain_text("Too many battles")
        expect(page.get_by_role("alert")).to_contain_text("Try again in")
