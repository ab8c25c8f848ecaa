"""What the owner forbids is refused before a battle; what hangs is no contest, in nobody's way."""

import threading
import time

import pytest

from gemrec.arena import BattleFailed, BattleProgress, BattleReady
from gemrec.cli.doctor import examine
from gemrec.errors import PromptError
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
