"""The loop: a battle, a vote, a changed snapshot, a changed recommendation."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gemrec.arena import BattleFailed, BattleImages, BattleProgress, BattleReady
from gemrec.documents import battle_document, vote_document
from gemrec.errors import (
    InputError,
    OutcomeError,
    PromptError,
    TicketError,
    UnknownModelError,
)
from gemrec.records import BattleMode, EventKind, Prompt, Reveal
from gemrec.services import build_services
from tests.scripted import scripted_model

pytestmark = pytest.mark.integration
PROMPT = Prompt("a cat face on a blue background", "animal")
FRESH_WITHIN = 0.2  # seconds between a vote and the snapshot that knows it
THREE = "".join(map(scripted_model, ("red", "green", "blue")))


@pytest.fixture
def services(make_services):
    return make_services()


@pytest.fixture
def ann(services):
    return services.store.annotators.create("Ann", services.clock()).id


def play(services, annotator_id, **options) -> BattleReady:
    events = list(services.arena.open_battle(annotator_id, PROMPT, **{"images": 2, **options}))
    assert isinstance(events[-1], BattleReady), events[-1]
    return events[-1]


class TestOpening:
    def test_images_come_in_order_on_both_sides_together(self, services, ann):
        events = list(services.arena.open_battle(ann, PROMPT, images=4))
        shown = [e for e in events if isinstance(e, BattleImages)]
        assert [e.position for e in shown] == [0, 1, 2, 3]
        assert all(len(e.names) == 2 and all(e.names) for e in shown)
        fractions = [e.fraction for e in events if isinstance(e, BattleProgress)]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1
        left, right = events[-1].sides
        assert (left.names, right.names) == tuple(zip(*(e.names for e in shown), strict=True))

    def test_everything_is_stored_before_the_ticket(self, services, ann):
        ready = play(services, ann, images=3)
        battle = services.store.battles.get(ready.battle_id)
        assert battle.prompt == PROMPT.text
        assert battle.category == "animal"
        assert len(set(battle.seeds)) == 3
        assert 0 < battle.propensity <= 1
        for side, model_id in zip(ready.sides, battle.models, strict=True):
            for name, seed in zip(side.names, battle.seeds, strict=True):
                showing = services.store.battles.showing(name)
                image = services.store.images.get(showing.image_id)
                assert (image.model_id, image.seed) == (model_id, seed)
                assert services.images.path(image.digest).is_file()

    def test_chosen_models_meet_on_either_side(self, make_services):
        services = make_services(THREE)
        ann = services.store.annotators.create("Ann", services.clock()).id
        pairs = set()
        for _ in range(12):
            ready = play(services, ann, models=["red", "blue"], images=1)
            battle = services.store.battles.get(ready.battle_id)
            pairs.add(battle.models)
            assert (battle.policy, battle.propensity) == ("chosen", None)
        assert pairs == {("red", "blue"), ("blue", "red")}

    @pytest.mark.parametrize(
        ("prompt", "options", "error", "says"),
        [
            (Prompt("  "), {}, PromptError, "allowed"),
            (Prompt("x" * 301), {}, PromptError, "301"),
            (PROMPT, {"images": 0}, InputError, "1 to 9"),
            (PROMPT, {"images": 10}, InputError, "1 to 9"),
            (PROMPT, {"models": ["red", "nope"]}, UnknownModelError, "nope"),
            (PROMPT, {"models": ["red"]}, InputError, "two or more"),
            (PROMPT, {"models": ["red", "red"]}, InputError, "two or more"),
        ],
    )
    def test_wrong_requests_fail_at_once_and_store_nothing(
        self, services, ann, prompt, options, error, says
    ):
        with pytest.raises(error, match=says):
            services.arena.open_battle(ann, prompt, **options)
        assert services.store.battles.latest_open(ann) is None

    def test_a_stranger_cannot_open_a_battle(self, services):
        with pytest.raises(InputError, match="annotator"):
            services.arena.open_battle("nobody", PROMPT)

    @pytest.mark.parametrize(
        ("catalog", "says"),
        [
            ("", "catalog is empty"),
            (scripted_model("red"), "got 1 of 1"),
            (scripted_model("red") + scripted_model("old", retired="true"), "got 1 of 2"),
            (scripted_model("red") + scripted_model("gone", "missing"), "got 1 of 2"),
        ],
    )
    def test_too_few_models(self, make_services, catalog, says):
        services = make_services(catalog)
        ann = services.store.annotators.create("Ann", services.clock()).id
        with pytest.raises(InputError, match=says):
            services.arena.open_battle(ann, PROMPT)
        assert services.recommend(ann, PROMPT.text).votes_applied == 0

    def test_a_failing_model_is_no_contest_and_rests(self, make_services):
        services = make_services(THREE + scripted_model("broken", "fail"))
        ann = services.store.annotators.create("Ann", services.clock()).id
        events = list(services.arena.open_battle(ann, PROMPT, models=["red", "broken"], images=1))
        assert isinstance(events[-1], BattleFailed)
        assert services.arena.resume(ann) is None
        for _ in range(6):
            battle = services.store.battles.get(play(services, ann, images=1).battle_id)
            assert "broken" not in battle.models

    def test_in_a_named_comparison_the_other_side_goes_on(self, make_services):
        services = make_services(scripted_model("red") + scripted_model("broken", "fail"))
        ann = services.store.annotators.create("Ann", services.clock()).id
        events = list(
            services.arena.open_battle(
                ann, PROMPT, models=["broken", "red"], images=2, mode=BattleMode.NAMED
            )
        )
        shown = [e for e in events if isinstance(e, BattleImages)]
        assert [e.names[0] for e in shown] == [None, None]
        assert all(e.names[1] for e in shown)
        assert "The Broken Model" in events[-1].reason

    def test_cancelling_ends_quietly_and_leaves_no_ticket(self, make_services):
        services = make_services(
            scripted_model("red", "slow:0.5") + scripted_model("green", "slow:0.5")
        )
        ann = services.store.annotators.create("Ann", services.clock()).id
        events = []
        for event in services.arena.open_battle(
            ann, PROMPT, images=4, cancelled=lambda: len(events) > 0
        ):
            events.append(event)
        assert not any(isinstance(e, BattleReady | BattleFailed) for e in events)
        assert services.arena.resume(ann) is None


class TestVoting:
    def test_the_snapshot_knows_the_vote_within_200_ms(self, services, ann):
        ready = play(services, ann)
        before = services.recommend(ann, PROMPT.text)
        started = time.monotonic()
        reveal = services.arena.cast_vote(ready.ticket, "left", ann)
        snapshot = services.refresher.wait_for(reveal.vote.id, FRESH_WITHIN)
        assert time.monotonic() - started < FRESH_WITHIN
        assert snapshot.last_vote_id == reveal.vote.id
        after = services.recommend(ann, PROMPT.text)
        assert after.votes_applied == before.votes_applied + 1
        assert services.leaderboard().votes == 1
        winner, loser = reveal.vote.models
        assert [row.model_id for row in services.leaderboard().rows] == [winner, loser]
        assert after.models[0].model_id == winner
        assert {image.image.model_id for image in after.images} == {winner, loser}

    def test_the_reveal_says_what_the_board_will_say(self, services, ann):
        reveal = services.arena.cast_vote(play(services, ann).ticket, "left", ann)
        document = vote_document(reveal)
        winner, loser = document["models"]["A"], document["models"]["B"]
        assert document["ratings"] == {
            winner: {"before": 1000, "after": 1008},
            loser: {"before": 1000, "after": 992},
        }
        services.refresher.wait_for(reveal.vote.id, FRESH_WITHIN)
        elo = {row.model_id: row.elo for row in services.leaderboard().rows}
        assert elo == {winner: 1008, loser: 992}

    def test_a_used_ticket_is_refused_and_changes_nothing(self, services, ann):
        ready = play(services, ann)
        services.arena.cast_vote(ready.ticket, "tie", ann)
        with pytest.raises(TicketError, match="used"):
            services.arena.cast_vote(ready.ticket, "left", ann)
        assert services.store.votes.count(ann) == 1
        assert sum(services.store.tickets.refusals().values()) == 1

    def test_many_simultaneous_votes_are_one_vote_with_one_answer(self, services, ann):
        ticket = play(services, ann).ticket

        def vote(outcome: str) -> Reveal | None:
            try:
                return services.arena.cast_vote(ticket, outcome, ann)
            except TicketError:
                return None

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(vote, ["left"] * 8))
        assert all(answer == answers[0] for answer in answers)
        assert vote("right") is None
        assert services.store.votes.last_id() == services.store.votes.count(ann) == 1

    @pytest.mark.parametrize(
        "forge", [lambda t: t[:-2], lambda t: "x" + t, lambda t: "", lambda t: "é"]
    )
    def test_forged_tickets_are_refused_and_counted(self, services, ann, forge):
        ticket = play(services, ann).ticket
        with pytest.raises(TicketError, match="new battle"):
            services.arena.cast_vote(forge(ticket), "left", ann)
        assert services.store.votes.last_id() == 0
        assert services.store.tickets.refusals() == {"forged": 1}
        services.arena.cast_vote(ticket, "left", ann)

    def test_somebody_elses_ticket_is_refused(self, services, ann):
        other = services.store.annotators.create("Bob", services.clock()).id
        ready = play(services, ann)
        with pytest.raises(TicketError, match="another annotator"):
            services.arena.cast_vote(ready.ticket, "left", other)
        assert services.store.votes.last_id() == 0

    def test_a_wrong_outcome_keeps_the_ticket(self, services, ann):
        ready = play(services, ann)
        with pytest.raises(OutcomeError, match="allowed: left, right"):
            services.arena.cast_vote(ready.ticket, "a", ann)
        services.arena.cast_vote(ready.ticket, "right", ann)

    def test_a_skip_is_recorded_but_moves_nothing(self, services, ann):
        reveal = services.arena.cast_vote(play(services, ann).ticket, "skip", ann)
        assert all(change.before == change.after for change in reveal.ratings.values())
        services.refresher.wait_for(reveal.vote.id, FRESH_WITHIN)
        assert services.leaderboard().votes == 0

    def test_undo_and_edit(self, services, ann):
        reveal = services.arena.cast_vote(play(services, ann).ticket, "left", ann)
        undone = services.arena.undo(ann, reveal.vote.id)
        assert (undone.kind, undone.supersedes) == (EventKind.UNDO, reveal.vote.id)
        services.refresher.wait_for(undone.id, FRESH_WITHIN)
        assert services.leaderboard().votes == 0
        assert [entry.is_taken_back for entry in services.arena.history(ann)] == [True]
        with pytest.raises(InputError, match="taken back"):
            services.arena.undo(ann, reveal.vote.id)

        second = services.arena.cast_vote(play(services, ann).ticket, "left", ann).vote
        edited = services.arena.edit(ann, second.id, "right")
        services.refresher.wait_for(edited.id, FRESH_WITHIN)
        assert services.leaderboard().rows[0].model_id == second.models[1]
        assert services.arena.history(ann)[0].vote == edited

    def test_nobody_undoes_somebody_elses_vote(self, services, ann):
        vote = services.arena.cast_vote(play(services, ann).ticket, "left", ann).vote
        other = services.store.annotators.create("Bob", services.clock()).id
        for annotator, vote_id in ((other, vote.id), (ann, vote.id + 1), (ann, 0)):
            with pytest.raises(InputError, match="vote: got"):
                services.arena.undo(annotator, vote_id)


class TestHiding:
    def test_images_of_an_open_battle_are_recommended_only_after_the_vote(self, services, ann):
        ready = play(services, ann)
        services.refresher.refresh()
        assert services.recommend(ann, PROMPT.text).images == ()
        assert services.recommend(None, PROMPT.text).images == ()
        services.arena.cast_vote(ready.ticket, "left", ann)
        assert len(services.recommend(ann, PROMPT.text).images) == 4

    def test_images_are_hidden_while_they_are_being_made(self, services, ann):
        events = services.arena.open_battle(ann, PROMPT, images=2)
        while not isinstance(next(events), BattleImages):
            pass
        stored = {image.id for image in services.store.images.all()}
        assert len(stored) == 4  # two of them are not shown yet
        assert services.arena.hidden_images() == stored
        events.close()
        assert services.arena.hidden_images() == frozenset()


class TestComingBack:
    def test_an_open_battle_is_found_again(self, services, ann):
        assert services.arena.resume(ann) is None
        ready = play(services, ann)
        again = services.arena.resume(ann)
        assert (again.battle_id, again.sides, again.prompt) == (
            ready.battle_id, ready.sides, PROMPT,
        )  # fmt: skip
        services.arena.cast_vote(again.ticket, "left", ann)
        assert services.arena.resume(ann) is None
        with pytest.raises(TicketError):
            services.arena.cast_vote(ready.ticket, "right", ann)

    def test_a_battle_whose_ticket_expired_is_not(self, make_services):
        services = make_services(ticket_minutes=0.0001)
        ann = services.store.annotators.create("Ann", services.clock()).id
        ready = play(services, ann)
        time.sleep(0.01)
        assert services.arena.resume(ann) is None
        with pytest.raises(TicketError, match="expired"):
            services.arena.cast_vote(ready.ticket, "left", ann)

    def test_a_restart_keeps_tickets_votes_and_the_board(self, services, ann):
        voted = services.arena.cast_vote(play(services, ann).ticket, "left", ann).vote
        ready = play(services, ann)
        services.close()
        restarted = build_services(services.settings)
        try:
            restarted.start()
            restarted.refresher.wait_for(voted.id, 2)
            assert restarted.leaderboard().votes == 1
            restarted.arena.cast_vote(ready.ticket, "right", ann)
        finally:
            restarted.close()

    def test_the_battle_document_has_the_shape_of_the_api(self, services, ann):
        document = battle_document(play(services, ann), lambda name: f"/img/{name}.webp")
        assert set(document) == {"ticket", "battle_id", "sides"}
        assert [side["label"] for side in document["sides"]] == ["A", "B"]
        assert all(len(side["images"]) == 2 for side in document["sides"])
