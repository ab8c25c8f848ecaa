"""The walk of a newcomer: ``python app.py`` on the pocket models, as ``make demo`` runs it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gemrec.catalog import load_catalog
from gemrec.settings import REPOSITORY
from tests.browser.conftest import SCREENSHOTS
from tests.browser.helpers import open_tab
from tests.running import run_app

pytestmark = pytest.mark.browser
PROMPT = "a cat face on a blue background"
NAMES = {model.name for model in load_catalog(REPOSITORY / "assets" / "models.toml").active()}
VOTES = ("ArrowLeft", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowLeft")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real app with an empty database."""
    with run_app(tmp_path_factory.mktemp("pocket"), 7869) as running:
        yield running.url


def shoot(page: Page, folder: Path, name: str) -> None:
    page.wait_for_timeout(400)  # let the fade of new images end; nothing is asserted on it
    page.screenshot(path=folder / f"{name}.png")


def battle(page: Page) -> None:
    """Wait for both grids of the pocket models; nothing on the page names a model."""
    expect(page.locator("#vote-left")).to_be_enabled(timeout=90_000)
    expect(page.locator(".g-cell.g-ready")).to_have_count(8)
    assert not any(name in page.content() for name in NAMES)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_newcomer(app, new_context, open_page, phone):
    page = open_page(new_context(phone), app)
    shot = f"pocket-{'phone' if phone else 'desktop'}"
    box = page.locator("#prompt input, #prompt textarea")
    box.fill(PROMPT)
    box.press("Enter")
    expect(page.locator(".g-progress")).to_be_visible()
    expect(page.locator(".g-cell.g-ready").first).to_be_visible(timeout=90_000)
    shoot(page, SCREENSHOTS, f"{shot}-1-drawing")
    for number, key in enumerate(VOTES):
        battle(page)
        if number == 0:
            shoot(page, SCREENSHOTS, f"{shot}-2-voting")
        page.keyboard.press(key)
        shown = page.locator(".g-side .g-name")
        expect(shown.first).to_have_text(re.compile(r"^(?!Model A)"))
        assert {shown.first.inner_text(), shown.last.inner_text()} <= NAMES
        expect(page.locator(".g-side").first.locator(".g-change")).to_be_visible()
        if number == 0:
            shoot(page, SCREENSHOTS, f"{shot}-3-revealed")
        page.keyboard.press("n")
    battle(page)
    open_tab(page, "For you")
    expect(page.locator("#votes")).to_contain_text("5 votes of yours")
    expect(page.locator(".g-reason").first).to_contain_text(re.compile(r"\w+ \w+"))
    expect(page.locator(".g-images img").first).to_be_visible()
    shoot(page, SCREENSHOTS, f"{shot}-4-for-you")
    name = page.locator("#annotator-name input").input_value()
    open_tab(page, "Leaderboard")
    expect(page.locator(".g-board tbody tr").first).to_be_visible()
    shoot(page, SCREENSHOTS, f"{shot}-5-leaderboard")

    page.reload()
    page.locator("#start").wait_for()
    open_tab(page, "For you")
    expect(page.locator("#annotator-name input")).to_have_value(name)
    expect(page.locator("#votes")).to_contain_text("5 votes of yours")
