"""Logging in with a Hugging Face account: the name only, and only where OAuth is configured.

Gradio keeps a login in a session that it signs with the Space's OAuth secret. Off a Space that secret
is a published constant, so nothing there is ever believed.
"""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from gemrec.ui.identity import ACCOUNT, COOKIE


class LoginMiddleware:
    """Makes a logged-in person the same annotator on every device.

    Everything behind it sees one cookie of ours: the signed one for their account in place of the
    browser's own.

    Args:
        app: What is behind.
        sign: The signed form of an annotator id.
    """

    def __init__(self, app: ASGIApp, sign: Callable[[str], str]) -> None:
        self._app = app
        self._sign = sign

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        name = login_name(scope)
        if name:
            scope = {**scope, "headers": with_cookie(scope["headers"], self._sign(ACCOUNT + name))}
        await self._app(scope, receive, send)


def login_name(scope: Scope) -> str:
    """The account's name in Gradio's session; empty for somebody who has not logged in."""
    session: Any = scope.get("session")
    info = session.get("oauth_info") if isinstance(session, dict) else None
    user = info.get("userinfo") if isinstance(info, dict) else None
    name = user.get("preferred_username") if isinstance(user, dict) else None
    return name if isinstance(name, str) else ""


def with_cookie(headers: list[tuple[bytes, bytes]], value: str) -> list[tuple[bytes, bytes]]:
    """The headers with our cookie set to ``value``, and every other cookie as it was."""
    cookies: SimpleCookie = SimpleCookie()
    for name, content in headers:
        if name == b"cookie":
            try:
                cookies.load(content.decode("latin-1"))
            except CookieError:
                continue
    cookies[COOKIE] = value
    line = "; ".join(f"{key}={morsel.coded_value}" for key, morsel in cookies.items())
    return [(n, c) for n, c in headers if n != b"cookie"] + [(b"cookie", line.encode("latin-1"))]
