"""What somebody who means harm sends over HTTP, and what they get."""

import json
import random
import socket
import zlib
from io import BytesIO

import httpx
import pytest
from PIL import Image

from gemrec.ui.guards import LARGEST_REQUEST
from gemrec.ui.identity import COOKIE
from tests.browser.server import serve
from tests.integration.test_page import PROMPT, Browser, newest_battle
from tests.loopback import Answer
from tests.loopback import serve as loopback

pytestmark = pytest.mark.integration
SQL = "'; DROP TABLE vote; -- \" UNION SELECT value FROM secret"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TRAVERSALS = (
    "/img/../gemrec.db",
    "/img/..%2f..%2fgemrec.db",
    "/img/%2e%2e%2f%2e%2e%2fetc%2fpasswd.webp",
    "/img/....//etc/passwd.webp",
    "/img/%00.webp",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=../../../../etc/passwd",
    "/file=/etc/passwd",
    "/gradio_api/file=gemrec/settings.py",
    "/gradio_api/file=.git/config",
    "/static/../../../../etc/passwd",
    "/assets/..%2f..%2f..%2fetc%2fpasswd",
    "/theme/../../etc/passwd",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    limits = {"annotator_limit": "", "address_limit": ""}
    with serve(tmp_path_factory.mktemp("attack"), **limits) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    return server.client()


@pytest.fixture
def browser(server, request):
    started = Browser(server.url, f"session-{request.node.name}")
    yield started
    started.http.close()


def opened(client, **options):
    return client.predict(PROMPT, None, 1, "eve", **options, api_name="/open_battle")


def bulk(server, *votes):
    return httpx.post(f"{server.url}/votes", json={"votes": list(votes)}, timeout=30).json()[
        "votes"
    ]


def everything(server):
    """All that votes could change."""
    store = server.services.store
    return store.votes.after(0), store.votes.counts()


# ---- files and addresses ----


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_what_is_served(server, path):
    parts = httpx.URL(server.url)
    with httpx.Client() as raw:
        answer = raw.send(
            httpx.Request("GET", parts.copy_with(raw_path=path.encode())), follow_redirects=False
        )
    assert answer.status_code in (400, 403, 404, 405)
    for secret in (b"root:", b"SQLite format", b"[core]", b"class Settings"):
        assert secret not in answer.content


def test_the_database_and_the_images_folder_are_not_served(server):
    settings = server.services.settings
    for path in (settings.database, settings.image_folder, settings.data):
        answer = httpx.get(f"{server.url}/gradio_api/file={path}")
        assert answer.status_code in (403, 404)


def test_a_picture_by_address_is_not_fetched(server, browser):
    """A wish for "pictures like this one" must not make the server ask other servers."""
    asked = []

    def secret(request):
        asked.append(request.path)
        return Answer(b"secret")

    picture = next(c for c in browser.config["components"] if c["type"] == "image")
    number = next(
        d["id"]
        for d in browser.config["dependencies"]
        if picture["id"] in d["inputs"] and d["targets"]
    )
    inputs = next(d for d in browser.config["dependencies"] if d["id"] == number)["inputs"]
    with loopback(secret) as url:
        for file in (
            {"path": f"{url}/metadata", "meta": {"_type": "gradio.FileData"}},
            {"path": "x.png", "url": f"{url}/metadata", "meta": {"_type": "gradio.FileData"}},
            {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
            {"path": str(server.services.settings.database), "meta": {"_type": "gradio.FileData"}},
        ):
            data = [file if i == picture["id"] else None for i in inputs]
            body = {"data": data, "fn_index": number, "session_hash": browser.session}
            answer = browser.http.post("/gradio_api/run/predict", json=body)
            joined = browser.http.post("/gradio_api/queue/join", json=body)
            text = answer.text
            if joined.is_success:
                text += browser.http.get(
                    "/gradio_api/queue/data", params={"session_hash": browser.session}
                ).text
            assert "secret" not in text
            assert "root:" not in text
    assert asked == []


# ---- sizes ----


def test_a_request_that_is_too_long_is_refused_before_it_is_read(server):
    for path in ("/votes", "/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/call/vote"):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_REQUEST + 1}\r\n\r\n"
        where = httpx.URL(server.url)
        with socket.create_connection((where.host, where.port), timeout=10) as raw:
            raw.sendall(head.encode())
            answer = raw.recv(4096)
        assert b" 413 " in answer.splitlines()[0]
        assert b"MiB" in answer


def test_a_body_that_does_not_tell_its_length_is_cut_off(server):
    def chunks():
        for _ in range(LARGEST_REQUEST // 65536 + 3):
            yield b" " * 65536

    try:
        answer = httpx.post(f"{server.url}/gradio_api/queue/join", content=chunks(), timeout=30)
    except httpx.TransportError:
        return  # the server hung up on us, which will do
    assert answer.status_code in (400, 413)


def bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to side by side pixels."""
    image = Image.new("1", (8, 8))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    png = bytearray(buffer.getvalue())
    png[16:24] = side.to_bytes(4, "big") * 2
    png[29:33] = zlib.crc32(bytes(png[12:29])).to_bytes(4, "big")
    return bytes(png)


def test_an_image_bomb_is_refused(server, browser):
    uploaded = browser.http.post(
        "/gradio_api/upload", files={"files": ("bomb.png", bomb(30_000), "image/png")}
    )
    path = uploaded.json()[0]
    picture = next(c for c in browser.config["components"] if c["type"] == "image")
    dependency = next(
        d for d in browser.config["dependencies"] if picture["id"] in d["inputs"] and d["targets"]
    )
    file = {"path": path, "orig_name": "bomb.png", "meta": {"_type": "gradio.FileData"}}
    data = [file if i == picture["id"] else None for i in dependency["inputs"]]
    body = {"data": data, "fn_index": dependency["id"], "session_hash": browser.session}
    browser.http.post("/gradio_api/queue/join", json=body)
    stream = browser.http.get("/gradio_api/queue/data", params={"session_hash": browser.session})
    assert '"success":true' not in stream.text.replace(" ", "")
    assert httpx.get(f"{server.url}/health").is_success


# ---- words ----


@pytest.mark.parametrize("word", [SQL, MARKUP, "{{7*7}}${7*7}", "%s%n%x", "=1+1"])
def test_words_stay_words(server, client, word):
    """Prompts, names and remarks with SQL, markup, templates or formulas are only text."""
    before = len(everything(server)[0])
    battle = client.predict(word, None, 1, f"eve {word}"[:40], api_name="/open_battle")
    answer = client.predict(battle["ticket"], "skip", skip_reason=word, api_name="/vote")
    (vote,) = server.services.store.votes.after(answer["vote_id"] - 1)
    assert vote.prompt == word.strip()
    assert vote.remarks.skip_reason == word.strip() or vote.remarks.skip_reason == word
    assert len(everything(server)[0]) == before + 1
    told = client.predict(word, f"eve {word}"[:40], api_name="/recommend")
    assert "49" not in json.dumps(told["models"][0]["reason"])


def test_markup_in_a_prompt_is_text_in_every_handler_of_the_page(server, browser):
    stream = browser.start(MARKUP)
    assert "process_completed" in stream
    assert "<script>alert" not in stream
    assert "onerror=alert(1)>" not in stream.replace("&gt;", "")
    revealed = browser.vote()
    assert "<script>alert" not in revealed


@pytest.mark.parametrize("field", ["id", "name", "licence", "description"])
def test_markup_in_a_catalog_is_refused_or_text(tmp_path, field):
    from gemrec.catalog import load_catalog  # noqa: PLC0415
    from gemrec.errors import CatalogError  # noqa: PLC0415
    from gemrec.ui.widgets.setup import versus  # noqa: PLC0415
    from tests.scripted import scripted_model  # noqa: PLC0415

    file = tmp_path / "models.toml"
    entry = scripted_model("red").replace('licence = "MIT"', 'licence = "MIT"\ndescription = "d"')
    lines = [
        f"{field} = {json.dumps(MARKUP)}" if line.startswith(f"{field} =") else line
        for line in entry.splitlines()
    ]
    file.write_text("\n".join(lines) + "\n" + scripted_model("green"))
    try:
        catalog = load_catalog(file)
    except CatalogError as error:
        assert field in str(error)
        return
    assert "<script>" not in versus(tuple(catalog.models.values()))


# ---- tickets ----


def changed(token: str, rng: random.Random) -> str:
    """One character of a ticket is another one."""
    place = rng.randrange(len(token))
    other = rng.choice([c for c in "abcXYZ019-_." if c != token[place]])
    return token[:place] + other + token[place + 1 :]


def test_forged_tickets_change_nothing(server, client):
    battle = opened(client)
    token, before = battle["ticket"], everything(server)
    rng = random.Random(4)  # noqa: S311
    payload, stamp, signature = token.split(".")
    forgeries = {changed(token, rng) for _ in range(60)} | {
        "", ".", "..", token[:-1], token + "A", f"{payload}.{stamp}", f".{stamp}.{signature}",
        f"{payload}..{signature}", f"{stamp}.{payload}.{signature}", battle["battle_id"],
        token.swapcase(), token * 2, "A" * 5000, "\x00", "\N{SNOWMAN}", SQL,
    }  # fmt: skip
    answers = [
        answer
        for start in range(0, len(forgeries), 50)
        for answer in bulk(
            server,
            *({"ticket": t, "outcome": "left"} for t in sorted(forgeries)[start : start + 50]),
        )
    ]
    accepted = [a for a in answers if "error" not in a]
    # The last character of unpadded base64 has bits that do not count: such a "forgery" is the
    # ticket itself, and good once.
    assert len(accepted) <= 1 or len({a["vote_id"] for a in accepted}) == 1
    if not accepted:
        assert everything(server) == before
    assert len(server.services.store.votes.of_battle(battle["battle_id"])) <= 1


def test_replayed_and_reordered_tickets(server, client):
    first, second = opened(client), opened(client)
    one = bulk(server, {"ticket": second["ticket"], "outcome": "right"},
               {"ticket": first["ticket"], "outcome": "left"})  # fmt: skip
    assert all("error" not in answer for answer in one)
    before = everything(server)
    again = bulk(server, {"ticket": first["ticket"], "outcome": "left"},
                 {"ticket": first["ticket"], "outcome": "right"},
                 {"ticket": second["ticket"], "outcome": "right"})  # fmt: skip
    assert [a.get("vote_id") for a in again] == [one[1]["vote_id"], None, one[0]["vote_id"]]
    assert everything(server) == before


@pytest.mark.parametrize(
    "vote",
    [
        {"outcome": "left"},
        {"ticket": None, "outcome": "left"},
        {"ticket": ["x"], "outcome": "left"},
        {"ticket": {"$ne": 1}, "outcome": "left"},
        {"outcome": {"$gt": ""}},
        {"outcome": ["left"]},
        {"outcome": 1e308},
        {"outcome": "left", "dwell_ms": float(2**70)},
        {"outcome": "left", "dwell_ms": "1"},
        {"outcome": "left", "zooms": -1},
        {"outcome": "left", "best": [["A"], 1]},
        {"outcome": "left", "best": ["Z", 10**30]},
        {"outcome": "left", "reasons": "looks"},
        {"outcome": "left", "reasons": [{}]},
        {"outcome": "ranking", "ranking": [[["A"]]]},
        {"outcome": "left", "ranking": {"A": 1}},
        {"outcome": "skip", "skip_reason": ["x"]},
        {"outcome": "left", "annotator_id": "somebody"},
    ],
)
def test_votes_of_another_shape_end_in_words(server, client, vote):
    """Every field with every wrong type: an answer in words, never an error of the server."""
    battle = opened(client)
    (answer,) = bulk(server, {"ticket": battle["ticket"], **vote})
    stored = server.services.store.votes.of_battle(battle["battle_id"])
    assert ("error" in answer) is not bool(stored)
    if "error" in answer:
        assert "allowed" in answer["error"] or "text" in answer["error"]


# ---- other people ----


def test_a_forged_cookie_is_nobody(server, browser):
    browser.start()
    battle = newest_battle(server.services)
    owner = server.services.store.battles.get(battle).annotator_id
    for cookie in (owner, f'"{owner}"', f"{owner}.AAAA", json.dumps(owner) + ".x", "x" * 4000):
        with httpx.Client(base_url=server.url, headers={"Cookie": f"{COOKIE}={cookie}"}) as thief:
            body = browser.body("vote-left", [None, None])
            assert "g-change" not in thief.post("/gradio_api/run/predict", json=body).text
    assert server.services.store.votes.of_battle(battle) == ()


def test_nobody_reads_the_history_of_another(server, browser):
    """History, resume and changes go by the cookie: a borrowed page session shows nothing."""
    browser.start("a very private pizza")
    browser.vote()
    thief = Browser(server.url, browser.session)
    for dependency in thief.config["dependencies"]:
        if not dependency["targets"]:
            continue
        body = {
            "data": [None] * len(dependency["inputs"]),
            "fn_index": dependency["id"],
            "session_hash": thief.session,
            "event_data": {"vote": 1, "before": None, "id": 1},
        }
        answer = thief.http.post("/gradio_api/run/predict", json=body)
        assert "very private" not in answer.text
    thief.http.close()


def test_a_name_cannot_be_taken_by_the_api_when_names_are_not_believed(tmp_path):
    with serve(tmp_path, open_api=False) as server:
        call = httpx.post(
            f"{server.url}/gradio_api/call/open_battle", json={"data": [PROMPT, None, 1, "ada"]}
        )
        text = httpx.get(
            f"{server.url}/gradio_api/call/open_battle/{call.json()['event_id']}", timeout=30
        ).text
        assert "event: error" in text
        assert "ticket" not in text
