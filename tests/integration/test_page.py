"""The page's own handlers over raw HTTP: what they give away, and to whom they answer."""

import json

import httpx
import pytest

from gemrec.services import Services
from tests.browser.server import MODELS, serve

pytestmark = pytest.mark.integration
PROMPT = "a cat face on a blue background"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("page")) as running:
        yield running


class Browser:
    """What a browser sends and receives, without a browser."""

    def __init__(self, url: str, session: str) -> None:
        self.session = session
        self.http = httpx.Client(base_url=url, timeout=30)
        self.page = self.http.get("/").text
        self.config = self.http.get("/config").json()

    def number_of(self, elem_id: str, event: str = "click") -> int:
        """Number of the handler that a click on a component calls."""
        component = next(
            c["id"] for c in self.config["components"] if c["props"].get("elem_id") == elem_id
        )
        return next(
            d["id"] for d in self.config["dependencies"] if [component, event] in d["targets"]
        )

    def body(self, elem_id: str, data: list[object]) -> dict[str, object]:
        number = self.number_of(elem_id)
        return {"data": data, "fn_index": number, "session_hash": self.session}

    def start(self, prompt: str = PROMPT) -> str:
        """Open a battle as the Start button does; return every byte of the event stream."""
        joined = self.http.post(
            "/gradio_api/queue/join", json=self.body("start", [prompt, "Any topic", None])
        )
        assert joined.status_code == 200
        return self.http.get("/gradio_api/queue/data", params={"session_hash": self.session}).text

    def vote(self, outcome: str = "left") -> str:
        answer = self.http.post(
            "/gradio_api/run/predict", json=self.body(f"vote-{outcome}", [None, None])
        )
        return answer.text


@pytest.fixture
def browser(server, request):
    started = Browser(server.url, f"session-{request.node.name}")
    yield started
    started.http.close()


def secrets_of(services: Services, battle_id: str) -> list[str]:
    """Everything that would give the two models of a battle away."""
    battle = services.store.battles.get(battle_id)
    showings = services.store.battles.showings(battle_id)
    digests = [services.store.images.get(showing.image_id).digest for showing in showings]
    names = [services.catalog.get(model_id).name for model_id in battle.models]
    return [*battle.models, *names, *digests, *map(str, battle.seeds)]


def newest_battle(services: Services) -> str:
    """Id of the newest battle that waits for a vote."""
    with services.store._database.connect() as connection:
        row = connection.execute("SELECT id FROM battle ORDER BY rowid DESC LIMIT 1").fetchone()
    return str(row[0])


def test_the_page_names_no_model_and_no_path(server, browser):
    for sent in (browser.page, json.dumps(browser.config)):
        assert not any(
            f'"{name}"' in sent or f"The {name.title()} Model" in sent for name in MODELS
        )
        assert str(server.services.settings.data) not in sent


def test_nothing_before_the_vote_gives_a_model_away(server, browser):
    stream = browser.start()
    hidden = secrets_of(server.services, newest_battle(server.services))
    assert "process_completed" in stream
    assert stream.count("/img/") + stream.count("img/") >= 8
    assert not any(secret in stream for secret in hidden)
    assert "ticket" not in stream
    revealed = browser.vote()
    assert sum(name in revealed for name in hidden) >= 2


def test_images_appear_on_both_sides_together(browser):
    stream = browser.start()
    counts = []
    for line in stream.splitlines():
        sides = line.split("Side B")
        if line.startswith("data:") and "g-stage" in line and len(sides) > 1:
            left, right = line.split('aria-label=\\"Side B\\"')[:2]
            counts.append((left.count("img/"), right.count("img/")))
    assert counts
    assert all(left == right for left, right in counts)


def test_a_stolen_session_cannot_vote(server, browser):
    browser.start()
    thief = Browser(server.url, browser.session)
    before = server.services.store.votes.last_id()
    assert "another annotator" in thief.vote()
    thief.http.close()
    assert server.services.store.votes.last_id() == before
    assert "g-change" in browser.vote()


def test_without_a_cookie_nothing_is_opened(server, browser):
    browser.http.cookies.clear()
    stream = browser.start()
    assert "Allow cookies" in stream
    assert "g-stage" not in stream


def test_a_second_press_changes_nothing(server, browser):
    browser.start()
    browser.vote("left")
    before = server.services.store.votes.last_id()
    assert "g-change" not in browser.vote("right")
    assert server.services.store.votes.last_id() == before


def test_restarts_keep_identity_and_open_battle(tmp_path):
    with serve(tmp_path) as first:
        browser = Browser(first.url, "one")
        browser.start()
        battle = newest_battle(first.services)
        cookies = browser.http.cookies
    with serve(tmp_path) as second:
        with httpx.Client(base_url=second.url, cookies=dict(cookies)) as again:
            again.get("/")
        annotator = second.services.store.battles.get(battle).annotator_id
        ready = second.services.arena.resume(annotator)
        assert ready.battle_id == battle
        name = ready.sides[0].names[0]
        assert httpx.get(f"{second.url}/img/{name}.webp").status_code == 200
