"""Many people who vote over HTTP, one after the other each, and remember what they were told."""

import asyncio
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Ballots:
    """What came of a crowd's votes.

    Attributes:
        accepted: The answer to each ticket that was accepted.
        refused: The answer to each that was not.
        unanswered: Tickets that were sent and got no answer.
        seconds: Latency of each answered vote.
        started: Monotonic time of the first vote.
        ended: Monotonic time of the last answer.
    """

    accepted: dict[str, dict[str, object]] = field(default_factory=dict)
    refused: dict[str, object] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0

    @property
    def rate(self) -> float:
        """Accepted votes per second."""
        return len(self.accepted) / max(self.ended - self.started, 1e-9)

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the votes was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def vote_all(
    url: str,
    tickets: Mapping[str, Sequence[str]],
    outcome: str = "left",
    pause: float = 0.0,
    until: float = math.inf,
) -> Ballots:
    """Each annotator uses their tickets one by one over a connection of their own.

    Args:
        url: Of the server.
        tickets: By annotator.
        outcome: What everybody says.
        pause: Seconds between an answer and the next vote.
        until: Monotonic time after which nobody begins another vote.
    """
    ballots = Ballots(started=time.monotonic())
    await asyncio.gather(
        *(_voter(url, theirs, outcome, pause, until, ballots) for theirs in tickets.values())
    )
    return ballots


async def _voter(
    url: str,
    tickets: Sequence[str],
    outcome: str,
    pause: float,
    until: float,
    ballots: Ballots,
) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except OSError:
        return
    try:
        for ticket in tickets:
            before = time.monotonic()
            if before > until:
                return
            try:
                status, body = await _post(
                    reader, writer, "/votes", {"votes": [{"ticket": ticket, "outcome": outcome}]}
                )
            except (OSError, asyncio.IncompleteReadError, ValueError):
                ballots.unanswered.append(ticket)
                return
            ballots.ended = time.monotonic()
            ballots.seconds.append(ballots.ended - before)
            answer = json.loads(body)["votes"][0] if status == 200 else {"error": body.decode()}
            if "error" in answer:
                ballots.refused[ticket] = answer["error"]
            else:
                ballots.accepted[ticket] = answer
            if pause:
                await asyncio.sleep(pause)
    finally:
        writer.close()


async def _post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, document: object
) -> tuple[int, bytes]:
    body = json.dumps(document).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
    writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    headers = await reader.readuntil(b"\r\n\r\n")
    status = int(headers.split(b" ", 2)[1])
    lengths = [
        int(line.split(b":")[1])
        for line in headers.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    ]
    return status, await reader.readexactly(lengths[0])
