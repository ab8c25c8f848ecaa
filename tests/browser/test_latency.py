"""From key to confirmation on the pocket models while another person's grids are being made."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
import pytest

from tests.browser.helpers import phase
from tests.running import free_port, run_app

pytestmark = pytest.mark.browser
PROMPT = "a cat face on a blue background"
VOTES = 11
LIMIT_MS = 150
# From the key's own time stamp to the first frame that shows the answer.
WATCH = """
window.pressed = null;
window.took = [];
document.addEventListener("keydown", (event) => {
  if (event.key.startsWith("Arrow")) window.pressed = event.timeStamp;
}, true);
new MutationObserver(() => {
  if (document.body.dataset.gPhase !== "revealed" || window.pressed === null) return;
  const pressed = window.pressed;
  window.pressed = null;
  requestAnimationFrame(() => window.took.push(performance.now() - pressed));
}).observe(document.body, { attributes: true, attributeFilter: ["data-g-phase"] });
"""


@contextmanager
def somebody_else(url: str) -> Iterator[list[str]]:
    """Another person who opens one battle of four images after the other; yields what they got."""
    stop, opened = threading.Event(), []

    def go() -> None:
        with httpx.Client(base_url=url, timeout=300) as http:
            while not stop.is_set():
                sent = {"data": ["a pizza on a red background", None, 4, "somebody else"]}
                event = http.post("/gradio_api/call/open_battle", json=sent).json()["event_id"]
                http.get(f"/gradio_api/call/open_battle/{event}")
                opened.append(event)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        stop.set()


def test_from_key_to_confirmation(tmp_path, new_context, open_page):
    with run_app(tmp_path, free_port(), GEMREC_IMAGES_PER_GRID="1") as app:
        page = open_page(new_context(), app.url)
        page.set_default_timeout(300_000)
        box = page.locator("#prompt input, #prompt textarea")
        box.fill(PROMPT)
        box.press("Enter")
        page.evaluate(WATCH)
        with somebody_else(app.url) as opened:
            for number in range(VOTES):
                page.wait_for_function("document.body.dataset.gPhase === 'voting'")
                page.wait_for_timeout(900)  # vote keys this soon after the last are taken for slips
                page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
                phase(page, "revealed")
                page.keyboard.press("n")
            took = np.array(page.evaluate("window.took"))
        print(  # noqa: T201 - the figure is what the test is for
            f"\nkey to confirmation: median {np.median(took):.0f} ms, 90% {np.quantile(took, 0.9):.0f} "
            f"ms, best {took.min():.0f} ms of {len(took)} votes, beside {len(opened)} battles of "
            f"somebody else; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
        assert len(took) == VOTES
        if os.getloadavg()[0] < 2 * (
            os.cpu_count() or 1
        ):  # else it is the machine that is measured
            assert np.median(took) <= LIMIT_MS
