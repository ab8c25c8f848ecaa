"""Rankings: stored whole, counted as their pairs."""

import pytest

from gemrec.errors import InputError
from gemrec.records import BattleForm, EventKind, Outcome
from gemrec.store import CountRow
from tests.unit.store.world import MODELS, World, snapshot


def ranking_ticket(world: World) -> str:
    return world.ticket(world.battle(MODELS, form=BattleForm.RANKING))


def test_a_ranking_is_stored_whole_and_counted_as_its_pairs(world: World) -> None:
    votes = world.store.votes
    order = ((2,), (0, 1))
    vote = votes.cast(ranking_ticket(world), Outcome.RANKING, world.clock(), ranking=order)
    assert (vote.ranking, vote.form, vote.models) == (order, BattleForm.RANKING, MODELS)
    assert votes.counts() == (
        CountRow("ada", "bob", "animal", "ann", 0, 0, 1, 0, 0, "", 3),
        CountRow("ada", "cyd", "animal", "ann", 0, 1, 0, 0, 0, "", 3),
        CountRow("bob", "cyd", "animal", "ann", 0, 1, 0, 0, 0, "", 3),
    )
    edit = votes.append_change(
        vote.id, EventKind.EDIT, Outcome.RANKING, world.clock(), ranking=((0,), (1,))
    )
    assert votes.counts() == (CountRow("ada", "bob", "animal", "ann", 1, 0, 0, 0, 0, "", 2),)
    votes.append_change(edit.id, EventKind.UNDO, None, world.clock())
    assert votes.counts() == ()


@pytest.mark.parametrize("order", [None, (), ((0,),), ((0, 0),), ((0,), (3,)), ((-1,), (1,))])
def test_an_order_that_does_not_fit_changes_nothing(
    world: World, order: tuple[tuple[int, ...], ...] | None
) -> None:
    ticket = ranking_ticket(world)
    before = snapshot(world)
    with pytest.raises(InputError, match="ranking: got"):
        world.store.votes.cast(ticket, Outcome.RANKING, world.clock(), ranking=order)
    assert snapshot(world) == before
    world.store.votes.cast(ticket, Outcome.RANKING, world.clock(), ranking=((0,), (1,)))


def test_pairs_and_rankings_do_not_mix(world: World) -> None:
    with pytest.raises(InputError, match="allowed for this battle: ranking, skip"):
        world.store.votes.cast(ranking_ticket(world), Outcome.LEFT, world.clock())
    with pytest.raises(InputError, match="allowed for this battle: left"):
        world.store.votes.cast(world.ticket(), Outcome.RANKING, world.clock(), ranking=((0,), (1,)))


def test_an_unfinished_ranking_is_kept_until_the_vote(world: World) -> None:
    battle = world.battle(MODELS, form=BattleForm.RANKING)
    drafts = world.store.drafts
    assert drafts.get(battle.id) is None
    drafts.save(battle.id, ((1,),), world.clock())
    drafts.save(battle.id, ((1,), (0,)), world.clock())
    assert drafts.get(battle.id) == ((1,), (0,))
    world.store.votes.cast(world.ticket(battle), Outcome.SKIP, world.clock())
    assert drafts.get(battle.id) is None
