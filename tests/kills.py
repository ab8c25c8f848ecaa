"""A server that is killed while people vote, again and again, and what must be true afterwards."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random

from gemrec.records import Prompt
from gemrec.services import utc_now
from gemrec.store import Store
from tests.ballots import Ballots, vote_all
from tests.browser.server import MODELS, catalog
from tests.crowd import Crowd, fill, open_tickets, prepare_server
from tests.running import free_port, run_app, scripted
from tests.scripted import PROMPTS

TICKETS_EACH = 60
LONGEST = 1.5  # seconds of voting before the kill, at most


@dataclass(frozen=True)
class Kill:
    """One run.

    Attributes:
        accepted: Votes that people were told are accepted.
        stored: Votes in the database after the restart.
        seconds: From the start of the next server to its first answer.
    """

    accepted: int
    stored: int
    seconds: float


def crowd_of(people: int) -> Crowd:
    """People who vote on the scripted models and prompts."""
    rows = (line.split(",") for line in PROMPTS.splitlines()[1:])
    return Crowd(people, MODELS, [Prompt(text, category) for category, text in rows])


def kill_again_and_again(
    folder: Path, runs: int, voters: int, votes_before: int, rng: Random
) -> list[Kill]:
    """Kill a server ``runs`` times at random moments; checks every promise after each."""
    crowd = crowd_of(voters)
    store, _ = prepare_server(folder, catalog())
    if votes_before:
        fill(store, crowd, votes_before, rng)
    told: dict[object, str] = {}
    kills = []
    pending: list[str] = []
    for _ in range(runs):
        tickets = open_tickets(store, crowd, TICKETS_EACH, rng, utc_now)
        store.close()
        with run_app(folder / "data", free_port(), **scripted(folder)) as app:
            told |= say_again(app.url, pending)
            ballots = asyncio.run(_vote_until_killed(app, tickets, rng))
        assert not ballots.refused, next(iter(ballots.refused.values()))
        told |= {a["vote_id"]: str(a["outcome"]) for a in ballots.accepted.values()}
        pending = ballots.unanswered
        kills.append(_check(store, told, votes_before, app.seconds, voters))
    return kills


async def _vote_until_killed(app, tickets, rng: Random) -> Ballots:
    voting = asyncio.create_task(vote_all(app.url, tickets))
    await asyncio.sleep(rng.uniform(0.05, LONGEST))
    app.kill()
    return await voting


def say_again(url: str, tickets: list[str]) -> dict[object, str]:
    """A vote that got no answer is sent again, as a person would: stored once, whatever happened."""
    again = asyncio.run(vote_all(url, {ticket: [ticket] for ticket in tickets}))
    assert len(again.accepted) == len(tickets), again.refused
    return {answer["vote_id"]: str(answer["outcome"]) for answer in again.accepted.values()}


def _check(store: Store, told: dict[object, str], before: int, seconds: float, voters: int) -> Kill:
    """What was accepted is there and says the same; nothing is half done."""
    stored = {vote.id: vote for vote in store.votes.after(before)}
    lost = [vote_id for vote_id in told if vote_id not in stored]
    assert not lost, f"{len(lost)} accepted votes are gone"
    assert all(str(stored[vote_id].outcome) == outcome for vote_id, outcome in told.items())
    # Besides, each voter may have one vote per run that was stored but not answered any more.
    assert len(stored) - len(told) <= voters
    assert len({vote.battle_id for vote in stored.values()}) == len(stored)
    for vote in stored.values():
        ticket = store.tickets.for_battle(vote.battle_id)
        assert ticket is not None
        assert ticket.vote_id == vote.id
    counts = store.votes.counts()
    store.votes.rebuild_counts()
    assert store.votes.counts() == counts
    facts = store.integrity()
    assert (facts["check"], facts["broken_references"]) == ("ok", 0)
    return Kill(len(told), len(stored), seconds)
