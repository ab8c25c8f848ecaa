"""The Gallery: sliders, choices that stay, the map, and a podium whose snippet runs."""

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PIL import Image as PILImage
from playwright.sync_api import Page, expect

from gemrec.generation import GridRequest
from gemrec.records import Prompt
from gemrec.settings import REPOSITORY
from tests.browser.helpers import open_tab
from tests.browser.server import Server, catalog, serve

pytestmark = pytest.mark.browser
MODELS = ("amber", "beryl", "coral", "jade", "opal", "ruby")
LOCAL = """[[model]]
id = "{id}"
name = "Pocket base"
licence = "Apache-2.0"
downloads = 500
url = "https://example.org/pocket"
[model.source]
kind = "local"
path = "{path}"
[model.parameters]
steps = 2
width = 64
height = 64
[model.cost]
seconds_per_image = 1.5
"""


def draw(server: Server, prompts: int = 8) -> None:
    services = server.services
    models = [m for m in services.catalog.active() if m.source.kind == "scripted"]
    for number in range(prompts):
        prompt = Prompt(f"thing number {number}", ("animal", "food")[number % 2])
        services.grids.generate([GridRequest(m, prompt, (1, 2)) for m in models])
    services.embeddings.image_vectors(services.store.images.all())
    services.gallery.catch_up()
    services.refresher.nudge_images()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base = REPOSITORY / "assets" / "models" / "pocket-base"
    entries = catalog(**dict.fromkeys(MODELS, "ok")) + LOCAL.format(id="pocket-base", path=base)
    with serve(tmp_path_factory.mktemp("gallery"), entries) as running:
        draw(running)
        yield running


@pytest.fixture
def page(server, new_context, open_page) -> Page:
    page = open_page(new_context(), server.url)
    gallery(page)
    return page


def gallery(page: Page) -> None:
    open_tab(page, "Gallery")
    expect(page.locator("[data-image]").first).to_be_visible()


def shown(page: Page) -> list[str]:
    return [f.get_attribute("data-image") for f in page.locator("[data-image]").all()]


def slide(page: Page, kind: str, value: float) -> None:
    """Move a slider and wait for the answer to the last question."""
    before = page.locator(".g-gallery").get_attribute("data-loaded")
    page.locator(f"[data-weight={kind}]").evaluate(
        "(slider, value) => { slider.value = value;"
        " slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )
    expect(page.locator(".g-gallery")).not_to_have_attribute("data-loaded", before or "")


def test_sliders_change_the_order(page):
    usual = shown(page)
    slide(page, "prompt_match", 0)
    slide(page, "distinctiveness", 2)
    other = shown(page)
    assert other != usual
    page.get_by_role("button", name="Usual order").click()
    expect(page.locator("[data-image]").first).to_have_attribute("data-image", usual[0])
    assert shown(page) == usual
    expect(page.locator(".g-histogram i")).to_have_count(24)


def test_the_range_narrows_what_is_shown(page):
    expect(page.locator("[data-found]")).to_have_text("96 images")
    page.locator("[data-range=low]").evaluate(
        "s => { s.value = 60; s.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(page.locator("[data-found]")).not_to_have_text("96 images")
    scores = [int(t.strip("%")) for t in page.locator("figcaption b").all_inner_texts()]
    assert min(scores) >= 60


def test_filters_search_and_columns(page):
    page.locator("[data-filter=model]").select_option("jade")
    expect(page.locator("[data-found]")).to_have_text("16 images")
    page.get_by_placeholder("Search prompts and models").fill("number 3")
    expect(page.locator("[data-found]")).to_have_text("2 images")
    page.get_by_placeholder("Search prompts and models").fill("nothing like it")
    expect(page.locator("[data-grid]")).to_contain_text("No image fits")
    page.locator("[data-columns]").evaluate(
        "s => { s.value = 3; s.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert page.locator(".g-gallery").evaluate("g => g.style.getPropertyValue('--columns')") == "3"


def test_what_no_safety_checker_has_seen_is_said_to_be_unknown(server, page):
    told = page.locator("[data-unknown=safety]")
    expect(told).to_have_text("unknown for all")
    expect(page.locator("[data-unknown=prompt_match]")).to_have_text("")
    image = shown(page)[0]
    server.services.store.image_scores.put_safety([(int(image), 0.75)])
    slide(page, "safety", 2)
    expect(told).to_have_text("unknown for 95")
    score = page.locator(f"[data-image='{image}'] figcaption b")
    expect(score).to_have_attribute("title", re.compile("Safety: 75% "))


def test_views_by_keyboard(page):
    page.get_by_role("tab", name="Images").press("ArrowRight")
    expect(page.locator("canvas")).to_be_visible()
    expect(page.get_by_role("tab", name="Map")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-grid]")).to_be_visible()
    expect(page.get_by_role("tab", name="Images")).to_have_attribute("aria-selected", "true")


def test_choices_survive_paging_and_reload(page):
    first, second = shown(page)[:2]
    for image in (first, second):
        page.locator(f"[data-pick='{image}']").click()
    expect(page.locator("[data-act=picked] b")).to_have_text("2")
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".g-pages span")).to_have_text("Page 2 of 2")
    assert first not in shown(page)
    page.get_by_role("button", name="Previous").click()
    expect(page.locator(f"[data-pick='{first}']")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.locator("#start").wait_for()
    gallery(page)
    expect(page.locator("[data-act=picked] b")).to_have_text("2")
    expect(page.locator(f"[data-pick='{second}']")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-act=picked]").click()
    expect(page.locator("[data-image]")).to_have_count(2)


def test_a_click_enlarges_and_chooses_nothing(page):
    page.locator("[data-zoom]").first.click()
    expect(page.locator(".g-lightbox")).to_be_visible()
    expect(page.locator(".g-count")).to_have_text("1 / 48")
    page.keyboard.press("Escape")
    expect(page.locator("[data-act=picked] b")).to_have_text("0")


def test_a_reported_image_is_gone(page):
    image = shown(page)[5]
    page.locator(f"[data-report='{image}']").select_option("broken")
    expect(page.locator(f"[data-image='{image}']")).to_have_count(0)
    expect(page.locator(".g-gallery-said")).to_contain_text("Reported")


def test_chosen_images_are_ranked_in_the_arena(page):
    page.locator("[data-filter=prompt]").select_option("thing number 2")
    expect(page.locator("[data-found]")).to_have_text("12 images")
    names = page.locator("figcaption span").all_inner_texts()
    for name in list(dict.fromkeys(names))[:3]:
        page.locator("figure", has_text=name).first.locator("[data-pick]").click()
    expect(page.locator("[data-act=picked] b")).to_have_text("3")
    page.get_by_role("button", name="Rank them").click()
    expect(page.locator("#stage .g-side")).to_have_count(3, timeout=30_000)


def open_map(page: Page) -> None:
    page.get_by_role("tab", name="Map").click()
    expect(page.locator("canvas")).to_have_attribute("data-ready", re.compile(r"\d+"))


def test_the_map_shows_and_chooses(page):
    open_map(page)
    places = page.evaluate("gemrecMap.places()")
    assert len(places) >= 90
    box = page.locator("canvas").bounding_box()
    middle = box["width"] / 2, box["height"] / 2
    _, x, y = min(places, key=lambda place: math.dist(place[1:], middle))
    (x, y) = box["x"] + x, box["y"] + y
    page.mouse.click(x, y)
    expect(page.locator(".g-map-card [data-pick]")).to_be_visible()
    page.locator(".g-map-card [data-pick]").click()
    expect(page.locator("[data-act=picked] b")).to_have_text("1")
    page.locator(".g-map-card").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(x - 30, y - 30)
    page.mouse.down()
    for dx, dy in ((30, -30), (30, 30), (-30, 30), (-30, -30)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    expect(page.locator("[data-map-said]")).to_contain_text("chosen")
    assert page.evaluate("gemrecMap.chosen()") > 1
    for colour in ("category", "rating", "preference"):
        page.locator("[data-colour]").select_option(colour)
        expect(page.locator(".g-key li").first).to_be_visible()
    page.locator("canvas").focus()
    for key in ("+", "ArrowLeft", "0"):
        page.keyboard.press(key)


def test_the_podium_is_put_in_order_by_hand(server, page):
    votes = server.services.store.votes.last_id()
    page.get_by_role("tab", name="My models").click()
    expect(page.locator(".g-summary .g-card")).to_have_count(3)
    names = page.locator(".g-summary [data-model]").evaluate_all("i => i.map(x => x.dataset.model)")
    page.locator(f"[data-model='{names[0]}'] [data-move='1']").click()
    expect(page.locator(".g-summary [data-model]").nth(1)).to_have_attribute("data-model", names[0])
    expect(page.locator(".g-summary-head")).to_contain_text("in your own order")
    page.get_by_role("button", name="Back to the learnt order").click()
    expect(page.locator(".g-summary [data-model]").first).to_have_attribute("data-model", names[0])
    assert server.services.store.votes.last_id() == votes


def test_the_copied_snippet_runs(server, new_context, open_page, tmp_path):
    """Copied in the browser, run by an interpreter of its own, on a pocket model."""
    services = server.services
    model = services.catalog.get("pocket-base")
    file = services.images.put(PILImage.new("RGB", (64, 64), (9, 80, 200)))
    services.store.images.add(
        digest=file.digest, model_id=model.id, prompt=Prompt("a cat face", "animal"), seed=5,
        parameters=model.parameters.key, parameters_json="{}", width=64, height=64,
        seconds=None, now=services.clock(),
    )  # fmt: skip
    services.refresher.nudge_images()
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    page = open_page(context, server.url)
    gallery(page)
    page.get_by_role("tab", name="My models").click()
    item = page.locator(".g-summary [data-model='pocket-base']")
    item.locator(".g-code summary").click()
    item.get_by_role("button", name="Copy").click()
    expect(item.locator("[data-copy]")).to_have_text("Copied")
    code = page.evaluate("navigator.clipboard.readText()")
    assert "'a cat face'" in code
    assert "manual_seed(5)" in code
    assert code == item.locator("code").inner_text()
    (tmp_path / "assets").symlink_to(REPOSITORY / "assets")
    script = tmp_path / "run.py"
    script.write_text(code)
    done = subprocess.run(  # noqa: S603 - what the page gave us
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with PILImage.open(tmp_path / "image.png") as picture:
        assert picture.size == (64, 64)
        assert len(picture.convert("RGB").getcolors(64 * 64)) > 50


def test_without_images_it_says_what_to_do(tmp_path, new_context, open_page):
    with serve(tmp_path) as bare:
        page = open_page(new_context(), bare.url)
        open_tab(page, "Gallery")
        expect(page.locator("[data-grid]")).to_contain_text("No images yet")
        expect(page.locator(".g-weights")).to_be_hidden()
        page.get_by_role("tab", name="Map").click()
        expect(page.get_by_role("heading", name="No map yet")).to_be_visible()
        expect(page.locator("canvas")).to_be_hidden()
        page.get_by_role("tab", name="My models").click()
        expect(page.get_by_role("heading", name="No models yet")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone(server, new_context, open_page, theme):
    page = open_page(new_context(phone=True), server.url)
    page.evaluate("theme => gemrec.remember('theme', theme)", theme)
    page.reload()
    page.locator("#start").wait_for()
    gallery(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    expect(page.get_by_role("button", name="Rank them")).to_be_hidden()
    page.locator("[data-pick]").first.click()
    expect(page.get_by_role("button", name="Chosen 1")).to_be_in_viewport()
    page.locator("[data-pick]").first.click()
    expect(page.get_by_role("button", name="Rank them")).to_be_hidden()
    small = page.locator("[data-pick]").first.bounding_box()
    assert min(small["width"], small["height"]) >= 44
    open_map(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("tab", name="My models").click()
    expect(page.locator(".g-summary .g-card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
