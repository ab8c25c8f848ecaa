"""What walks through the Arena do again and again."""

from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from gemrec.records import Vote
from tests.browser.server import Server

PROMPT = "a cat face on a blue background"


def open_tab(page: Page, name: str) -> None:
    """Open a tab, through Gradio's menu where a narrow page has no room for it."""
    page.wait_for_timeout(300)  # Gradio moves tabs that do not fit into the menu
    direct = page.locator("#tabs > .tab-wrapper [role=tab]:visible", has_text=name)
    if direct.count():
        direct.first.click()
        return
    page.locator("#tabs .overflow-menu > button").first.click()
    page.locator("#tabs .overflow-dropdown button", has_text=name).click()


def phase(page: Page, name: str, seconds: float = 30) -> None:
    """Wait until the page is ``idle``, ``drawing``, ``voting``, ``revealed`` or ``changing``."""
    expect(page.locator("body")).to_have_attribute("data-g-phase", name, timeout=1000 * seconds)


def start(page: Page, mode: str = "blind", prompt: str = PROMPT) -> None:
    """Choose a mode, ask for a prompt, and wait for the grids."""
    page.locator(f"[data-mode={mode}]").click()
    box = page.locator("#prompt input, #prompt textarea")
    box.fill(prompt)
    box.press("Enter")
    phase(page, "voting", 120)  # real models draw slowly where others work too


def vote(page: Page, key: str) -> None:
    """Vote by key and wait for the answer."""
    phase(page, "voting")
    page.wait_for_timeout(850)  # vote keys this soon after the last one are taken for slips
    page.keyboard.press(key)
    phase(page, "revealed")


def last_vote(server: Server) -> Vote:
    """The newest event of the trail."""
    votes = server.services.store.votes
    return votes.after(votes.last_id() - 1)[0]


def ranking(page: Page) -> list[list[int]]:
    """The order on the strip."""
    order: list[list[int]] = page.evaluate("gemrec.ranking()")
    return order


def middle(part: Locator) -> tuple[float, float]:
    """The centre of an element on the screen."""
    box = part.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def finger(page: Page, way: Sequence[tuple[float, float]]) -> None:
    """Put one finger down at the first point, move it along, and lift it at the last."""
    cdp = page.context.new_cdp_session(page)
    for number, (x, y) in enumerate(way):
        kind = "touchMove" if number else "touchStart"
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(500)  # Chromium takes a tap right after a quick move for its end


def line(
    a: tuple[float, float], b: tuple[float, float], steps: int = 6
) -> list[tuple[float, float]]:
    """Points on the way from a to b."""
    return [
        (a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps)
        for k in range(steps + 1)
    ]
