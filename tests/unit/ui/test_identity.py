import asyncio

import pytest

from gemrec.errors import InputError
from gemrec.ui.identity import COOKIE, NAME_LENGTH, Identity, IdentityMiddleware, friendly_name


@pytest.fixture
def identity(store, clock):
    return Identity(b"secret", store, clock)


def headers(identity, annotator_id="ann-1"):
    return {"cookie": identity.cookie(annotator_id, https=False).split(";")[0]}


class TestCookie:
    def test_round_trip(self, identity):
        assert identity.annotator_id(headers(identity)) == "ann-1"

    def test_survives_a_restart_with_the_same_secret(self, identity, store, clock):
        assert Identity(b"secret", store, clock).annotator_id(headers(identity)) == "ann-1"

    @pytest.mark.parametrize(
        "cookie",
        ["", "x=y", f"{COOKIE}=ann-1", f"{COOKIE}=ImFubi0xIg.AAAA", f"{COOKIE}=", '="\x00'],
    )
    def test_anything_else_is_nobody(self, identity, cookie):
        assert identity.annotator_id({"cookie": cookie}) is None

    def test_another_server_signs_differently(self, identity, store, clock):
        assert Identity(b"other", store, clock).annotator_id(headers(identity)) is None

    def test_attributes(self, identity):
        assert identity.cookie("a", https=False).endswith("Path=/; HttpOnly; SameSite=Lax")
        assert identity.cookie("a", https=True).endswith(
            "HttpOnly; SameSite=None; Secure; Partitioned"
        )


class TestAnnotator:
    def test_the_row_is_made_on_the_first_deed(self, identity, store):
        sent = headers(identity)
        assert identity.find(sent) is None
        made = identity.annotator(sent)
        assert (made.id, made.name) == ("ann-1", friendly_name("ann-1"))
        assert (
            identity.annotator(sent) == made == identity.find(sent) == store.annotators.get("ann-1")
        )

    def test_without_a_cookie_it_says_what_to_do(self, identity):
        with pytest.raises(InputError, match="Allow cookies"):
            identity.annotator({})

    def test_rename(self, identity, store):
        sent = headers(identity)
        assert identity.rename(sent, "  Ada   Lovelace ").name == "Ada Lovelace"
        assert store.annotators.get("ann-1").name == "Ada Lovelace"

    @pytest.mark.parametrize("name", ["", "   ", "x" * (NAME_LENGTH + 1)])
    def test_bad_names(self, identity, name):
        with pytest.raises(InputError, match=r"name: got .* allowed: 1 to 40"):
            identity.rename(headers(identity), name)

    def test_friendly_names_are_stable_words(self):
        assert friendly_name("abc") == friendly_name("abc")
        assert len({friendly_name(str(n)) for n in range(200)}) > 20


def answer_to(identity, path="/", method="GET", kind="http", sent=(), scheme="http", root=""):
    """The headers of the answer to one request through the middleware."""
    started = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        started.append(message)

    scope = {
        "type": kind, "method": method, "path": path, "scheme": scheme, "root_path": root,
        "headers": [(k.encode(), v.encode()) for k, v in sent],
    }  # fmt: skip
    asyncio.run(IdentityMiddleware(app, identity)(scope, None, send))
    return dict(started[0]["headers"])


class TestMiddleware:
    def test_the_page_sets_a_valid_cookie(self, identity):
        cookie = answer_to(identity)[b"set-cookie"].decode()
        assert identity.annotator_id({"cookie": cookie.split(";")[0]})

    def test_a_known_browser_keeps_its_identity(self, identity):
        cookie = answer_to(identity, sent=headers(identity).items())[b"set-cookie"].decode()
        assert identity.annotator_id({"cookie": cookie.split(";")[0]}) == "ann-1"

    def test_two_browsers_are_two_people(self, identity):
        assert answer_to(identity) != answer_to(identity)

    def test_root_path(self, identity):
        assert b"set-cookie" in answer_to(identity, path="/app/", root="/app")

    @pytest.mark.parametrize(
        "request_",
        [{"path": "/img/a.webp"}, {"method": "POST"}, {"path": "/gradio_api/queue/join"}],
    )
    def test_nothing_else_does(self, identity, request_):
        assert b"set-cookie" not in answer_to(identity, **request_)

    @pytest.mark.parametrize(
        "request_", [{"scheme": "https"}, {"sent": [("x-forwarded-proto", "https,http")]}]
    )
    def test_https(self, identity, request_):
        assert b"Secure" in answer_to(identity, **request_)[b"set-cookie"]
