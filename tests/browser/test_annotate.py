"""An annotator's whole session on a phone: agree, begin, judge, undo, pause, come back, finish, leave."""

import re

import pytest
from playwright.sync_api import expect

from gemrec.campaigns import parse_spec
from gemrec.records import CampaignState, Outcome
from tests.browser.conftest import SCREENSHOTS
from tests.browser.helpers import last_vote, open_tab, phase
from tests.browser.server import MODELS, catalog, serve

pytestmark = pytest.mark.browser
FAST = catalog(**dict.fromkeys(MODELS, "ok"))
SPEC = {
    "id": "faces",
    "title": "Which face fits better?",
    "instructions": "Look at **all** images.\n\n- Ignore <script>alert(1)</script> colours\n- Take your time",
    "prompts": ["a cat face", "a pizza"],
    "models": ["amber", "beryl", "coral"],
    "images": 2,
    "outcomes": ["left", "right", "tie", "skip"],
    "overlap": 1,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("annotate")
    with serve(folder, FAST, consent="Your votes are used for **research**.") as running:
        studies = running.services.studies
        studies.create(parse_spec(SPEC, running.services.catalog.models))
        yield running


def shot(page, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def agree(page):
    expect(page.locator(".g-consent")).to_contain_text("used for research")
    shot(page, "consent-phone")
    page.locator("[data-consent]").tap()
    expect(page.locator(".g-welcome")).to_be_visible()


def begin(page):
    open_tab(page, "Annotate")
    card = page.locator(".g-study-card")
    expect(card).to_contain_text("Look at all images.")
    expect(card).to_contain_text("<script>alert(1)</script>")  # shown, not run
    shot(page, "annotate-phone")
    page.locator("[data-study=faces]").tap()
    phase(page, "voting")
    expect(page.locator(".g-study")).to_contain_text("0 judged")
    expect(page.locator("#prompt")).to_be_hidden()
    expect(page.locator("#vote-both_bad")).to_be_hidden()
    shot(page, "study-phone")


def judge_one(page, server):
    page.locator("#vote-left").tap()
    phase(page, "revealed")
    expect(page.locator("#status")).to_contain_text("Noted: A better than B")
    expect(page.locator(".g-study")).to_contain_text("1 judged")
    for name in MODELS:
        assert f"The {name.title()} Model" not in page.locator("body").inner_text()
    shot(page, "study-voted-phone")
    assert last_vote(server).campaign == "faces"


def images(page):
    return [image.get_attribute("src") for image in page.locator(".g-cell img").all()]


def reload_and_pause(page):
    page.locator("#next").tap()
    phase(page, "voting")
    before = images(page)
    page.reload()  # picks up the item that they hold
    phase(page, "voting")
    expect(page.locator(".g-study")).to_contain_text("1 judged")
    assert images(page) == before
    page.locator("#study-pause").tap()
    expect(page.locator("[data-study=faces]")).to_have_text("Continue")
    page.locator("[data-study=faces]").tap()
    phase(page, "voting")
    assert images(page) == before


def finish(page, server):
    for number in range(5):
        phase(page, "voting")
        page.wait_for_timeout(850)
        page.locator("#vote-right").tap()
        phase(page, "revealed")
        page.locator("#next").tap()
        if number < 4:
            page.wait_for_function("document.body.dataset.gPhase !== 'revealed'")
    expect(page.locator(".g-empty h2")).to_have_text("You have judged everything here")
    progress = server.services.studies.status("faces").progress
    assert (progress.complete, progress.answered) == (6, 6)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def leave(page, server):
    open_tab(page, "Annotate")
    expect(page.locator(".g-study-card")).to_contain_text("Done, thank you")
    shot(page, "your-data-phone")
    before = page.context.cookies()[0]["value"]
    button = page.locator("[data-forget]")
    button.tap()
    expect(button).to_contain_text("Press again")
    button.tap()
    expect(page.locator(".g-consent")).to_be_visible(timeout=15_000)
    assert page.context.cookies()[0]["value"] != before
    votes = server.services.store.votes.current()
    assert {vote.annotator_id[:5] for vote in votes} == {"gone-"}
    assert [vote.outcome for vote in votes].count(Outcome.RIGHT) == 5


def test_a_whole_session_on_a_phone(server, new_context, open_page):
    page = open_page(new_context(phone=True))
    agree(page)
    begin(page)
    judge_one(page, server)
    reload_and_pause(page)
    finish(page, server)
    leave(page, server)


def test_owners_see_progress_quality_and_export(server, new_context, open_page):
    page = open_page(new_context())
    page.locator("[data-consent]").click()
    expect(page.locator(".g-welcome")).to_be_visible()
    open_tab(page, "Research")
    expect(page.locator("#owner-studies")).to_contain_text("Which face fits better?")
    page.locator("#quality-run").click()
    expect(page.locator("#quality")).to_contain_text("Krippendorff's alpha", timeout=60_000)
    expect(page.locator("#quality")).to_contain_text("Left side wins")
    page.locator("#export-run").click()
    link = page.locator("#export-said a")
    expect(link).to_contain_text("Download gemrec-parquet", timeout=30_000)
    with page.expect_download() as got:
        link.click()
    assert re.fullmatch(r"gemrec-parquet-.*\.zip", got.value.suggested_filename)
    shot(page, "research")
    page.locator("#study-closed").click()
    expect(page.locator("#export-said")).to_contain_text("faces is closed now")
    assert server.services.studies.get("faces").state is CampaignState.CLOSED
