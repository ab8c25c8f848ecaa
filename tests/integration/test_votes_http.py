"""Votes as scripts send them: repeated, forged, in bulk, with remarks, too many."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gradio_client.exceptions import AppError

from gemrec.records import BattleMode, Outcome, ReasonTag
from tests.browser.server import MODELS, catalog, serve

pytestmark = pytest.mark.integration
PROMPT = "a cat face on a blue background"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("votes")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    return server.client()


def opened(client, name="ada", **options):
    return client.predict(PROMPT, None, 1, name, **options, api_name="/open_battle")


def stored(server, battle_id):
    return server.services.store.votes.of_battle(battle_id)


def bulk(server, *votes):
    answer = httpx.post(f"{server.url}/votes", json={"votes": list(votes)}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["votes"]


def test_a_double_click_is_one_vote_with_one_answer(server, client):
    battle = opened(client)
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: client.predict(battle["ticket"], "left", api_name="/vote"), range(4))
        )
    assert all(answer == answers[0] for answer in answers)
    assert len(stored(server, battle["battle_id"])) == 1
    with pytest.raises(AppError, match="already"):
        client.predict(battle["ticket"], "right", api_name="/vote")
    assert client.predict(battle["ticket"], "left", api_name="/vote") == answers[0]


def test_plain_http_may_leave_optional_arguments_out(server, client):
    battle = opened(client)
    call = httpx.post(
        f"{server.url}/gradio_api/call/vote", json={"data": [battle["ticket"], "tie"]}
    )
    event = call.json()["event_id"]
    stream = httpx.get(f"{server.url}/gradio_api/call/vote/{event}").text
    document = json.loads(stream.split("data: ")[-1])[0]
    assert (document["outcome"], len(document["models"])) == ("tie", 2)


def test_everything_that_is_said_is_stored_apart(server, client):
    battle = opened(client)
    client.predict(
        battle["ticket"], "right", None, ["style", "looks"], ["B", 1], "", 1234, 5,
        api_name="/vote",
    )  # fmt: skip
    (vote,) = stored(server, battle["battle_id"])
    assert vote.outcome is Outcome.RIGHT
    assert vote.remarks.reasons == (ReasonTag.STYLE, ReasonTag.LOOKS)
    assert vote.remarks.best == (1, 0)
    assert (vote.remarks.dwell_ms, vote.remarks.zooms) == (1234, 5)
    skipped = opened(client)
    client.predict(skipped["ticket"], "skip", skip_reason="both empty", api_name="/vote")
    assert stored(server, skipped["battle_id"])[0].remarks.skip_reason == "both empty"


def test_a_ranking(server, client):
    battle = opened(client, form="ranking", sides=4)
    assert battle["form"] == "ranking"
    assert [side["label"] for side in battle["sides"]] == ["A", "B", "C", "D"]
    for wrong in (None, [["A"], ["A"]], [["E"]], "AB", [["A"]]):
        with pytest.raises(AppError, match="ranking"):
            client.predict(battle["ticket"], "ranking", wrong, api_name="/vote")
    with pytest.raises(AppError, match="outcome"):
        client.predict(battle["ticket"], "left", api_name="/vote")
    answer = client.predict(battle["ticket"], "ranking", [["C"], ["A", "B"]], api_name="/vote")
    assert answer["ranking"] == [["C"], ["A", "B"]]
    assert set(answer["models"].values()) == set(MODELS)
    assert stored(server, battle["battle_id"])[0].ranking == ((2,), (0, 1))


def test_a_named_comparison_says_who_and_stays_off_the_board(server, client):
    before = client.predict(api_name="/leaderboard")["votes"]
    battle = client.predict(
        PROMPT, ["jade", "coral"], 1, "ada", mode="named", api_name="/open_battle"
    )
    assert [side["model"] for side in battle["sides"]] == ["The Jade Model", "The Coral Model"]
    vote = client.predict(battle["ticket"], "left", api_name="/vote")
    server.services.refresher.wait_for(vote["vote_id"], 5)
    assert stored(server, battle["battle_id"])[0].mode is BattleMode.NAMED
    assert client.predict(api_name="/leaderboard")["votes"] == before


def test_votes_in_bulk(server, client):
    battles = [opened(client) for _ in range(3)]
    good = [{"ticket": battle["ticket"], "outcome": "left"} for battle in battles]
    answers = bulk(server, good[0], {"ticket": "forged", "outcome": "left"}, good[1], "x", good[0],
                   {"ticket": battles[2]["ticket"], "outcome": "left", "weight": 5})  # fmt: skip
    assert [sorted(answer) == ["error"] for answer in answers] == [
        False, True, False, True, False, True,
    ]  # fmt: skip
    assert answers[4] == answers[0]
    assert "Not a ticket" in answers[1]["error"]
    assert "'weight'" in answers[5]["error"]
    assert [len(stored(server, battle["battle_id"])) for battle in battles] == [1, 1, 0]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"votes": []}', b'{"votes": 5}', b"\xff", b"x" * 300_000]
)
def test_bodies_that_make_no_sense(server, body):
    answer = httpx.post(f"{server.url}/votes", content=body)
    assert answer.status_code == 400
    assert "allowed" in answer.json()["error"]


def test_too_many_are_refused_in_words_and_counted(tmp_path):
    limits = {"annotator_limit": "3/minute", "address_limit": "7/minute"}
    with serve(tmp_path, catalog(amber="ok", beryl="ok"), **limits) as server:
        client = server.client()
        battles = [opened(client) for _ in range(3)]
        with pytest.raises(AppError, match="Too many battles from you: allowed are 3 per minute"):
            opened(client)
        for battle in battles:
            client.predict(battle["ticket"], "left", api_name="/vote")
        with pytest.raises(AppError, match="Too many votes from you"):
            client.predict(battles[0]["ticket"], "right", api_name="/vote")
        for name in ("bob", "cyd", "dan"):
            opened(client, name)
        with pytest.raises(AppError, match="your network address: allowed are 7 per minute"):
            for name in ("eve", "fay"):
                opened(client, name)
        refused = server.services.store.tickets.refusals()
        assert refused == {"rate_annotator": 2, "rate_address": 1}
        assert b"127.0.0.1" not in server.services.settings.database.read_bytes()
