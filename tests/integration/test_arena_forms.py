"""Rankings and king's runs: opened, voted on, resumed, ended."""

import pytest

from gemrec.arena import BattleReady
from gemrec.errors import InputError, TicketError
from gemrec.records import BattleForm, BattleMode, Outcome, Prompt, ReasonTag, Remarks
from gemrec.services import build_services
from tests.scripted import scripted_model

pytestmark = pytest.mark.integration
PROMPT = Prompt("a cat face on a blue background", "animal")
FIVE = "".join(map(scripted_model, ("red", "green", "blue", "cyan", "pink")))


@pytest.fixture
def services(make_services):
    return make_services(FIVE)


@pytest.fixture
def ann(services):
    return services.store.annotators.create("Ann", services.clock()).id


def play(services, annotator_id, **options) -> BattleReady:
    events = list(services.arena.open_battle(annotator_id, PROMPT, **{"images": 1, **options}))
    assert isinstance(events[-1], BattleReady), events[-1]
    return events[-1]


class TestRanking:
    def rank(self, services, ann, sides=4) -> BattleReady:
        return play(services, ann, form=BattleForm.RANKING, sides=sides)

    def test_four_grids_are_ranked_with_a_tie_and_one_left_out(self, services, ann):
        ready = self.rank(services, ann)
        assert [side.label for side in ready.sides] == ["A", "B", "C", "D"]
        assert (ready.form, ready.draft, ready.reign) == (BattleForm.RANKING, None, None)
        battle = services.store.battles.get(ready.battle_id)
        assert len(set(battle.models)) == 4
        assert 0 < battle.propensity <= 1
        remarks = Remarks(reasons=(ReasonTag.STYLE,), best=(2, 0), dwell_ms=900, zooms=3)
        reveal = services.arena.cast_vote(
            ready.ticket, "ranking", ann, ranking=((2,), (0, 1)), remarks=remarks
        )
        assert reveal.vote.ranking == ((2,), (0, 1))
        assert reveal.vote.remarks == remarks
        assert len(reveal.names) == 4
        assert len(reveal.vote.pairs) == 3
        services.refresher.wait_for(reveal.vote.id, 2)
        assert services.leaderboard().rows[0].model_id == battle.models[2]

    @pytest.mark.parametrize("sides", [2, 9])
    def test_how_many_may_be_ranked(self, services, ann, sides):
        with pytest.raises(InputError, match=r"sides: got .* allowed: 3 to 8"):
            self.rank(services, ann, sides)

    def test_not_enough_models(self, services, ann):
        with pytest.raises(InputError, match="needs 6 models"):
            self.rank(services, ann, 6)

    def test_a_half_made_ranking_survives_a_restart(self, services, ann):
        ready = self.rank(services, ann)
        services.arena.save_draft(ann, ready.battle_id, ((3,),))
        services.arena.save_draft(ann, ready.battle_id, ((3,), (1,)))
        services.close()
        restarted = build_services(services.settings)
        try:
            again = restarted.arena.resume(ann)
            assert (again.draft, again.sides) == (((3,), (1,)), ready.sides)
            restarted.arena.cast_vote(again.ticket, "ranking", ann, ranking=((3,), (1,), (0, 2)))
            assert restarted.arena.resume(ann) is None
        finally:
            restarted.close()

    @pytest.mark.parametrize("order", [((0, 0),), ((4,),), ((-1,),)])
    def test_drafts_that_make_no_sense(self, services, ann, order):
        ready = self.rank(services, ann)
        with pytest.raises(InputError, match="ranking: got"):
            services.arena.save_draft(ann, ready.battle_id, order)
        assert services.arena.resume(ann).draft is None

    def test_drafts_are_for_open_rankings_of_ones_own(self, services, ann):
        ready = self.rank(services, ann)
        with pytest.raises(TicketError, match="open battle of yours"):
            services.arena.save_draft("somebody", ready.battle_id, ())
        services.arena.cast_vote(ready.ticket, "skip", ann)
        with pytest.raises(TicketError, match="has its vote"):
            services.arena.save_draft(ann, ready.battle_id, ())


class TestKing:
    def open(self, services, ann, king=None) -> BattleReady:
        return play(services, ann, form=BattleForm.KING, king=king)

    def test_the_winner_stays_until_a_challenger_is_better(self, services, ann):
        first = self.open(services, ann)
        assert (first.reign.bout, first.reign.king, first.reign.wins) == (1, None, 0)
        reveal = services.arena.cast_vote(first.ticket, "right", ann)
        assert reveal.is_hidden
        assert not reveal.names
        assert not reveal.ratings
        king = services.store.battles.get(first.battle_id).models[1]
        seen = set(services.store.battles.get(first.battle_id).models)
        ready, wins = first, 1
        for bout, said in enumerate(("tie", "skip", "challenger"), start=2):
            ready = self.open(services, ann, ready.battle_id)
            assert (ready.reign.bout, ready.reign.wins) == (bout, wins)
            battle = services.store.battles.get(ready.battle_id)
            assert battle.models[ready.reign.king] == king
            challenger = battle.models[1 - ready.reign.king]
            assert challenger not in seen
            seen.add(challenger)
            better = "left" if ready.reign.king == 1 else "right"
            reveal = services.arena.cast_vote(
                ready.ticket, better if said == "challenger" else said, ann
            )
        state = services.arena.current_run(ann)
        assert (state.bouts, state.wins, state.challengers) == (4, 1, 0)
        assert (state.king_name, state.models) == (None, ())
        with pytest.raises(InputError, match="met the king"):
            self.open(services, ann, ready.battle_id)
        over = services.arena.end_run(ann)
        assert over.king_name == f"The {challenger.title()} Model"
        assert len(over.models) == 4
        assert services.arena.current_run(ann) is None
        with pytest.raises(InputError, match="is not over"):
            self.open(services, ann, ready.battle_id)

    def test_the_kings_own_images_stay(self, services, ann):
        first = self.open(services, ann)
        services.arena.cast_vote(first.ticket, "left", ann)
        second = self.open(services, ann, first.battle_id)

        def images(ready, side):
            names = ready.sides[side].names
            return [services.store.battles.showing(name).image_id for name in names]

        assert images(second, second.reign.king) == images(first, 0)
        assert set(second.sides[second.reign.king].names).isdisjoint(first.sides[0].names)
        battle = services.store.battles.get(second.battle_id)
        assert battle.propensity == pytest.approx(1 / 3, abs=0.34)
        assert battle.king == second.reign.king

    def test_everything_stays_hidden_until_the_run_ends(self, services, ann):
        first = self.open(services, ann)
        services.arena.cast_vote(first.ticket, "left", ann)
        assert len(services.arena.hidden_images()) == 2
        assert services.arena.history(ann)[0].model_names is None
        services.arena.end_run(ann)
        assert services.arena.hidden_images() == frozenset()
        assert services.arena.history(ann)[0].model_names is not None

    def test_a_run_survives_a_restart(self, services, ann):
        first = self.open(services, ann)
        services.arena.cast_vote(first.ticket, "left", ann)
        second = self.open(services, ann, first.battle_id)
        services.close()
        restarted = build_services(services.settings)
        try:
            again = restarted.arena.resume(ann)
            assert (again.reign, again.sides) == (second.reign, second.sides)
            assert restarted.arena.cast_vote(again.ticket, "tie", ann).is_hidden
            assert restarted.arena.current_run(ann).newest_battle == second.battle_id
        finally:
            restarted.close()

    def test_a_vote_that_is_taken_back_leaves_the_king_in_place(self, services, ann):
        first = self.open(services, ann)
        services.arena.cast_vote(first.ticket, "left", ann)
        second = self.open(services, ann, first.battle_id)
        other = "right" if second.reign.king == 0 else "left"
        vote = services.arena.cast_vote(second.ticket, other, ann).vote
        services.arena.undo(ann, vote.id)
        third = self.open(services, ann, second.battle_id)
        battles = [services.store.battles.get(r.battle_id) for r in (first, third)]
        assert battles[1].models[third.reign.king] == battles[0].models[0]

    def test_a_new_run_ends_the_old_one(self, services, ann):
        first = self.open(services, ann)
        services.arena.cast_vote(first.ticket, "left", ann)
        self.open(services, ann)
        assert services.arena.history(ann)[0].model_names is not None

    def test_a_run_without_a_vote_cannot_go_on(self, services, ann):
        first = self.open(services, ann)
        with pytest.raises(InputError, match="no vote yet"):
            self.open(services, ann, first.battle_id)

    @pytest.mark.parametrize(
        "options", [{"mode": BattleMode.NAMED}, {"sides": 3}, {"king": "nonsense"}]
    )
    def test_wishes_that_do_not_go_together(self, services, ann, options):
        with pytest.raises(InputError, match="allowed"):
            play(services, ann, form=BattleForm.KING, **options)

    def test_a_run_stays_with_its_prompt(self, services, ann):
        first = self.open(services, ann)
        services.arena.cast_vote(first.ticket, "left", ann)
        with pytest.raises(InputError, match="stays with"):
            services.arena.open_battle(
                ann, Prompt("a pizza"), form=BattleForm.KING, king=first.battle_id
            )


def test_undo_of_the_third_last_vote(services, ann):
    votes = [
        services.arena.cast_vote(play(services, ann).ticket, outcome, ann).vote
        for outcome in ("left", "right", "tie", "left")
    ]
    undone = services.arena.undo(ann, votes[1].id)
    services.refresher.wait_for(undone.id, 2)
    assert services.leaderboard().votes == 3
    entries = services.arena.history(ann)
    assert [entry.is_taken_back for entry in entries] == [False, False, True, False]
    assert [entry.first_id for entry in entries] == [vote.id for vote in votes[::-1]]
    again = services.arena.edit(ann, votes[1].id, "left")
    services.refresher.wait_for(again.id, 2)
    assert services.leaderboard().votes == 4
    page = services.arena.history(ann, limit=2, before=entries[1].first_id)
    assert [entry.vote.outcome for entry in page] == [Outcome.LEFT, Outcome.LEFT]
    assert all(len(names) == 1 for entry in page for names in entry.sides)
