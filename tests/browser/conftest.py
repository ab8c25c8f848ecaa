"""One Chromium for all walks, one app per module, and pages that fail on any console error."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.server import Server, catalog, serve

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SCREENSHOTS = Path(__file__).parent / "screenshots"
SLOW = "slow:0.4"  # long enough to watch a grid fill


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    scripts = dict.fromkeys(("amber", "beryl", "coral", "jade"), SLOW)
    with serve(tmp_path_factory.mktemp("walk"), catalog(**scripts)) as running:
        yield running


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A fresh browser profile: nobody yet, as far as the app knows."""
    contexts = []

    def make(phone: bool = False, **options: object) -> BrowserContext:
        size = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if phone else {}
        context = browser.new_context(**({"viewport": DESKTOP} | size | options))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(server: Server) -> Iterator[Callable[[BrowserContext], Page]]:
    """Open the app; whatever the console or the network complains about fails the test."""
    complaints: list[str] = []

    def go(context: BrowserContext, url: str = server.url) -> Page:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console",
            lambda m: complaints.append(f"console: {m.text}") if m.type == "error" else None,
        )
        page.on("pageerror", lambda e: complaints.append(f"page error: {e}"))
        page.on("request", lambda r: complaints.extend(_elsewhere(r.url, url)))
        page.goto(url)
        page.locator("#start").wait_for()
        page.locator(".g-welcome, .g-stage, .g-empty").first.wait_for()
        return page

    yield go
    assert complaints == []


def _elsewhere(address: str, home: str) -> list[str]:
    own = address.startswith((home, "data:", "blob:"))
    return [] if own else [f"request to another place: {address}"]
