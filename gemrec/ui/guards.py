"""What every request must fit in, before anything else looks at it."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_REQUEST = 12 * 2**20
"""Bytes; a photo for For you fits, and forty of them at once fit into a small Space's memory."""

LARGEST_PICTURE = 24_000_000
"""Pixels of a picture that somebody sends; a phone's photo has 12 million."""


class _TooLargeError(Exception):
    """The body is longer than it may be."""


class SizeGuard:
    """Refuses a request whose body is too long, whether it says so or not."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_REQUEST) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdigit() or int(told) > self._largest:
            await self._refuse(scope, receive, send)
            return
        seen, answered = 0, False

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._largest:
                raise _TooLargeError
            return message

        async def send_noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, receive_counted, send_noted)
        except _TooLargeError:
            if not answered:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        words = f"body: allowed: at most {self._largest // 2**20} MiB"
        # The rest of the body is not read: the connection ends with this answer.
        answer = JSONResponse({"error": words}, 413, headers={"Connection": "close"})
        await answer(scope, receive, send)
