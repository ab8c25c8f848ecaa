"""Take the screenshots of the guides: a real server on the pocket models, a real browser.

``python -m docs.screenshots`` needs Debian's ``chromium`` and a few minutes on two cores. The votes of the
page are cast in the browser; a board needs more than one person, so simulated people have voted before.
"""

import argparse
import csv
import math
import random
import shutil
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from gemrec.campaigns import parse_spec
from gemrec.exchange import import_votes
from gemrec.services import Services, build_services
from gemrec.settings import REPOSITORY, load_settings
from tests.running import free_port, run_app

HERE = Path(__file__).resolve().parent
FOLDER = "build/screenshots"
WIDTH, HEIGHT = 1280, 800
PROMPTS = (
    "a rocket on a pink background", "a hamburger", "a strawberry on a green background",
    "a panda on a purple background",
)  # fmt: skip
VOTES = 4
PEOPLE, VOTES_EACH = 12, 40
PATIENCE = 600_000  # milliseconds; the first battle also loads the models
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


STUDY = {
    "id": "faces",
    "title": "Which face fits the prompt better?",
    "instructions": "Look at **all** images of both sides.",
    "prompts": ["a cat face on a blue background", "a pizza"],
    "models": ["pocket-base", "pocket-swift", "pocket-watercolor"],
    "images": 4,
    "outcomes": ["left", "right", "tie", "skip"],
    "overlap": 3,
}


def fill(services: Services, folder: Path) -> None:
    """Let simulated people vote, and open a study."""
    rng = random.Random(7)  # noqa: S311 - simulated votes
    models = [model.id for model in services.arena.usable_models()]
    strength = {model: rng.gauss(0, 1) for model in models}
    prompts = services.prompts_of(None)
    path = folder / "simulated.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("model_a", "model_b", "outcome", "annotator", "prompt", "category"))
        for person in range(PEOPLE):
            for _ in range(VOTES_EACH):
                a, b = rng.sample(models, 2)
                prompt = rng.choice(prompts)
                wins = 1 / (1 + math.exp(strength[b] - strength[a]))
                outcome = rng.choices(("a", "b", "tie"), (wins, 1 - wins, 0.25))[0]
                writer.writerow(
                    (a, b, outcome, f"simulated {person}", prompt.text, prompt.category)
                )
    import_votes(services.store, path, services.clock())
    services.studies.create(parse_spec(STUDY, services.catalog.models))


def open_tab(page: Page, name: str) -> None:
    """Go to a tab and let it load."""
    page.get_by_role("tab", name=name, exact=True).click()
    page.wait_for_timeout(6000)


def vote(page: Page, prompt: str, key: str) -> None:
    """Open a battle and vote on it."""
    box = page.locator("#prompt input, #prompt textarea")
    box.fill(prompt)
    box.press("Enter")
    body = page.locator("body")
    expect(body).to_have_attribute("data-g-phase", "voting", timeout=PATIENCE)
    page.wait_for_timeout(1000)  # vote keys this soon after the last one are taken for slips
    page.keyboard.press(key)
    expect(body).to_have_attribute("data-g-phase", "revealed", timeout=30_000)


def arena(page: Page) -> None:
    """Several votes; the picture shows the last one's answer."""
    for number in range(VOTES):
        vote(page, PROMPTS[number % len(PROMPTS)], "ArrowLeft" if number % 3 else "ArrowRight")
    page.wait_for_timeout(1500)


def for_you(page: Page) -> None:
    """What suits the person who has just voted."""
    open_tab(page, "For you")
    box = page.locator("#tab-for-you").get_by_placeholder("What do you want to see?")
    box.fill(PROMPTS[-1])
    box.press("Enter")
    expect(page.locator("#podium .g-card").first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Draw it").click()
    expect(page.locator("#podium .g-card img")).to_have_count(3, timeout=PATIENCE)
    page.wait_for_timeout(1500)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(1500)


def quality(page: Page) -> None:
    """How far people agree, worked out."""
    open_tab(page, "Research")
    page.get_by_role("button", name="Work out the quality").click()
    expect(page.locator("#quality table").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(1500)


def server(page: Page) -> None:
    """The owner's view, after a backup."""
    open_tab(page, "Server")
    page.get_by_role("button", name="Back up now").click()
    expect(page.locator("#tab-server")).to_contain_text("votes in", timeout=60_000)
    page.wait_for_timeout(1500)


def tab(name: str) -> Callable[[Page], None]:
    """A tab as it looks when it is opened."""
    return lambda page: open_tab(page, name)


SCENES: dict[str, Callable[[Page], None]] = {
    "arena": arena,
    "for-you": for_you,
    "annotate": tab("Annotate"),
    "gallery": tab("Gallery"),
    "leaderboard": tab("Leaderboard"),
    "research": quality,
    "server": server,
}
"""Pictures in the order in which they are taken: later ones show what earlier ones did."""
DRAWN = frozenset({"arena", "for-you", "gallery"})
"""Those that show images; the others are taken in seconds, as no model has to run."""


def main() -> int:
    """Take all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(SCENES)}; without, all")
    wanted = set(parser.parse_args().names or SCENES)
    shutil.rmtree(REPOSITORY / FOLDER, ignore_errors=True)
    data = REPOSITORY / FOLDER / "annotations"
    data.mkdir(parents=True)
    try:
        services = build_services(load_settings(data=data))
        fill(services, data)
        services.close()
        # A process of its own: the memory that the page tells is then the server's, without a browser.
        with run_app(data, free_port(), GEMREC_BACKUP=f"{FOLDER}/backups") as app:
            take(app.url, wanted)
    finally:
        shutil.rmtree(REPOSITORY / FOLDER)
    return 0


def take(url: str, wanted: set[str]) -> None:
    """Walk through all scenes and keep the wanted pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        page = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
        ).new_page()
        page.goto(url)
        page.wait_for_timeout(3000)
        for name, scene in SCENES.items():
            if name in wanted or (name == "arena" and wanted & DRAWN):
                scene(page)
            if name in wanted:
                keep(page.screenshot(), HERE / f"{name}.webp")
        browser.close()


def keep(png: bytes, path: Path) -> None:
    """Write a picture small enough for a repository."""
    with Image.open(BytesIO(png)) as image:
        image.convert("RGB").save(path, "WEBP", quality=80, method=6)
    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1024} KiB\n")


if __name__ == "__main__":
    sys.exit(main())
