"""The owner's view over raw HTTP: for owners only, and what its buttons do."""

import httpx
import pytest
from gradio_client.exceptions import AppError

from tests.browser.server import serve
from tests.integration.test_page import PROMPT, Browser

pytestmark = pytest.mark.integration


def press(browser: Browser, elem_id: str) -> str:
    """What a press of a button without inputs answers."""
    return browser.http.post("/gradio_api/run/predict", json=browser.body(elem_id, [])).text


def test_an_owner_sees_closes_and_backs_up(tmp_path):
    with serve(tmp_path, backup=str(tmp_path / "bucket")) as server:
        owner = Browser(server.url, "owner")
        client = server.client()
        battle = client.predict(PROMPT, None, 1, "ada", api_name="/open_battle")
        seen = press(owner, "server-refresh")
        for title in ("Voting", "Refused votes", "Backup", "Free disk", "Memory", "Flags"):
            assert title in seen
        assert "Open voting" in press(owner, "server-voting")
        assert httpx.get(f"{server.url}/health").json()["voting"] == "closed"
        with pytest.raises(AppError, match="Voting is closed"):
            client.predict(battle["ticket"], "left", api_name="/vote")
        with pytest.raises(AppError, match="Voting is closed"):
            client.predict(PROMPT, None, 1, "ada", api_name="/open_battle")
        assert server.services.store.tickets.refusals() == {"closed": 2}
        press(owner, "server-voting")
        assert client.predict(battle["ticket"], "left", api_name="/vote")["vote_id"] == 1
        assert "1 votes in" in press(owner, "server-backup")
        health = httpx.get(f"{server.url}/health").json()
        assert health["backup"] == {"age_seconds": 0, "failures": 0}
        assert health["last_vote_id"] == 1
        assert str(tmp_path) not in str(health)
        owner.http.close()


def test_closing_is_kept_over_a_restart(make_services):
    first = make_services()
    first.arena.doors.set_open(False)
    assert not make_services().arena.doors.is_open


def test_nobody_else_sees_anything_or_changes_anything(tmp_path):
    with serve(tmp_path, owners="hf:ada", backup=str(tmp_path / "bucket")) as server:
        stranger = Browser(server.url, "stranger")
        for button in ("server-refresh", "server-voting", "server-backup"):
            answer = press(stranger, button)
            assert "Only an owner may do this" in answer
            assert "Free disk" not in answer
        assert server.services.arena.doors.is_open
        assert not (tmp_path / "bucket").exists()
        tab = next(
            c for c in stranger.config["components"] if c["props"].get("elem_id") == "tab-server"
        )
        assert tab["props"]["visible"] is False
        stranger.http.close()


def test_a_login_makes_an_owner(tmp_path):
    with serve(tmp_path, owners="hf:ada") as server:
        owner = Browser(server.url, "owner")
        from gemrec.ui.app import build_context  # noqa: PLC0415
        from gemrec.ui.identity import COOKIE  # noqa: PLC0415

        owner.http.cookies.clear()
        owner.http.cookies.set(COOKIE, build_context(server.services).identity.sign("hf:ada"))
        assert "Free disk" in press(owner, "server-refresh")
        owner.http.close()


def test_health_says_in_words_that_the_disk_is_gone(tmp_path, monkeypatch):
    def gone(_: object) -> object:
        raise FileNotFoundError(2, "No such file or directory", str(tmp_path))

    with serve(tmp_path) as server:
        monkeypatch.setattr("gemrec.ui.server_status.shutil.disk_usage", gone)
        answer = httpx.get(f"{server.url}/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "failing")
        assert str(tmp_path) not in answer.text
