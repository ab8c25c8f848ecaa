"""Nine annotators at once, some in a hurry: every vote is kept exactly once. See tests/bench too."""

import asyncio

import httpx
import numpy as np
import pytest

from tests.browser.server import serve
from tests.voters import Annotator, Crowd, Heard, Script, Visitor, stored

pytestmark = pytest.mark.integration
PEOPLE, VOTES = 9, 4


def test_every_accepted_vote_is_stored_exactly_once(tmp_path):
    heard = Heard()

    async def crowd(url: str) -> None:
        async with Crowd(url, PEOPLE) as people:
            await people.vote(VOTES, heard)

    with serve(tmp_path) as server:
        asyncio.run(crowd(server.url))
        votes, twice = stored(server.services.store)
        assert heard.surprises == []
        assert heard.refused > 0
        assert len(heard.accepted) == PEOPLE * VOTES
        assert (votes, twice) == (heard.accepted, [])
        assert server.services.store.integrity()["refused"] == {"used": heard.refused}
        last = server.services.store.votes.last_id()
        server.services.refresher.wait_for(last, 20)
        assert server.services.leaderboard().votes == PEOPLE * VOTES


def test_calls_of_endpoints_leave_no_session_behind(tmp_path):
    with serve(tmp_path) as server:
        sessions = server.demo.app.state_holder.session_data

        async def crowd(kind: type[Annotator]) -> int:
            async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
                person = kind(http, f"one-{kind.way}", np.random.default_rng(0))
                await person.arrive()
                for _ in range(3):
                    await person.vote(Heard())
            return len(sessions)

        assert asyncio.run(crowd(Script)) == 0
        assert asyncio.run(crowd(Visitor)) == 1
