"""What the owner forbids is refused before a battle; what hangs is no contest, in nobody's way."""

import threading
import time

import pytest
from PIL import Image as PILImage

from gemrec.arena import BattleFailed, BattleProgress, BattleReady, BattleReplaced
from gemrec.cli.doctor import examine
from gemrec.errors import PromptError, TicketError
from gemrec.records import Prompt
from tests.scripted import TWO_MODELS, scripted_model

pytestmark = pytest.mark.integration
PROMPT = Prompt("a cat face on a blue background", "animal")


def join(services, name="Ann"):
    return services.store.annotators.create(name, services.clock()).id


class TestBlockedWords:
    @pytest.fixture
    def services(self, make_services, tmp_path):
        words = tmp_path / "blocked.txt"
        words.write_text("# what we do not draw\nnasty thing\n")
        return make_services(blocked_words=words)

    @pytest.mark.parametrize("text", ["a nasty thing", "A  NASTY-thing on a hill", "nästy thing"])
    def test_they_are_refused_before_a_battle_is_made_and_counted(self, services, text):
        ann = join(services)
        with pytest.raises(PromptError, match="owner has blocked; allowed: other words"):
            services.arena.open_battle(ann, Prompt(text))
        with pytest.raises(PromptError, match="blocked"):
            services.arena.prepare(ann, Prompt(text))
        with pytest.raises(PromptError, match="blocked"):
            services.prompt(text)
        facts = services.store.integrity()
        assert (facts["rows"]["battle"], facts["rows"]["image"]) == (0, 0)
        assert services.store.usage.refusals() == {"blocked_word": 3}
        arena = next(check for check in examine(services.settings) if check.name == "arena")
        assert "refused prompts and images: 3 (3 blocked word)" in arena.detail

    def test_other_words_pass(self, services):
        events = services.arena.open_battle(join(services), Prompt("nasty things"), images=1)
        assert isinstance(list(events)[-1], BattleReady)
        assert services.store.usage.refusals() == {}


@pytest.mark.parametrize(("bad", "limit"), [("hang", 60.0), ("slow:60", 6.0)])
def test_a_model_that_takes_forever_blocks_nobody(make_services, monkeypatch, bad, limit):
    monkeypatch.setattr("gemrec.generation.host.TURN_SECONDS", 0.3)
    monkeypatch.setattr("gemrec.generation.host.OBEY_SECONDS", 0.3)
    services = make_services(TWO_MODELS + scripted_model("bad", bad), generation_timeout=limit)
    ann, bob = join(services), join(services, "Bob")
    ready = list(services.arena.open_battle(bob, PROMPT, models=["red", "green"], images=4))[-1]
    told, at_work = [], threading.Event()

    def open_the_bad_one():
        events = services.arena.open_battle(ann, PROMPT, models=["bad", "red"], images=1)
        for event in events:
            told.append(event)
            if isinstance(event, BattleProgress) and event.fraction > 0:
                at_work.set()

    thread = threading.Thread(target=open_the_bad_one)
    thread.start()
    assert at_work.wait(30)
    started = time.monotonic()
    services.arena.cast_vote(ready.ticket, "left", bob)
    voted = time.monotonic()
    again = services.arena.open_battle(bob, Prompt("a pizza"), models=["red", "green"], images=1)
    assert isinstance(list(again)[-1], BattleReady)
    # A hanging model costs one turn, one step and a fresh process, however long its time limit is;
    # a slow one steps back and fails later.
    assert time.monotonic() - voted < limit / 2 if bad == "hang" else thread.is_alive()
    assert voted - started < 2.0
    thread.join(60)
    assert isinstance(told[-1], BattleFailed)
    incidents = services.store.incidents.all()
    assert [(row.kind, row.models) for row in incidents] == [("no_contest", ("bad",))]
    assert "bad" not in services.arena._chooser._rested(2)


class TestTwins:
    """Two models that make the same pictures; a vote between them would say nothing."""

    @pytest.fixture
    def services(self, make_services, monkeypatch):
        # However slow this machine is, there is time for the vectors of the last images.
        monkeypatch.setattr("gemrec.arena.opener.PATIENCE", 30.0)
        monkeypatch.setattr("gemrec.arena.preparing.PATIENCE", 30.0)
        twins = scripted_model("red") + scripted_model("twin", "like:red")
        return make_services(twins + scripted_model("green"), random_share=1.0)

    def check(self, services, events):
        battle = services.store.battles.get(events[-1].battle_id)
        assert set(battle.models) != {"red", "twin"}
        assert battle.propensity is not None

    def skipped(self, services):
        incidents = services.store.incidents.all()
        assert {row.models for row in incidents} <= {("red", "twin")}
        return sum(row.count for row in incidents)

    def test_a_pair_that_is_waited_for_is_replaced_and_counted(self, services):
        ann, replaced = join(services), 0
        while not replaced:  # each battle draws the twins with a chance of a third
            events = list(services.arena.open_battle(ann, PROMPT, images=2))
            self.check(services, events)
            replaced += sum(isinstance(event, BattleReplaced) for event in events)
        assert self.skipped(services) == replaced
        arena = next(check for check in examine(services.settings) if check.name == "arena")
        assert "near-identical pairs skipped: 1 (1 red + twin)" in arena.detail
        facts = services.store.integrity()
        assert facts["unvoted_battles"] == 1  # the twins' battle has no ticket

    def test_a_prepared_pair_is_replaced_before_anybody_sees_it(self, services):
        ann = join(services)
        for number in range(60):
            prompt = Prompt(f"a cat number {number}")
            services.arena.prepare(ann, prompt, images=1)
            prepared = services.arena._preparations._prepared[ann]
            deadline = time.monotonic() + 60
            while not prepared._over and time.monotonic() < deadline:
                time.sleep(0.01)
            events = list(services.arena.open_battle(ann, prompt, images=1))
            self.check(services, events)
            assert not any(isinstance(event, BattleReplaced) for event in events)
            if self.skipped(services):
                break
        assert self.skipped(services)

    def test_who_asks_for_the_two_gets_them(self, services):
        asked = services.arena.open_battle(join(services), PROMPT, models=["red", "twin"], images=1)
        assert isinstance(list(asked)[-1], BattleReady)
        assert self.skipped(services) == 0


def test_the_doctor_reports_open_battles_refused_votes_and_orphaned_images(make_services):
    services = make_services(TWO_MODELS)
    ann = join(services)
    voted, left_open = (
        list(services.arena.open_battle(ann, PROMPT, images=1))[-1] for _ in range(2)
    )
    services.arena.cast_vote(voted.ticket, "left", ann)
    for _ in range(2):
        with pytest.raises(TicketError, match="already"):
            services.arena.cast_vote(voted.ticket, "right", ann)
    services.images.put(PILImage.new("RGB", (8, 8), "white"))  # a file without a row
    found = {check.name: check.detail for check in examine(services.settings)}
    assert "open battles: 1 wait for a vote, 0 expired" in found["arena"]
    assert "refused votes: 2 (2 used)" in found["arena"]
    assert "orphaned: 1 files" in found["images"]
    services.arena.cast_vote(left_open.ticket, "tie", ann)
    found = {check.name: check.detail for check in examine(services.settings)}
    assert "open battles: 0 wait for a vote" in found["arena"]
