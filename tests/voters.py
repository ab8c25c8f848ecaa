"""A crowd of annotators over HTTP, who all open battles and vote at once.

A third of them use the page as a browser does, a third the named endpoints, a third the route for
votes in bulk. Some click twice, some send a used ticket again. What each of them was told is kept,
so that it can be compared with what the server has stored.
"""

import asyncio
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

import httpx
import numpy as np

PROMPT = "a cat face on a blue background"
OUTCOMES = ("left", "right", "tie", "both_good", "both_bad")
PATIENCE = 120.0
# The server closes connections that were quiet for five seconds; a request that crosses that fails.
FRESH = httpx.Limits(keepalive_expiry=2.0)
DOUBLE_CLICKS = 0.3  # share of votes that are sent twice at the same moment
REPLAYS = 0.2  # share of tickets that are sent again later, for another outcome


@dataclass
class Heard:
    """What a crowd was told.

    Attributes:
        accepted: Outcome by battle, for every vote that the server said it had taken.
        seconds: What each accepted vote took, by the way it was sent.
        opening: What each battle took to open, in seconds.
        refused: Votes that the server refused aloud.
        surprises: Answers that are neither.
    """

    accepted: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    opening: list[float] = field(default_factory=list)
    refused: int = 0
    surprises: list[str] = field(default_factory=list)

    def take(self, battle: str, outcome: str, way: str, seconds: float) -> None:
        """Keep an accepted vote; two different ones on a battle are a surprise."""
        if self.accepted.setdefault(battle, outcome) != outcome:
            self.surprises.append(f"battle {battle} was taken for two outcomes")
        self.seconds.setdefault(way, []).append(seconds)

    def table(self) -> str:
        """Median and 95th percentile of each way of voting, one a line."""
        ways = {**self.seconds, "all votes": list(chain(*self.seconds.values()))}
        lines = [
            f"{way:10s} {len(times):5d} accepted  median {1000 * np.median(times):6.0f} ms  "
            f"p95 {1000 * np.percentile(times, 95):6.0f} ms"
            for way, times in ways.items()
        ]
        return "\n".join(lines)


class Annotator:
    """One person; subclasses say how they open battles and send votes."""

    way = ""

    def __init__(self, client: httpx.AsyncClient, name: str, rng: np.random.Generator) -> None:
        self.http = client
        self.name = name
        self.rng = rng

    async def arrive(self) -> None:
        """What comes before the first battle."""

    async def open(self) -> tuple[str, str]:
        """Id and ticket of a fresh battle; pages have no ticket to show."""
        raise NotImplementedError

    async def send(self, battle: str, ticket: str, outcome: str) -> str:
        """Vote; returns ``taken``, ``refused`` or what else was said."""
        raise NotImplementedError

    async def vote(self, heard: Heard) -> None:
        """One battle and its vote, as hurried people cast it."""
        started = time.perf_counter()
        battle, ticket = await self.open()
        heard.opening.append(time.perf_counter() - started)
        outcome = str(self.rng.choice(OUTCOMES))
        clicks = 2 if self.rng.random() < DOUBLE_CLICKS else 1
        answers = await asyncio.gather(
            *(self._click(heard, battle, ticket, outcome) for _ in range(clicks))
        )
        heard.surprises += [answer for answer in answers if answer != "taken"]
        if ticket and self.rng.random() < REPLAYS:
            other = str(self.rng.choice([o for o in OUTCOMES if o != outcome]))
            answer = await self.send(battle, ticket, other)
            heard.refused += answer == "refused"
            heard.surprises += [] if answer == "refused" else [f"a replay was {answer}"]

    async def _click(self, heard: Heard, battle: str, ticket: str, outcome: str) -> str:
        started = time.perf_counter()
        answer = await self.send(battle, ticket, outcome)
        if answer == "taken":
            heard.take(battle, outcome, self.way, time.perf_counter() - started)
        return answer


class Script(Annotator):
    """Uses the named endpoints."""

    way = "endpoint"

    async def open(self) -> tuple[str, str]:
        document = await self._call("open_battle", [PROMPT, None, 1, self.name])
        return document["battle_id"], document["ticket"]

    async def send(self, battle: str, ticket: str, outcome: str) -> str:
        answer = await self._call("vote", [ticket, outcome])
        if isinstance(answer, str):
            return "refused" if "already" in answer else answer
        return "taken" if answer["outcome"] == outcome else f"answered {answer}"

    async def _call(self, name: str, data: list[object]) -> Any:
        joined = await self.http.post(f"/gradio_api/call/{name}", json={"data": data})
        event = joined.json()["event_id"]
        stream = (await self.http.get(f"/gradio_api/call/{name}/{event}")).text
        kind, _, rest = stream.rpartition("event: ")[2].partition("\n")
        said = json.loads(rest.removeprefix("data: ").strip())
        return said[0] if kind == "complete" else str(said)


class Bulk(Script):
    """Opens battles by the named endpoint, votes by ``POST /votes``."""

    way = "bulk route"

    async def send(self, battle: str, ticket: str, outcome: str) -> str:
        body = {"votes": [{"ticket": ticket, "outcome": outcome}]}
        (answer,) = (await self.http.post("/votes", json=body)).json()["votes"]
        if "error" in answer:
            return "refused" if "already" in answer["error"] else answer["error"]
        return "taken" if answer["outcome"] == outcome else f"answered {answer}"


class Visitor(Annotator):
    """Uses the page: its cookie, its queue, its buttons."""

    way = "page"

    async def arrive(self) -> None:
        await self.http.get("/")
        self._config = (await self.http.get("/config")).json()

    async def open(self) -> tuple[str, str]:
        said = {"setup": {"mode": "blind", "images": 1}}
        body = self._press("start", [PROMPT, "Any topic", said])
        (await self.http.post("/gradio_api/queue/join", json=body)).raise_for_status()
        query = {"session_hash": self.name}
        stream = (await self.http.get("/gradio_api/queue/data", params=query)).text
        battles = [name for name in re.findall(r'data-round=\\"([0-9a-f]*)', stream) if name]
        assert battles, f"no battle in {stream[-1000:]}"
        return battles[-1], ""

    async def send(self, battle: str, ticket: str, outcome: str) -> str:
        body = self._press(f"vote-{outcome}", [None, None])
        text = (await self.http.post("/gradio_api/run/predict", json=body)).text
        return "taken" if "revealed" in text or _nothing_new(text) else text[:300]

    def _press(self, elem_id: str, data: list[object]) -> dict[str, object]:
        parts = self._config["components"]
        button = next(part["id"] for part in parts if part["props"].get("elem_id") == elem_id)
        events = self._config["dependencies"]
        number = next(e["id"] for e in events if [button, "click"] in e["targets"])
        return {"data": data, "fn_index": number, "session_hash": self.name}


def _nothing_new(text: str) -> bool:
    """Whether the page was left as it is, as after the second of two quick presses."""
    updates = [value for value in json.loads(text).get("data", [""]) if value is not None]
    return all(isinstance(value, dict) and "value" not in value for value in updates)


KINDS = (Visitor, Script, Bulk)


class Crowd:
    """Many annotators; use as an asynchronous context.

    Args:
        url: Address of the app.
        size: How many.
        seed: Of everything that they choose.
    """

    def __init__(self, url: str, size: int, seed: int = 0) -> None:
        rngs = np.random.default_rng(seed).spawn(size)
        self._people = [
            KINDS[number % len(KINDS)](
                httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=FRESH),
                f"crowd-{number}",
                rng,
            )
            for number, rng in zip(count(), rngs, strict=False)
        ]

    async def __aenter__(self) -> "Crowd":
        await asyncio.gather(*(person.arrive() for person in self._people))
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(person.http.aclose() for person in self._people))

    async def vote(self, votes: int, heard: Heard) -> None:
        """Everybody votes so often, one battle after the other, all at once."""

        async def one(person: Annotator) -> None:
            for _ in range(votes):
                await person.vote(heard)

        await asyncio.gather(*(one(person) for person in self._people))


def stored(store: Any) -> tuple[dict[str, str], list[str]]:
    """Outcome by battle of every vote in a database, and the battles that have more than one."""
    votes = store.votes.after(0, limit=10**6)
    often = Counter(vote.battle_id for vote in votes)
    return (
        {vote.battle_id: str(vote.outcome) for vote in votes},
        [battle for battle, times in often.items() if times > 1],
    )
