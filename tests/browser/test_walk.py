"""The main walk: prompt, grids, vote by keyboard, reveal, For you, reload."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS
from tests.browser.helpers import open_tab
from tests.browser.server import MODELS

pytestmark = pytest.mark.browser
PROMPT = "a cat face on a blue background"


def prompt_box(page: Page):
    return page.locator("#prompt input, #prompt textarea")


def start(page: Page, prompt: str = PROMPT) -> None:
    prompt_box(page).fill(prompt)
    prompt_box(page).press("Enter")


def wait_for_vote(page: Page) -> None:
    expect(page.locator("#vote-left")).to_be_enabled(timeout=30_000)


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(300)  # let the fade of new images end; nothing is asserted on it
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def annotator_cookie(page: Page) -> str:
    return next(c["value"] for c in page.context.cookies() if c["name"] == "gemrec_annotator")


def watch_it_fill(page: Page, shot: str) -> None:
    start(page)
    expect(page.locator(".g-progress")).to_be_visible()
    expect(page.locator("#vote-left")).to_be_disabled()
    expect(page.locator("#cancel")).to_be_visible()
    expect(page.locator(".g-cell.g-ready").first).to_be_visible()
    shoot(page, f"{shot}-2-drawing")
    wait_for_vote(page)
    expect(page.locator(".g-cell.g-ready")).to_have_count(8)
    hidden = page.content()
    assert not any(f"The {name.title()} Model" in hidden for name in MODELS)
    shoot(page, f"{shot}-3-voting")


def vote_for_the_left(page: Page, shot: str) -> None:
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".g-side .g-name").first).to_have_text(re.compile(r"The \w+ Model"))
    expect(page.locator(".g-side").first.locator(".g-change")).to_contain_text("+")
    expect(page.locator(".g-side").last.locator(".g-change")).to_contain_text("−")  # noqa: RUF001
    expect(page.locator("#status")).to_contain_text("first vote on The")
    shoot(page, f"{shot}-4-revealed")


def read_the_ranking(page: Page, shot: str) -> str:
    open_tab(page, "For you")
    expect(page.locator(".g-model")).to_have_count(4)
    expect(page.locator("#votes")).to_contain_text("1 vote of yours")
    expect(page.locator(".g-reason").first).to_contain_text(re.compile(r"\w+ \w+"))
    expect(page.locator(".g-images img").first).to_be_visible()
    shoot(page, f"{shot}-5-for-you")
    return page.locator("#annotator-name input").input_value()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_walk(server, new_context, open_page, phone, scheme):
    page = open_page(new_context(phone, color_scheme=scheme))
    shot = f"{'phone' if phone else 'desktop'}-{scheme}"
    votes = server.services.store.votes
    before = votes.last_id()
    shoot(page, f"{shot}-1-empty")
    watch_it_fill(page, shot)
    vote_for_the_left(page, shot)
    assert votes.last_id() == before + 1
    name = read_the_ranking(page, shot)
    assert name
    open_tab(page, "Leaderboard")
    expect(page.locator(".g-board tbody tr:not(.g-group)")).to_have_count(4)
    shoot(page, f"{shot}-6-leaderboard")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    cookie = annotator_cookie(page).split(".")[0]
    page.reload()
    page.locator("#start").wait_for()
    open_tab(page, "For you")
    expect(page.locator("#annotator-name input")).to_have_value(name)
    expect(page.locator("#votes")).to_contain_text("1 vote of yours")
    assert annotator_cookie(page).split(".")[0] == cookie
    assert votes.last_id() == before + 1


def test_voting_needs_no_scrolling_on_a_laptop(new_context, open_page):
    page = open_page(new_context())
    start(page)
    wait_for_vote(page)
    bar = page.locator("#vote-bar").bounding_box()
    for cell in page.locator(".g-cell").all():
        box = cell.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= bar["y"]
    assert bar["y"] + bar["height"] <= 800


def test_the_vote_bar_is_in_reach_on_a_phone(new_context, open_page):
    page = open_page(new_context(phone=True))
    start(page)
    wait_for_vote(page)
    for button in page.locator("#vote-bar button:visible").all():
        box = button.bounding_box()
        assert box["y"] > 844 / 2
        assert box["y"] + box["height"] <= 844
        assert box["height"] >= 40
    left, right = (side.bounding_box() for side in page.locator(".g-side").all())
    assert right["y"] > left["y"] + left["height"] - 1
    page.mouse.wheel(0, 2000)
    last = page.locator(".g-cell").last
    expect(last).to_be_in_viewport()
    assert (
        last.bounding_box()["y"] + last.bounding_box()["height"]
        <= (page.locator("#vote-bar").bounding_box()["y"])
    )
