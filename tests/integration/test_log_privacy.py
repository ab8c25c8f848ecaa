"""What a server writes down while people use it: lines for machines, and nothing of who asked what."""

import io
import json
import logging

import httpx
import pytest
from gradio_client.exceptions import AppError

from gemrec.logs import set_up_logs
from tests.browser.server import catalog, serve

pytestmark = pytest.mark.integration
PROMPT, NAME, ADDRESS = "minouche in the garden", "Beatrix Hidden", "203.0.113.9"
SECRETS = (PROMPT, "minouche", NAME, "Beatrix", ADDRESS)


@pytest.fixture
def written():
    """What goes into the log, as ``app.py`` sets it up."""
    ours, stream = logging.getLogger("gemrec"), io.StringIO()
    handlers, level, propagate = list(ours.handlers), ours.level, ours.propagate
    set_up_logs("json", private=False, stream=stream)
    yield stream
    ours.handlers[:], ours.propagate = handlers, propagate
    ours.setLevel(level)


def use(server) -> None:
    """Battles that work and fail, votes that count and are refused, a recommendation, a goodbye."""
    client = server.client(headers={"x-forwarded-for": ADDRESS})
    for _ in range(3):
        battle = client.predict(PROMPT, ["amber", "beryl"], 1, NAME, api_name="/open_battle")
        client.predict(battle["ticket"], "left", api_name="/vote")
        with pytest.raises(AppError):
            client.predict(battle["ticket"], "right", api_name="/vote")
    with pytest.raises(AppError):
        client.predict(PROMPT, ["amber", "coral"], 1, NAME, api_name="/open_battle")
    with pytest.raises(AppError):
        client.predict(99 * PROMPT, None, 1, NAME, api_name="/open_battle")
    client.predict(PROMPT, NAME, api_name="/recommend")
    httpx.post(f"{server.url}/votes", json={"votes": [{"ticket": PROMPT, "outcome": NAME}]})
    who = server.services.annotator_id(NAME)
    assert server.services.rights.forget(who).votes == 3


def test_neither_the_log_nor_the_terminal_tells_who_asked_what(tmp_path, written, capfd):
    with serve(tmp_path, catalog(amber="ok", beryl="ok", coral="fail")) as server:
        use(server)
        assert server.services.store.votes.last_id() == 3
    terminal = "".join(capfd.readouterr())
    lines = written.getvalue().splitlines()
    events = [json.loads(line)["message"] for line in lines]  # each line is one object
    assert events.count("vote") == 3
    for secret in SECRETS:
        assert secret not in written.getvalue()
        assert secret not in terminal
