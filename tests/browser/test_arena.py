"""Details of the Arena: the lightbox, every key, undo, cancel, resume, errors."""

import re

import pytest
from playwright.sync_api import expect

from gemrec.records import EventKind, Outcome
from tests.browser.conftest import SLOW
from tests.browser.helpers import open_tab
from tests.browser.server import catalog, serve
from tests.browser.test_walk import prompt_box, shoot, start, wait_for_vote

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=alert(1)> ${alert(2)} {{value}} \"'`"


@pytest.fixture
def page(new_context, open_page):
    return open_page(new_context())


def last_vote(server):
    return server.services.store.votes.after(server.services.store.votes.last_id() - 1)[0]


def test_looking_never_votes(server, page):
    start(page)
    wait_for_vote(page)
    before = server.services.store.votes.last_id()
    page.locator(".g-cell").nth(1).click()
    box = page.locator(".g-lightbox")
    expect(box).to_be_visible()
    expect(box.locator("img")).to_have_count(2)
    expect(box.locator(".g-count")).to_have_text("2 / 4")
    sides = page.locator(".g-side").all()
    small = [side.locator("img").nth(1).get_attribute("src") for side in sides]
    large = [image.get_attribute("src") for image in box.locator("img").all()]
    assert all(big.endswith(src) for big, src in zip(large, small, strict=True))
    shoot(page, "desktop-light-zoom")
    page.keyboard.press("ArrowRight")
    expect(box.locator(".g-count")).to_have_text("3 / 4")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(box.locator(".g-count")).to_have_text("4 / 4")
    for key in ("1", "5", "ArrowUp", "ArrowDown", "s"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator("#vote-left")).to_be_enabled()
    assert server.services.store.votes.last_id() == before


def test_marks_of_the_gallery_stay_off_the_images_per_model(page):
    """A class name that two tabs shared once laid the field over the history's button."""
    field = page.locator("[data-setup=images]")
    expect(field).to_be_visible()
    box, history = field.bounding_box(), page.locator("[data-history=open]").bounding_box()
    assert box["width"] > 60
    assert box["x"] + box["width"] <= history["x"]


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        ("ArrowRight", Outcome.RIGHT),
        ("ArrowUp", Outcome.BOTH_GOOD),
        ("ArrowDown", Outcome.BOTH_BAD),
        ("1", Outcome.LEFT),
        ("2", Outcome.TIE),
        ("6", Outcome.SKIP),
    ],
)
def test_keys(server, page, key, outcome):
    start(page)
    wait_for_vote(page)
    page.keyboard.press(key)
    page.locator("#next").wait_for()
    vote = last_vote(server)
    assert vote.outcome is outcome
    assert vote.remarks.dwell_ms >= 0


def test_undo_and_next(server, page):
    start(page)
    wait_for_vote(page)
    page.keyboard.press("ArrowLeft")
    page.locator("#next").wait_for()
    cast = last_vote(server)
    page.keyboard.press("u")
    expect(page.locator("#status")).to_contain_text("taken back")
    expect(page.locator("#undo")).to_be_hidden()
    undone = last_vote(server)
    assert (undone.kind, undone.battle_id) == (EventKind.UNDO, cast.battle_id)
    page.keyboard.press("n")
    expect(page.locator(".g-progress")).to_be_visible()
    wait_for_vote(page)
    expect(page.locator(".g-name").first).to_have_text("Model A")


def test_typing_is_not_voting(server, page):
    start(page)
    wait_for_vote(page)
    before = server.services.store.votes.last_id()
    prompt_box(page).click()
    page.keyboard.type("1 2 s u")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#vote-left")).to_be_enabled()
    assert server.services.store.votes.last_id() == before


def test_reload_resumes_the_open_battle(server, page):
    start(page)
    wait_for_vote(page)
    images = [image.get_attribute("src") for image in page.locator(".g-cell img").all()]
    page.reload()
    wait_for_vote(page)
    expect(page.locator("#status")).to_contain_text("where you left off")
    assert [image.get_attribute("src") for image in page.locator(".g-cell img").all()] == images
    page.keyboard.press("ArrowLeft")
    page.locator("#next").wait_for()
    assert last_vote(server).remarks.dwell_ms is None


def test_cancel(server, page):
    opened = server.services.store.integrity()["open_battles"]
    start(page)
    expect(page.locator(".g-progress")).to_be_visible()
    page.locator("#cancel").click()
    expect(page.locator("#status")).to_contain_text("Cancelled")
    expect(page.locator("#start")).to_be_visible()
    expect(page.locator("#vote-bar")).to_be_hidden()
    assert server.services.store.integrity()["open_battles"] == opened


def test_an_empty_prompt_says_what_to_do(page):
    prompt_box(page).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("press Random")
    page.locator("#dice").click()
    expect(prompt_box(page)).to_have_value(re.compile("a "))


def test_prompts_are_text(page):
    page.on("dialog", lambda dialog: pytest.fail(f"script ran: {dialog.message}"))
    start(page, EVIL)
    wait_for_vote(page)
    assert EVIL in page.locator(".g-cell img").first.get_attribute("alt")
    page.keyboard.press("ArrowLeft")
    page.locator("#next").wait_for()
    open_tab(page, "For you")
    page.locator(".g-models").first.wait_for()
    page.locator("#annotator-name input").fill("<b>${1}</b>")
    page.locator("#save-name").click()
    expect(page.locator("#votes")).to_have_text("Saved. You are <b>${1}</b> now.")


def test_unknown_words_are_named(page):
    start(page, "a tigger on a blue background")
    expect(page.locator(".g-notice")).to_contain_text("“tigger” (try tiger")


def test_an_example_fills_the_prompt(page):
    chip = page.locator(".g-chip").first
    text = chip.inner_text()
    chip.click()
    expect(prompt_box(page)).to_have_value(text)


def test_the_theme_switch_is_remembered(page):
    expect(page.locator("body.dark")).to_have_count(0)
    page.locator("[data-theme-toggle]").click()
    expect(page.locator("body.dark")).to_have_count(1)
    page.reload()
    page.locator("#start").wait_for()
    expect(page.locator("body.dark")).to_have_count(1)


def test_two_tabs_vote_on_their_own_battles(server, new_context, open_page):
    context = new_context()
    first, second = open_page(context), open_page(context)
    start(first)
    wait_for_vote(first)
    start(second, "a pizza")
    wait_for_vote(second)
    first.keyboard.press("ArrowLeft")
    first.locator("#next").wait_for()
    assert last_vote(server).prompt == "a cat face on a blue background"
    second.keyboard.press("ArrowRight")
    second.locator("#next").wait_for()
    assert last_vote(server).prompt == "a pizza"


def test_a_failing_model_is_no_contest(tmp_path, new_context, open_page):
    with serve(tmp_path, catalog(amber=SLOW, beryl="fail")) as running:
        page = open_page(new_context(), running.url)
        start(page)
        expect(page.get_by_role("alert")).to_contain_text("no contest")
        assert not re.search("amber|beryl", page.content(), re.IGNORECASE)
        shoot(page, "desktop-light-no-contest")


def test_no_models(tmp_path, new_context, open_page):
    with serve(tmp_path, "") as running:
        page = open_page(new_context(), running.url)
        expect(page.locator(".g-empty")).to_contain_text("needs two models")
        open_tab(page, "Leaderboard")
        expect(page.locator("#board")).to_contain_text("No votes yet")
        shoot(page, "desktop-light-no-models")


def test_closing_the_page_stops_the_work(server, new_context, open_page):
    opened = server.services.store.integrity()["open_battles"]
    page = open_page(new_context())
    start(page)
    expect(page.locator(".g-progress")).to_be_visible()
    page.close()
    again = open_page(new_context())
    again.wait_for_timeout(3000)  # longer than the battle would have taken
    assert server.services.store.integrity()["open_battles"] == opened
