"""A login names the annotator; nothing else that a browser sends does."""

import pytest

from gemrec.errors import InputError
from gemrec.settings import load_settings
from gemrec.ui.identity import COOKIE, Identity
from gemrec.ui.login import LoginMiddleware, login_name


@pytest.fixture
def identity(store, clock) -> Identity:
    return Identity(b"k" * 32, store, clock)


def session(name: object) -> dict[str, object]:
    return {"oauth_info": {"userinfo": {"preferred_username": name}}}


async def seen_behind(identity: Identity, scope: dict[str, object]) -> str | None:
    """The annotator whom everything behind the middleware sees."""
    found = []

    async def app(scope, receive, send):
        headers = {n.decode(): c.decode() for n, c in scope["headers"]}
        found.append(identity.annotator_id(headers))

    await LoginMiddleware(app, identity.sign)(scope, None, None)  # type: ignore[arg-type]
    return found[0]


def run(coroutine):
    import asyncio  # noqa: PLC0415

    return asyncio.run(coroutine)


def test_a_login_is_the_same_annotator_whatever_cookie_the_browser_has(identity):
    own = f"{COOKIE}={identity.sign('browser')}; theme=dark".encode()
    scope = {"session": session("ada"), "headers": [(b"host", b"x"), (b"cookie", own)]}
    assert run(seen_behind(identity, scope)) == "hf:ada"
    assert run(seen_behind(identity, {"session": session("ada"), "headers": []})) == "hf:ada"
    assert scope["headers"][1] == (b"cookie", own)  # the request itself is left as it came


def test_without_a_login_the_cookie_counts(identity):
    headers = [(b"cookie", f"{COOKIE}={identity.sign('browser')}".encode())]
    for scope in ({"headers": headers}, {"session": {}, "headers": headers}):
        assert run(seen_behind(identity, scope)) == "browser"


@pytest.mark.parametrize("odd", [None, 5, "", ["ada"], {"x": 1}])
def test_sessions_of_another_shape_are_nobody(odd):
    assert login_name({"session": session(odd)}) == ""
    assert login_name({"session": {"oauth_info": odd}}) == ""
    assert login_name({"session": odd}) == ""


def test_an_account_keeps_its_name(identity, store):
    headers = {"cookie": f"{COOKIE}={identity.sign('hf:ada')}"}
    assert identity.annotator(headers).name == "ada"


def test_where_people_must_log_in_a_cookie_is_not_enough(store, clock):
    strict = Identity(b"k" * 32, store, clock, needs_login=True)
    with pytest.raises(InputError, match="log in first"):
        strict.annotator({"cookie": f"{COOKIE}={strict.sign('browser')}"})
    assert strict.annotator({"cookie": f"{COOKIE}={strict.sign('hf:ada')}"}).id == "hf:ada"


@pytest.mark.parametrize(
    ("space", "client", "believed"),
    [("", "", True), ("", "id", True), ("ada/gemrec", "", True), ("ada/gemrec", "id", False)],
)
def test_a_login_is_believed_on_a_space_only(monkeypatch, space, client, believed):
    monkeypatch.setenv("SPACE_ID", space)
    monkeypatch.setenv("OAUTH_CLIENT_ID", client)
    settings = load_settings()
    assert settings.has_login is not believed
    assert settings.believes_names is believed
    assert load_settings(open_api=True).believes_names


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "127.0.0.1"),
        ({"SPACE_ID": "ada/gemrec"}, "0.0.0.0"),  # noqa: S104
        ({"SPACE_ID": "ada/gemrec", "GEMREC_HOST": "10.0.0.7"}, "10.0.0.7"),
    ],
)
def test_a_space_is_reached_from_outside_without_a_setting(monkeypatch, environment, address):
    monkeypatch.delenv("GEMREC_HOST", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings().listens_on == address
