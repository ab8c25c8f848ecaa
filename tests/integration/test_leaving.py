"""After somebody leaves a running app: everything derived equals the votes that stay."""

import pytest

from gemrec.errors import ConsentError
from gemrec.leaderboard import BoardQuery
from gemrec.recommend import rebuild
from tests.scripted import scripted_model

pytestmark = pytest.mark.integration
CATALOG = "".join(scripted_model(name) for name in ("red", "green", "blue"))


def vote(services, person, outcome="left"):
    ready = [*services.arena.open_battle(person, services.prompt("a pizza"), images=1)][-1]
    return services.arena.cast_vote(ready.ticket, outcome, person).vote


@pytest.mark.parametrize(("how", "left"), [("delete", 3), ("anonymise", 6)])
def test_boards_follow_at_once_and_equal_a_rebuild(make_services, how, left):
    services = make_services(CATALOG, on_leaving=how)
    ann, ben = (services.store.annotators.create(n, services.clock()).id for n in ("Ann", "Ben"))
    for _ in range(3):
        vote(services, ann)
        vote(services, ben, "right")
    services.refresher.refresh()
    assert services.fit_board(BoardQuery()).board.votes == 6
    services.rights.forget(ben)
    assert services.fit_board(BoardQuery()).board.votes == left
    vote(services, ann)
    services.refresher.refresh()
    assert services.fit_board(BoardQuery()).board.votes == left + 1
    services.refresher.close()
    found = rebuild(services.store, tuple(services.catalog.models), lambda share: None)
    assert found.equal, found.findings
    assert found.votes == left + 1
    assert ben not in {row.annotator_id for row in services.store.votes.counts()}


def test_nobody_votes_before_agreeing(make_services):
    services = make_services(CATALOG, consent="Votes are published.")
    ann = services.store.annotators.create("Ann", services.clock()).id
    ready = [*services.arena.open_battle(ann, services.prompt("a pizza"), images=1)][-1]
    with pytest.raises(ConsentError, match="read and agree"):
        services.arena.cast_vote(ready.ticket, "left", ann)
    services.rights.agree(ann)
    assert services.arena.cast_vote(ready.ticket, "left", ann).vote.id == 1
