"""Who is voting: a signed cookie that survives reloads, tabs and restarts.

The cookie carries a random annotator id and its signature. The annotator's row is made when the
person first does something, so that crawlers leave nothing behind.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from http.cookies import CookieError, SimpleCookie

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gemrec.errors import InputError
from gemrec.records import Annotator
from gemrec.store import Store

COOKIE = "gemrec_annotator"
ACCOUNT = "hf:"
"""What the id of somebody who has logged in begins with; the rest is their account's name."""
COOKIE_DAYS = 400
"""Browsers keep no cookie longer than this."""
NAME_LENGTH = 40
_ID_BYTES = 12
_MANNERS = ("Bright", "Calm", "Clear", "Gentle", "Keen", "Lucid", "Quiet", "Swift", "Warm", "Wise")
_GEMS = ("Agate", "Amber", "Beryl", "Coral", "Garnet", "Jade", "Onyx", "Opal", "Pearl", "Topaz")


class Identity:
    """Reads and writes the cookie and knows the annotator behind it.

    Args:
        secret: Key of the signature; keep it in the database so that a restart keeps identities.
        store: Where annotators live.
        clock: Now, timezone-aware UTC.
        needs_login: Whether only people with an account may do something.
    """

    def __init__(
        self,
        secret: bytes,
        store: Store,
        clock: Callable[[], datetime],
        *,
        needs_login: bool = False,
    ) -> None:
        self._needs_login = needs_login
        self._serializer = URLSafeSerializer(secret, salt="gemrec.annotator")
        self._store = store
        self._clock = clock

    def annotator_id(self, headers: Mapping[str, str]) -> str | None:
        """The signed annotator id of a request's headers, or None."""
        cookie: SimpleCookie = SimpleCookie()
        try:
            cookie.load(headers.get("cookie", ""))
            return str(self._serializer.loads(cookie[COOKIE].value))
        except (CookieError, BadSignature, KeyError):
            return None

    def find(self, headers: Mapping[str, str]) -> Annotator | None:
        """The annotator who sent a request, or None when they have not done anything yet."""
        annotator_id = self.annotator_id(headers)
        return None if annotator_id is None else self._store.annotators.get(annotator_id)

    def annotator(self, headers: Mapping[str, str]) -> Annotator:
        """The annotator who sent a request, made now if this is the first thing they do.

        Raises:
            InputError: The browser sent no valid cookie, or the person must log in first.
        """
        annotator_id = self.annotator_id(headers)
        if self._needs_login and not (annotator_id or "").startswith(ACCOUNT):
            raise InputError("This server wants to know who votes: log in first, at the top.")
        if annotator_id is None:
            raise InputError(
                "Your browser did not send GEMRec's cookie, so a vote could not be kept as yours. "
                "Allow cookies for this site, then reload the page; inside a frame, open the page "
                "in a tab of its own."
            )
        known = self._store.annotators.get(annotator_id)
        return known or self._store.annotators.create(
            friendly_name(annotator_id), self._clock(), annotator_id
        )

    def rename(self, headers: Mapping[str, str], name: str) -> Annotator:
        """Give the annotator another name.

        Raises:
            InputError: No cookie, or the name is empty or longer than ``NAME_LENGTH``.
        """
        tidy = " ".join(name.split())
        if not 1 <= len(tidy) <= NAME_LENGTH:
            raise InputError(
                f"name: got {len(tidy)} characters; allowed: 1 to {NAME_LENGTH}. Type a shorter name."
                if tidy
                else f"name: got nothing; allowed: 1 to {NAME_LENGTH} characters."
            )
        annotator = self.annotator(headers)
        self._store.annotators.rename(annotator.id, tidy)
        return Annotator(annotator.id, tidy, annotator.created_at)

    def sign(self, annotator_id: str) -> str:
        """The signed form of an id, as it stands in the cookie."""
        return str(self._serializer.dumps(annotator_id))

    def cookie(self, annotator_id: str, *, https: bool) -> str:
        """The ``Set-Cookie`` header that makes a browser this annotator."""
        value = self.sign(annotator_id)
        life = f"Max-Age={COOKIE_DAYS * 24 * 3600}; Path=/; HttpOnly"
        # Inside another site's frame, such as a Space's page, only partitioned cookies come back.
        site = "SameSite=None; Secure; Partitioned" if https else "SameSite=Lax"
        return f"{COOKIE}={value}; {life}; {site}"


def friendly_name(annotator_id: str) -> str:
    """A name for somebody who has not chosen one: their account's, or one drawn from their id."""
    if annotator_id.startswith(ACCOUNT):
        return annotator_id.removeprefix(ACCOUNT)
    number = int.from_bytes(annotator_id.encode(), "big")
    return f"{_MANNERS[number % len(_MANNERS)]} {_GEMS[number // 7 % len(_GEMS)]}"


class IdentityMiddleware:
    """Sets the cookie when the page is loaded, and extends its life on every later load."""

    def __init__(self, app: ASGIApp, identity: Identity) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if not _is_page(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = self._identity.annotator_id(headers)
        if known is not None and known.startswith(ACCOUNT):
            # Who has logged in is known by that; the browser's own cookie waits for the logout.
            await self._app(scope, receive, send)
            return
        annotator_id = known or secrets.token_hex(_ID_BYTES)
        https = headers.get("x-forwarded-proto", scope["scheme"]).split(",")[0].strip() == "https"
        cookie = self._identity.cookie(annotator_id, https=https)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _is_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    return path in ("", "/")
