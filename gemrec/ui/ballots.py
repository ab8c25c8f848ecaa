"""Votes as scripts send them: one by the named endpoint, many at once by ``POST /votes``."""

import json
from collections.abc import Mapping
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gemrec.documents import read_ranking, read_remarks, vote_document
from gemrec.errors import GemrecError, InputError
from gemrec.services import Services

MOST_VOTES = 100
"""Votes in one request."""

DESKS = 1
"""Requests with votes that are worked on at a time. Votes are written one after the other anyway, and
more threads only take the interpreter from each other: 200 voters got 527 votes a second through one
desk, 414 through three and 408 through forty."""

LARGEST_BODY = 256 * 1024
_REMARKS = ("reasons", "best", "skip_reason", "dwell_ms", "zooms")
_FIELDS = {"ticket", "outcome", "ranking", *_REMARKS}

Document = dict[str, Any]


def cast_vote(services: Services, address: str | None, ballot: Mapping[str, Any]) -> Document:
    """Cast one vote as a script sends it.

    Args:
        services: All parts of gemrec.
        address: Network address of the script, for the rate limit.
        ballot: ``ticket`` and ``outcome``, and what else ``/vote`` takes.

    Raises:
        InputError: A field has another form.
        TicketError: The ticket is no good.
        RateLimitError: Too many votes in a short time.
    """
    ticket = ballot.get("ticket")
    if not isinstance(ticket, str):
        raise InputError(f"ticket: got {ticket!r}; allowed: the text that the battle gave")
    if unknown := sorted(set(ballot) - _FIELDS):
        raise InputError(
            f"vote: got the field {unknown[0]!r}; allowed: {', '.join(sorted(_FIELDS))}"
        )
    outcome: Any = ballot.get("outcome")
    reveal = services.arena.cast_vote(
        ticket,
        outcome,
        ranking=read_ranking(ballot.get("ranking")),
        remarks=read_remarks(**{name: ballot.get(name) for name in _REMARKS}),
        address=address,
    )
    return vote_document(reveal)


def bulk_route(services: Services) -> Route:
    """``POST /votes``: ``{"votes": [{"ticket": …, "outcome": …}, …]}``, at most 100.

    The answer holds one object per vote in the same order, what ``/vote`` would answer or
    ``{"error": …}``; a vote that is refused does not stop the others.
    """
    desks: list[CapacityLimiter] = []

    def answer(address: str | None, body: bytes) -> Response:
        try:
            ballots = _ballots(body)
        except InputError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"votes": [_answer(services, address, b) for b in ballots]})

    async def votes(request: Request) -> Response:
        address = None if request.client is None else request.client.host
        body = await _read(request)
        return await to_thread.run_sync(answer, address, body, limiter=_few(desks))

    return Route("/votes", votes, methods=["POST"])


def _few(desks: list[CapacityLimiter]) -> CapacityLimiter:
    """The one limiter of all votes; it can only be made while the server's loop runs."""
    if not desks:
        desks.append(CapacityLimiter(DESKS))
    return desks[0]


async def _read(request: Request) -> bytes:
    """The body, cut off once it is too long to be understood anyway."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            break
    return body


def _ballots(body: bytes) -> list[object]:
    try:
        sent = json.loads(body) if len(body) <= LARGEST_BODY else None
    except ValueError:
        sent = None
    ballots = sent.get("votes") if isinstance(sent, dict) else None
    if not isinstance(ballots, list) or not 1 <= len(ballots) <= MOST_VOTES:
        raise InputError(
            f'body: allowed: {{"votes": […]}} with 1 to {MOST_VOTES} votes, at most '
            f"{LARGEST_BODY // 1024} KiB of JSON"
        )
    return ballots


def _answer(services: Services, address: str | None, ballot: object) -> Document:
    try:
        if not isinstance(ballot, dict):
            raise InputError(f"vote: got {ballot!r}; allowed: an object")
        return cast_vote(services, address, ballot)
    except GemrecError as error:
        return {"error": str(error)}
