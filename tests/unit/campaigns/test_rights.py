"""Leaving: nothing of a person is found afterwards, in no table, file or export."""

import json
from datetime import timedelta

import pytest

from gemrec.campaigns import Rights
from gemrec.errors import InputError
from gemrec.exchange import Exporter, Order
from gemrec.records import Outcome, Prompt, Remarks, TasteSettings, Wish, WishKind
from gemrec.store import Store
from tests.unit.exchange.world import FORMULA, FOX, pictured

SECRET_PROMPT = Prompt("my cat Minouche in the garden", "animal")
TOLD_REASON = "Minouche looks sad"
PERSON, NAME = "beaidentifier", "Beatrix Hidden"


@pytest.fixture
def world(tmp_path, clock):
    made = pictured(tmp_path / "data", clock)
    store = made.store
    store.annotators.create(NAME, clock(), PERSON)
    made.vote(Outcome.LEFT)
    made.vote(Outcome.RIGHT, PERSON, FOX)
    made.vote(Outcome.TIE, PERSON, SECRET_PROMPT)
    made.vote(Outcome.SKIP, PERSON, FORMULA, remarks=Remarks(skip_reason=TOLD_REASON))
    unvoted = made.world.battle(prompt=SECRET_PROMPT, annotator_id=PERSON)
    made.world.ticket(unvoted)
    store.consents.give(PERSON, "digest", clock())
    wishes = TasteSettings((Wish(WishKind.WORDS, "Minouche"),))
    store.tastes.put(PERSON, wishes, clock())
    store.runs.start("run1", PERSON, clock())
    yield made
    store.close()


def rights(world, how="delete", **more):
    return Rights(world.store, world.files, lambda: None, world.clock, "", how, **more)


def export(world, path):
    exporter = Exporter(world.store, world.files, lambda: (), world.clock)
    exporter.export(Order("votes", "csv", path))


@pytest.mark.parametrize("how", ["delete", "anonymise"])
def test_no_byte_on_disk_speaks_of_somebody_who_left(world, tmp_path, how):
    before = {vote.id: vote for vote in world.store.votes.current("ann")}
    export(world, tmp_path / "data" / "exports" / "votes.csv")
    secret_images = [image.digest for image in world.store.images.for_prompt(SECRET_PROMPT)]
    shared_images = [image.digest for image in world.store.images.for_prompt(FOX)]
    pseudonym = next(
        line.split(",")[0]
        for line in (tmp_path / "data" / "exports" / "votes.csv").read_text().splitlines()
        if "Minouche" in line
    )
    left = rights(world, how).forget(PERSON)
    assert (left.votes, left.prompts, left.exports) == (3, 2, 1)
    assert left.images >= len(set(secret_images))
    world.store.close()
    held = b"".join(p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())
    for word in (
        PERSON,
        NAME,
        "Minouche",
        TOLD_REASON,
        FORMULA.text + FORMULA.category,
        pseudonym,
    ):
        assert word.encode() not in held, word
    assert not any(world.files.path(digest).exists() for digest in secret_images)
    assert all(world.files.path(digest).exists() for digest in shared_images)
    store = Store(world.store.path)
    assert {vote.id: vote for vote in store.votes.current("ann")} == before
    others = [vote for vote in store.votes.current() if vote.annotator_id != "ann"]
    assert len(others) == (0 if how == "delete" else 3)
    counted = store.votes.counts()
    store.votes.rebuild_counts()
    assert store.votes.counts() == counted
    facts = store.integrity()
    assert (facts["check"], facts["broken_references"]) == ("ok", 0)
    store.close()


def test_votes_of_others_stay_append_only(world):
    rights(world).forget(PERSON)
    with world.store._database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM forgetting").fetchone()[0] == 0
        with pytest.raises(Exception, match="append-only"):
            connection.execute("DELETE FROM vote")


def test_an_export_that_was_changed_is_named_and_kept(world, tmp_path):
    path = tmp_path / "votes.csv"
    export(world, path)
    path.write_text("mine now")
    assert rights(world).forget(PERSON).changed_exports == (str(path.resolve()),)
    assert path.exists()


def test_my_data_is_all_there_and_only_mine(world):
    found = rights(world).data(PERSON)
    text = json.dumps(found)
    for word in (NAME, "Minouche", TOLD_REASON, "digest"):
        assert word in text
    assert {vote["annotator_id"] for vote in found["vote"]} == {PERSON}
    assert "Ann" not in text
    with pytest.raises(InputError, match="Nothing is kept"):
        rights(world).data("stranger")


def test_people_who_have_been_silent_are_forgotten(world, clock):
    world.clock.advance(days=40)
    world.vote(Outcome.LEFT)
    assert rights(world).forget_inactive(0) == 0
    assert rights(world).forget_inactive(41) == 0
    assert rights(world).forget_inactive(30) >= 1
    assert world.store.annotators.get(PERSON) is None
    assert world.store.annotators.get("ann") is not None
    assert clock() - timedelta(days=30) > world.store.votes.current("ann")[0].cast_at


def test_consent_is_for_one_text(world):
    asked = Rights(world.store, world.files, lambda: None, world.clock, "be nice", "anonymise")
    assert asked.needs_consent(PERSON)
    asked.agree(PERSON)
    assert not asked.needs_consent(PERSON)
    changed = Rights(world.store, world.files, lambda: None, world.clock, "be nicer", "anonymise")
    assert changed.needs_consent(PERSON)
