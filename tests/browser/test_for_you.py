"""The For you tab: steering, drawing, limits; and on the pocket models, taste from end to end."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gemrec.records import Outcome, Prompt, Vote
from gemrec.settings import REPOSITORY
from tests.browser.helpers import open_tab, start, vote
from tests.browser.server import Server, catalog, serve
from tests.browser.test_walk import shoot

pytestmark = pytest.mark.browser
PROMPT = "another thing"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Five models that look different; one is too slow for a limit and one never draws."""
    scripts = dict.fromkeys(("amber", "beryl", "coral", "jade"), "slow:0.2") | {"opal": "missing"}
    with serve(tmp_path_factory.mktemp("for-you"), catalog(**scripts)) as running:
        models = list(running.services.catalog.active())[:4]
        for number in range(2):
            running.services.grids.generate([request(model, f"thing {number}") for model in models])
        images = running.services.store.images.all()
        running.services.embeddings.image_vectors(images)
        running.services.refresher.nudge_images()
        yield running


def request(model, text):
    from gemrec.generation import GridRequest  # noqa: PLC0415 - only this helper needs it

    return GridRequest(model, Prompt(text, "x"), (1, 2, 3))


@pytest.fixture
def page(server, new_context, open_page) -> Page:
    page = open_page(new_context(), server.url)
    ask(page)
    return page


def ask(page: Page, prompt: str = PROMPT) -> None:
    open_tab(page, "For you")
    box = page.locator("#for-you-prompt input, #for-you-prompt textarea")
    box.fill(prompt)
    box.press("Enter")
    expect(page.locator(".g-model").first).to_be_visible()


def steer(page: Page, words: str) -> None:
    box = page.locator("#steer-words input, #steer-words textarea")
    box.fill(words)
    box.press("Enter")


def order(page: Page) -> list[str]:
    return [m.get_attribute("data-model") for m in page.locator(".g-model").all()]


def test_cold_start_says_so_and_shows_the_way(page):
    expect(page.locator("#votes")).to_contain_text("No votes yet")
    expect(page.locator(".g-known")).to_contain_text("everybody")
    expect(page.locator(".g-card")).to_have_count(3)
    expect(page.locator(".g-from")).to_contain_text("Nobody has drawn this prompt yet")
    expect(page.locator(".g-map circle")).to_have_count(4)


def test_words_steer_visibly_and_can_be_taken_back(page):
    plain = order(page)
    steer(page, "more white")
    expect(page.locator(".g-wish")).to_have_text(re.compile("more white"))
    expect(page.locator(".g-moved").first).to_be_visible()
    more = order(page)
    page.get_by_role("button", name="Remove more white").click()
    expect(page.locator(".g-wish")).to_have_count(0)
    assert order(page) == plain
    steer(page, "less white")
    expect(page.locator(".g-wish-less")).to_be_visible()
    less = order(page)
    assert [m for m in less if m != "opal"] == [m for m in more if m != "opal"][::-1]
    page.get_by_role("button", name="Undo last change").click()
    expect(page.locator(".g-wish")).to_have_count(0)
    assert order(page) == plain


def test_wishes_survive_a_reload(server, page):
    steer(page, "more red, less blue")
    expect(page.locator(".g-wish")).to_have_count(2)
    page.reload()
    page.locator("#start").wait_for()
    ask(page)
    expect(page.locator(".g-wish")).to_have_count(2)
    page.get_by_role("button", name="Back to my votes alone").click()
    expect(page.locator(".g-wish")).to_have_count(0)


def test_words_that_say_nothing_are_answered(page):
    steer(page, "please")
    expect(page.get_by_role("alert")).to_contain_text("more colourful, less cartoon")


def test_a_picture_finds_its_model(server, page, tmp_path):
    made = next(i for i in server.services.store.images.all() if i.model_id == "coral")
    page.locator("#by-picture button").first.click()
    page.locator("#example-picture input[type=file]").set_input_files(
        server.services.images.path(made.digest)
    )
    expect(page.locator("#wish-said")).to_contain_text("come from The Coral Model")
    expect(page.locator(".g-wish img")).to_be_visible()
    assert order(page)[0] == "coral"


def test_models_draw_on_demand(page):
    expect(page.locator("#draw")).to_contain_text("4 models")
    page.locator("#draw").click()
    expect(page.locator(".g-progress")).to_be_visible()
    expect(page.locator(".g-from")).to_have_count(0)
    expect(page.locator("#draw")).to_be_visible()
    expect(page.locator("#for-you-images figure")).to_have_count(12)
    expect(page.locator("#for-you-images .g-tag")).to_have_count(4)
    assert page.locator("#for-you-images .g-tag").first.inner_text() == "best of 3"
    page.locator("#for-you-images .g-cell").first.click()
    expect(page.locator(".g-lightbox")).to_be_visible()


def test_drawing_can_be_stopped(server, page):
    ask(page, "a stopped thing")
    page.locator("#draw").click()
    page.locator("#stop-drawing").click()
    expect(page.locator("#draw-progress")).to_contain_text("Stopped")
    expect(page.locator("#draw")).to_be_visible()
    made = [i for i in server.services.store.images.all() if i.prompt == "a stopped thing"]
    assert len(made) < 12


def test_limits_leave_models_out_and_say_which(page):
    page.locator("#limits button").first.click()
    page.locator("#limit-seconds input").fill("1")
    page.locator("#limit-seconds input").press("Tab")
    expect(page.locator(".g-left-out")).to_contain_text("its speed is not known")
    expect(page.locator(".g-card")).to_have_count(0)
    page.locator("#limit-seconds input").fill("0")
    page.locator("#limit-seconds input").press("Tab")
    expect(page.locator(".g-card")).to_have_count(3)


def test_forged_changes_change_nothing(server, page):
    before = order(page)
    for forged in ("[]", '{"do": "strength", "axis": "nonsense", "strength": 0}', '{"do": "rm"}'):
        page.locator("#taste-action textarea, #taste-action input").evaluate(
            "(field, text) => { field.value = text;"
            "field.dispatchEvent(new Event('input', {bubbles: true})); }",
            forged,
        )
        page.wait_for_timeout(100)
        page.locator("#taste-act").evaluate("button => button.click()")
        expect(page.locator("#wish-said").get_by_role("alert")).to_contain_text("allowed")
    assert order(page) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_looks(server, new_context, open_page, phone, scheme):
    page = open_page(new_context(phone, color_scheme=scheme), server.url)
    ask(page, "thing 1")
    steer(page, "more red, less blue")
    expect(page.locator(".g-wish")).to_have_count(2)
    shoot(page, f"{'phone' if phone else 'desktop'}-{scheme}-for-you")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---- taste from end to end, on the pocket models ----

FAMILY = ("base", "animals", "food", "watercolor", "mosaic", "noir", "vintage", "blueprint")
STYLE = {"mosaic": 2.0, "noir": -2.0}
SUBJECT = {"animals": 1.0, "food": -1.0}
"""One style and one subject that are loved, and their opposites, as utilities; all else is 0. The
subject's model is liked for what it is for: where the prompt shows its subject."""
SUBJECTS = {"animals": ("cat", "dog", "panda"), "food": ("hamburger",)}
SHOWN = (
    "a cat face on a blue background",
    "a hamburger on a yellow background",
    "a dog face on a yellow background",
    "a house on a green background",
    "a panda on a purple background",
)
UNSEEN = "a rocket on a red background"
VOTES = 15


def pocket_assets(folder: Path) -> Path:
    """The shipped assets with eight of the models, so that fifteen votes meet each of them."""
    folder.mkdir()
    shipped = REPOSITORY / "assets"
    for part in ("models", "pocket-clip", "ui", "prompts.csv"):
        (folder / part).symlink_to(shipped / part)
    entries = (shipped / "models.toml").read_text().split("[[model]]")[1:]
    kept = [e for e in entries if any(f'id = "pocket-{name}"' in e for name in FAMILY)]
    assert len(kept) == len(FAMILY)
    (folder / "models.toml").write_text("".join(f"[[model]]{entry}" for entry in kept))
    return folder


@pytest.fixture(scope="module")
def pocket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("taste")
    assets = pocket_assets(folder / "pocket")
    with serve(
        folder,
        backend="diffusers",
        assets=assets,
        images_per_grid=1,
        sampler="personal",
        random_share=0.0,
    ) as running:
        running.services.grids.wait_until_ready()
        yield running


def liking(model_id: str, prompt: str, sign: float) -> float:
    name = model_id.removeprefix("pocket-")
    shown = any(word in prompt for word in SUBJECTS.get(name, ()))
    subject = SUBJECT[name] if shown else 0.0
    return sign * (STYLE.get(name, 0.0) + subject)


def vote_by_taste(server: Server, page: Page, sign: float) -> list[Vote]:
    """Fifteen battles in the browser, each answered by what the annotator loves."""
    store, cast = server.services.store, []
    for number in range(VOTES):
        prompt = SHOWN[number % len(SHOWN)]
        start(page, prompt=prompt)
        battle = next(b for b in newest_battles(server) if b.prompt == prompt)
        left, right = (liking(model_id, prompt, sign) for model_id in battle.models)
        vote(page, "ArrowLeft" if left > right else "ArrowRight" if right > left else "2")
        cast.append(store.votes.after(store.votes.last_id() - 1)[0])
        assert cast[-1].models == battle.models
    return cast


def newest_battles(server: Server):
    """Battles that wait for their vote, the newest first; what the annotator cannot see."""
    people = {vote.annotator_id for vote in server.services.store.votes.after(0)}
    people |= set(annotators(server))
    found = [server.services.store.battles.latest_open(person) for person in people]
    return sorted((b for b in found if b is not None), key=lambda b: b.opened_at, reverse=True)


def annotators(server: Server) -> list[str]:
    with server.services.store._database.connect() as connection:
        return [row[0] for row in connection.execute("SELECT id FROM annotator")]


@pytest.mark.timeout(900)
def test_opposite_tastes_get_opposite_models(pocket, new_context, open_page):
    ranked, cast = {}, {}
    for sign in (1.0, -1.0):
        page = open_page(new_context(), pocket.url)
        cast[sign] = vote_by_taste(pocket, page, sign)
        pocket.services.refresher.wait_for(cast[sign][-1].id, 10)
        ask(page, UNSEEN)
        expect(page.locator("#votes")).to_contain_text(f"{VOTES} votes of yours")
        ranked[sign] = order(page)
        shoot(page, f"taste-{'mosaic' if sign > 0 else 'noir'}")
        check_reasons(page, cast[sign])
        switch_an_axis_off_and_on(page)
    assert ranked[1.0][0] == "pocket-mosaic"
    assert ranked[-1.0][0] == "pocket-noir"

    # Taking every vote back takes the taste back.
    for votes in cast.values():
        for given in votes:
            pocket.services.arena.undo(given.annotator_id, given.id)
    pocket.services.refresher.wait_for(pocket.services.store.votes.last_id(), 10)
    everybody = lambda: pocket.services.refresher.current().everybody.votes  # noqa: E731
    deadline = time.monotonic() + 30
    while everybody() and time.monotonic() < deadline:  # everybody's part follows a little later
        page.wait_for_timeout(200)
    page.locator("#recommend").click()
    expect(page.locator(".g-known")).to_contain_text("No votes of yours")
    expect(page.locator(".g-remark")).to_contain_text("order of popularity")
    expect(page.locator(".g-score").first).to_have_text("50%")
    assert set(page.locator(".g-score").all_inner_texts()) == {"50%"}


def switch_an_axis_off_and_on(page: Page) -> None:
    first = page.locator(".g-leaning").first
    first.get_by_role("button", name="Off").click()
    off = page.locator(".g-leaning.g-off")
    expect(off).to_contain_text("you switched this off")
    off.get_by_role("button", name="As learnt").click()
    expect(page.locator(".g-leaning.g-off")).to_have_count(0)


def check_reasons(page: Page, cast: list[Vote]) -> None:
    """Every vote that a reason names was cast as it says."""
    names = {f"pocket-{n}": f"Pocket {n.title()}" for n in FAMILY}
    said = {
        f"On “{v.prompt}” your vote for {names[w]} over {names[x]} spoke"
        for v in cast
        if v.outcome in (Outcome.LEFT, Outcome.RIGHT)
        for w, x in [v.models if v.outcome is Outcome.LEFT else v.models[::-1]]
    } | {
        f"On “{v.prompt}” your tie between {names[v.models[0]]} and {names[v.models[1]]} spoke"
        for v in cast
        if v.outcome is Outcome.TIE
    }
    named = [
        text
        for text in page.locator(".g-why li").all_text_contents()
        if text.startswith("On “") and "spoke" in text
    ]
    assert len(named) >= 3
    for text in named:
        assert text.partition(" spoke")[0] + " spoke" in said
    first = page.locator(".g-card .g-reason").first
    expect(first).to_contain_text(re.compile(r"You preferred Pocket \w+ .*likely to be among your"))
