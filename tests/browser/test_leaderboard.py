"""The Leaderboard in a browser: every view by every size and theme, and what can be done with it."""

import csv
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.bench.filled import fill, make_world
from tests.browser.conftest import SCREENSHOTS
from tests.browser.helpers import open_tab
from tests.browser.server import MODELS, Server, serve

pytestmark = pytest.mark.browser
VIEWS = ("Table", "Intervals", "Win rates", "Over time", "Cost", "Who voted")
PEOPLE = 6
SLOW = 30_000  # milliseconds; the first chart imports altair


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("board")
    (folder / "data").mkdir()
    world = make_world(
        7, list(MODELS), votes=600, people=PEOPLE, categories=["animal", "food"], taste=0.3
    )
    fill(folder / "data" / "gemrec.db", world)
    with serve(folder) as running:
        yield running


def open_board(page: Page) -> None:
    open_tab(page, "Leaderboard")
    expect(page.locator(".g-board tbody tr")).to_have_count(len(MODELS), timeout=SLOW)


def show(page: Page, view: str) -> None:
    """Choose a view and wait until it stands."""
    page.get_by_role("radio", name=view, exact=True).check(force=True)
    if view == "Table":
        expect(page.locator(".g-search")).to_be_visible()
    elif view == "Who voted":
        expect(page.locator(".g-board tbody tr")).to_have_count(PEOPLE, timeout=SLOW)
    else:
        described = {"Intervals": "Ratings with", "Win rates": "Win rates", "Cost": "Rating against",
                     "Over time": "Ratings over"}[view]  # fmt: skip
        expect(page.locator(f"#board-chart [aria-label^='{described}'] svg.marks")).to_be_visible(
            timeout=SLOW
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_view(server, new_context, open_page, phone, scheme):
    page = open_page(new_context(phone, color_scheme=scheme))
    open_board(page)
    shown = [view for view in VIEWS if view != "Cost"]  # the scripted models cost nothing
    for view in shown:
        show(page, view)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        name = f"board-{'phone' if phone else 'desktop'}-{scheme}-{view.lower().replace(' ', '-')}"
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    page.get_by_role("radio", name="Cost", exact=True).check(force=True)
    expect(page.locator("#board .g-status")).to_contain_text("Nothing is known of what")
    expect(page.locator("#board-chart svg")).to_have_count(0)


def test_sorting_and_finding(new_context, open_page):
    page = open_page(new_context())
    open_board(page)
    names = page.locator(".g-board tbody th")
    before = names.all_inner_texts()
    head = page.locator("thead th", has_text="Votes")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    votes = [int(v) for v in page.locator("tbody td:nth-child(5)").all_inner_texts()]
    assert votes == sorted(votes, reverse=True)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    page.locator("thead th", has_text="Rank").first.get_by_role("button").click()
    assert names.all_inner_texts() == before
    page.locator(".g-search").fill("jade")
    expect(page.locator("tbody tr:visible")).to_have_count(1)
    expect(page.locator("[data-board-found]")).to_have_text("1 model")


def test_the_download_is_the_table(new_context, open_page):
    page = open_page(new_context())
    open_board(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download CSV").click()
    with started.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shown = page.locator(".g-board tbody td.g-rating").all_inner_texts()
    assert [f"{float(row['rating']):.0f}" for row in rows] == shown


def test_hovering_explains_and_the_theme_changes_charts_at_once(new_context, open_page):
    page = open_page(new_context(color_scheme="light"))
    open_board(page)
    show(page, "Intervals")
    bar = page.locator("#board-chart svg g.mark-rect path").first
    bar.hover(force=True)  # the dot in its middle says the same
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_contain_text("95% interval")
    expect(tooltip).to_contain_text("Votes")
    colour = "e => getComputedStyle(e).fill"
    light = bar.evaluate(colour)
    page.locator("[data-theme-toggle]").click()
    assert bar.evaluate(colour) != light
    show(page, "Win rates")
    first = page.locator("#board-chart svg g.mark-text text").first
    seen = first.text_content()
    page.get_by_label("Votes", exact=True).check()
    expect(first).not_to_have_text(seen or "")


def test_slices(server, new_context, open_page):
    page = open_page(new_context())
    open_board(page)
    everything = page.locator(".g-board-line").inner_text()

    def choose(name: str, text: str) -> None:
        page.locator(f"#board-{name} input").click()
        page.get_by_role("option", name=text).first.click()

    choose("topic", "food")
    expect(page.locator(".g-board-line")).to_contain_text("on food prompts")
    choose("topic", "All topics")
    expect(page.locator(".g-board-line")).to_have_text(everything)
    choose("voter", "Person-002")
    expect(page.locator(".g-board-line")).to_contain_text("by one annotator")
    assert "person-002" not in page.content()  # the id stays on the server
    choose("voter", "My votes")
    expect(page.locator("#board .g-empty")).to_contain_text("No votes like that")
    choose("voter", "Everybody's votes")
    choose("period", "Last 24 hours")  # the votes are of long ago
    expect(page.locator("#board .g-empty")).to_contain_text("No votes like that")
