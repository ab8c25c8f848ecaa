"""A marker in every field of every model is in no byte that leaves the server before the vote.

Everything that a browser or a script receives is kept and searched: pages, headers, ``/config``,
``/gradio_api/info``, event streams, image bytes. That the same search finds the marker after the
vote shows that it works.
"""

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.browser.server import Server, serve

pytestmark = pytest.mark.integration
MARKER = "xylophone"
PROMPT = "a cat face on a blue background"
DOWNLOADS, COST, WEIGHT, GUIDANCE, SCHEDULER = (
    7713007713,
    77.13177,
    0.771377,
    77.1355,
    "dpm++-karras",
)
"""The fields that cannot hold the marker; steps and sizes are numbers that occur everywhere."""
LETTERS = "abcdefgh"
GENERAL = (
    "/",
    "/config",
    "/gradio_api/info",
    "/gradio_api/startup-events",
    "/theme.css",
    "/health",
)


def marked(letter: str) -> str:
    """A scripted model whose every text holds the marker."""
    return (
        f'[[model]]\nid = "{MARKER}-{letter}"\nname = "{MARKER} name {letter}"\n'
        f'licence = "{MARKER} licence {letter}"\ndescription = "{MARKER} description"\n'
        f'url = "https://{MARKER}.example/{letter}"\ntags = ["style:{MARKER}"]\ndownloads = {DOWNLOADS}\n'
        f"[model.cost]\nseconds_per_image = {COST}\nvram_gb = {COST}\n"
        f"usd_per_image = {COST}\ndownload_gb = {COST}\n"
        f'[model.source]\nkind = "scripted"\npath = "{MARKER}-{letter}"\nweight = {WEIGHT}\n'
        f'[model.parameters]\nscheduler = "{SCHEDULER}"\nguidance_scale = {GUIDANCE}\n'
        f'negative_prompt = "{MARKER} negative {letter}"\n'
        f"width = {32 + 8 * (ord(letter) % 3)}\nheight = 32\n"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("marker"), "".join(map(marked, LETTERS))) as running:
        yield running


class Listener:
    """A browser that keeps every byte it gets."""

    def __init__(self, server: Server, session: str) -> None:
        self.received: list[bytes] = []
        self.http = httpx.Client(
            base_url=server.url, timeout=60, event_hooks={"response": [self._keep]}
        )
        self._server = server
        self._session = session
        self.http.get("/")
        self._config = self.http.get("/config").json()

    def _keep(self, response: httpx.Response) -> None:
        response.read()
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.received.append(headers.encode() + b"\n" + response.content)

    @property
    def heard(self) -> str:
        return b"\n".join(self.received).decode("utf-8", "replace").lower()

    def _number(self, elem_id: str, event: str) -> int:
        components = self._config["components"]
        found = next(c["id"] for c in components if c["props"].get("elem_id") == elem_id)
        targets = self._config["dependencies"]
        return next(d["id"] for d in targets if [found, event] in d["targets"])

    def press(self, elem_id: str, data: list[object], event: str = "click") -> str:
        """Run a handler at once, as its button would."""
        number = self._number(elem_id, event)
        body = {"data": data, "fn_index": number, "session_hash": self._session}
        return self.http.post("/gradio_api/run/predict", json=body).text

    def stream(self, elem_id: str, data: list[object]) -> str:
        """Run a handler through the queue and listen to its whole event stream."""
        number = self._number(elem_id, "click")
        body = {"data": data, "fn_index": number, "session_hash": self._session}
        assert self.http.post("/gradio_api/queue/join", json=body).status_code == 200
        query = {"session_hash": self._session}
        return self.http.get("/gradio_api/queue/data", params=query).text

    def start(self, **setup: object) -> str:
        return self.stream("start", [PROMPT, "Any topic", {"setup": {"images": 2, **setup}}])

    def look(self, text: str) -> None:
        """Fetch every image that a text names."""
        names = set(re.findall(r"img/([0-9a-f]+)\.webp", text))
        assert names
        for name in names:
            assert self.http.get(f"/img/{name}.webp").status_code == 200

    def look_around(self) -> None:
        """Fetch what every visitor may fetch, and load the page anew."""
        for path in GENERAL:
            self.http.get(path)
        load = next(d["id"] for d in self._config["dependencies"] if _is_load(d))
        body = {"data": [], "fn_index": load, "session_hash": self._session}
        self.http.post("/gradio_api/run/predict", json=body)

    def secrets(self) -> list[str]:
        """What would tell the newest battle's images apart even without names."""
        store = self._server.services.store
        with store._database.connect() as connection:
            battle_id = connection.execute(
                "SELECT id FROM battle ORDER BY rowid DESC LIMIT 1"
            ).fetchone()[0]
        battle = store.battles.get(battle_id)
        images = [store.images.get(s.image_id) for s in store.battles.showings(battle_id)]
        assert images
        return [*(i.digest for i in images), *map(str, battle.seeds)]


def _is_load(dependency: dict) -> bool:
    return any(event == "load" for _, event in dependency["targets"])


@pytest.fixture
def listener(server, request) -> Iterator[Listener]:
    made = Listener(server, f"session-{request.node.name}")
    yield made
    made.http.close()


def assert_blind(listener: Listener) -> None:
    heard = listener.heard
    assert MARKER not in heard
    assert not any(str(f) in heard for f in (DOWNLOADS, COST, WEIGHT, GUIDANCE, SCHEDULER))
    assert not any(secret in heard for secret in listener.secrets())


def test_a_pair_is_blind_until_its_vote(listener):
    listener.look(listener.start(mode="blind"))
    listener.look_around()
    assert_blind(listener)
    assert MARKER in listener.press("vote-left", [None, None])


def test_a_ranking_is_blind_until_its_vote(listener):
    listener.look(listener.start(mode="ranking", sides=4))
    listener.look_around()
    assert_blind(listener)
    battle = listener._server.services.store.battles
    round_id = battle.latest_open(_annotator(listener)).id
    said = {"round": round_id, "ranking": [[2], [0, 1]]}
    listener.press("channel", [None, said], "draft")
    listener.look_around()
    assert_blind(listener)
    assert MARKER in listener.press("vote-ranking", [None, said])


def test_a_kings_run_is_blind_until_it_ends(listener):
    listener.look(listener.start(mode="king"))
    assert_blind(listener)
    for side in ("left", "right", "tie"):
        listener.press(f"vote-{side}", [None, None])
        listener.press("channel", [None], "history")
        said = {"setup": {"mode": "king", "images": 2}}
        listener.look(listener.stream("next", [PROMPT, "Any topic", said, None]))
        listener.look_around()
        assert_blind(listener)
    listener.press("vote-left", [None, None])
    assert_blind(listener)
    assert MARKER in listener.press("end-run", [None])


def test_a_prepared_battle_is_blind_too(listener):
    listener.look(listener.start(mode="blind"))
    annotator = _annotator(listener)
    services = listener._server.services
    assert services.arena.prepared(annotator) is not None
    listener.look_around()
    assert_blind(listener)
    listener.press("vote-tie", [None, None])
    listener.received.clear()
    listener.look(listener.stream("next", [PROMPT, "Any topic", {"setup": {"images": 2}}, None]))
    assert_blind(listener)


@pytest.mark.parametrize("options", [[], ["pair", 2], ["ranking", 3]])
def test_the_api_is_blind_until_the_vote(server, listener, options):
    sent = {"data": [PROMPT, None, 2, "ada", *options]}
    event = listener.http.post("/gradio_api/call/open_battle", json=sent).json()["event_id"]
    stream = listener.http.get(f"/gradio_api/call/open_battle/{event}").text
    listener.look(stream)
    assert_blind(listener)
    document = json.loads(stream.split("data: ")[-1])[0]
    outcome = ["ranking", [["A"], ["B", "C"]]] if "ranking" in options else ["left"]
    vote = listener.http.post(
        "/gradio_api/call/vote", json={"data": [document["ticket"], *outcome]}
    ).json()["event_id"]
    assert MARKER in listener.http.get(f"/gradio_api/call/vote/{vote}").text


def test_licences_are_listed_once_for_you_opens_and_not_before(listener):
    listener.look_around()
    assert MARKER not in listener.heard
    assert f"{MARKER} licence a" in listener.press("tab-for-you", [], "select")


def test_a_refusal_names_nobody(server, listener):
    listener.start(mode="blind")
    thief = Listener(server, listener._session)
    thief.press("vote-left", [None, None])
    thief.http.post("/votes", json={"votes": [{"ticket": "x", "outcome": "left"}]})
    assert "another annotator" in thief.heard
    assert MARKER not in thief.heard
    thief.http.close()


def _annotator(listener: Listener) -> str:
    from gemrec.ui.app import build_context  # noqa: PLC0415

    identity = build_context(listener._server.services).identity
    cookie = "; ".join(f"{name}={value}" for name, value in listener.http.cookies.items())
    return identity.annotator_id({"cookie": cookie})
