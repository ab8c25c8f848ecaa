"""Every other family of tables."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from gemrec.errors import InputError, StoreError
from gemrec.images import ImageFiles
from gemrec.records import Battle, BattleForm, Image, Outcome, Prompt, Showing
from gemrec.store import IncidentRow, Store
from gemrec.store.schema import STEPS
from tests.conftest import Clock
from tests.unit.store.world import FOX, World, model

NASTY = [
    "'; DROP TABLE vote; --",
    'a "quoted" % _ \\ cat',
    "x' OR '1'='1",
    "🦊 лиса ﷽",
    "line\nbreak\x00nul",
    "?1 :name @x $y {0}",
]


def add_image(world: World, seed: int = 1, model_id: str = "ada", prompt: Prompt = FOX) -> Image:
    return world.store.images.add(
        digest=f"{seed:064x}",
        model_id=model_id,
        prompt=prompt,
        seed=seed,
        parameters="p",
        parameters_json="{}",
        width=128,
        height=64,
        seconds=0.5,
        now=world.clock(),
    )


def test_annotators(store: Store, clock: Clock) -> None:
    ann = store.annotators.create(" Ann ", clock())
    assert store.annotators.get(ann.id) == ann
    assert (ann.name, ann.created_at) == ("Ann", clock())
    assert store.annotators.get("nobody") is None
    assert store.annotators.create("Other", clock(), ann.id) == ann
    store.annotators.rename(ann.id, "Anna")
    assert store.annotators.get(ann.id) == replace(ann, name="Anna")
    assert store.annotators.create("", clock()).id != store.annotators.create("", clock()).id
    with pytest.raises(InputError, match="'nobody'"):
        store.annotators.rename("nobody", "x")


def test_plain_names(store: Store, clock: Clock) -> None:
    first = store.annotators.by_name("sam", clock())
    clock.advance(seconds=1)
    store.annotators.create("sam", clock())
    assert store.annotators.by_name(" sam", clock()) == first == store.annotators.named("sam")
    assert store.annotators.named("nobody") is None
    assert store.integrity()["rows"]["annotator"] == 2
    for name in ("", "  ", "x" * 201):
        with pytest.raises(InputError, match="allowed"):
            store.annotators.by_name(name, clock())


def test_one_plain_name_is_one_person_in_many_threads(store: Store, clock: Clock) -> None:
    with ThreadPoolExecutor(8) as pool:
        people = set(pool.map(lambda _: store.annotators.by_name("sam", clock()), range(24)))
    assert len(people) == 1


def test_prompts_are_stored_once(store: Store) -> None:
    assert store.prompts.add(FOX) == store.prompts.add(FOX)
    store.prompts.add(Prompt(FOX.text, ""))
    assert store.prompts.all() == (FOX, Prompt(FOX.text, ""))


def test_models_stay_when_the_catalog_forgets_them(store: Store, clock: Clock) -> None:
    store.models.sync([model("ada"), model("bob")], clock())
    store.models.sync([replace(model("bob"), name="Bobby", retired=True)], clock())
    assert store.models.known() == {"ada": "Ada", "bob": "Bobby"}


def test_images_are_found_by_what_makes_them(world: World) -> None:
    one, two = add_image(world, 1), add_image(world, 2)
    find = world.store.images.find
    assert find("ada", FOX, [2, 1, 9], "p") == {1: one, 2: two}
    assert find("ada", FOX.text, [1], "p") == {1: one}
    assert find("bob", FOX, [1], "p") == find("ada", FOX, [1], "q") == {}
    assert find("ada", "a fo%", [1], "p") == {}
    assert world.store.images.get(one.id) == one
    assert (one.width, one.height, one.seconds, one.created_at) == (128, 64, 0.5, world.clock())
    assert world.store.images.get(99) is None


def test_an_image_is_added_once(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: add_image(world), range(16)))) == 1
    assert len(world.store.images.all()) == 1


def test_the_same_text_in_another_category_is_the_same_picture(world: World) -> None:
    other = add_image(world, 1, prompt=Prompt(FOX.text, "art"))
    assert world.store.images.find("ada", FOX, [1], "p") == {1: other}
    own = add_image(world, 1)
    assert world.store.images.find("ada", FOX, [1], "p") == {1: own}
    assert world.store.images.for_prompt(FOX) == (other, own)


def test_lists_of_images(world: World) -> None:
    cat = Prompt("a cat", "animal")
    images = [add_image(world, 1), add_image(world, 2, "bob"), add_image(world, 3, prompt=cat)]
    assert world.store.images.all() == tuple(images)
    assert world.store.images.after(images[0].id) == tuple(images[1:])
    assert world.store.images.for_prompt(cat) == (images[2],)
    assert world.store.images.recent_prompts(5) == (cat, FOX)
    assert world.store.images.recent_prompts(1) == (cat,)
    frame = world.store.images.frame()
    assert list(frame["prompt"]) == ["a fox", "a fox", "a cat"]
    assert frame["created_at"].iloc[0] == world.clock()


def test_an_image_of_an_unknown_model(world: World) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        add_image(world, model_id="nobody")
    assert world.store.images.all() == ()
    assert world.store.prompts.all() == ()  # all of the transaction is gone


def test_a_crash_between_file_and_row_leaves_no_broken_row(world: World, tmp_path: Path) -> None:
    """The file comes first, so whatever the moment of a crash, each row has its file."""
    files = ImageFiles(tmp_path / "images")
    stored = files.put(Picture.new("RGB", (8, 8), "red"))
    known = [image.digest for image in world.store.images.all()]  # the crash comes here
    assert files.missing(known) == ()
    assert files.orphans(known) == (stored.path,)
    # The next run makes the picture again and both meet.
    again = files.put(Picture.new("RGB", (8, 8), "red"))
    assert files.orphans([again.digest]) == ()


def test_vectors(store: Store) -> None:
    a, b = np.array([1, 2, 3], np.float32), np.array([0.25, 0, -1], np.float32)
    store.vectors.put("clip", {"d1": a, "d2": b})
    store.vectors.put("clip", {"d1": b})
    found = store.vectors.get("clip", ["d2", "d1", "d9"])
    assert list(found) == ["d2", "d1"]
    assert found["d1"].dtype == np.float32
    np.testing.assert_array_equal(found["d1"], b)
    found["d1"][0] = 5  # a copy that may be written
    assert store.vectors.get("other", ["d1"]) == {}
    store.vectors.put_text("clip", {"a fox": a})
    np.testing.assert_array_equal(store.vectors.get_text("clip", ["a fox", "x"])["a fox"], a)
    assert store.vectors.get_text("clip", []) == {}


def test_battles(world: World) -> None:
    battle = world.battle()
    assert world.store.battles.get(battle.id) == battle
    assert world.store.battles.get("nothing") is None
    with pytest.raises(InputError, match="'ada', 'ada'; a battle needs two different"):
        world.battle(("ada", "ada"))
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        world.battle(annotator_id="nobody")
    with pytest.raises(StoreError, match="UNIQUE"):
        world.store.battles.open(battle)


def test_showings(world: World) -> None:
    battle, image = world.battle(), add_image(world)
    left, right = Showing("n1", battle.id, image.id, 0, 0), Showing("n0", battle.id, image.id, 1, 0)
    free = Showing("n2", None, image.id, 0, 3)
    world.store.battles.show([right, left, free])
    assert world.store.battles.showings(battle.id) == (left, right)
    assert world.store.battles.showing("n2") == free
    assert world.store.battles.showing("n3") is None
    with pytest.raises(StoreError):
        world.store.battles.show([Showing("n4", battle.id, image.id, 0, 1), left])
    assert world.store.battles.showing("n4") is None


def test_open_battles(world: World) -> None:
    battles = world.store.battles
    world.battle()  # never got a ticket
    assert battles.latest_open("ann") is None
    first, second = world.battle(), world.battle()
    tickets = [world.ticket(first)]
    world.clock.advance(seconds=1)
    tickets.append(world.ticket(second))
    assert battles.latest_open("ann") == second
    assert battles.latest_open("ben") is None
    assert battles.count_open(world.clock()) == 2
    assert battles.count_open(world.clock() + timedelta(hours=1)) == 0
    world.store.votes.cast(tickets[1], Outcome.SKIP, world.clock())
    assert battles.latest_open("ann") == first
    world.store.votes.cast(tickets[0], Outcome.SKIP, world.clock())
    assert battles.latest_open("ann") is None
    assert battles.count_open(world.clock()) == 0


def test_tickets(world: World) -> None:
    battle = world.battle()
    assert world.store.tickets.for_battle(battle.id) is None
    ticket_id = world.ticket(battle, minutes=5)
    row = world.store.tickets.get(ticket_id)
    assert row is not None
    assert (row.id, row.battle_id, row.annotator_id) == (ticket_id, battle.id, "ann")
    assert row.expires_at - row.issued_at == timedelta(minutes=5)
    assert row.vote_id is None
    assert world.store.tickets.for_battle(battle.id) == row
    assert world.store.tickets.get("x") is None


def test_refusals_are_counted(store: Store, clock: Clock) -> None:
    for reason in ("forged", "used", "forged"):
        store.tickets.refuse(reason, clock())
        clock.advance(days=1)
    assert store.tickets.refusals() == {"forged": 2, "used": 1}


def test_incidents_are_counted_over_days(store: Store, clock: Clock) -> None:
    for kind, models in (
        ("near_identical", ("bob", "ada")),
        ("near_identical", ("ada", "bob")),
        ("no_contest", ("cyd",)),
    ):
        store.incidents.count(kind, models, clock())
        clock.advance(days=1)
    assert store.incidents.all() == (
        IncidentRow("near_identical", ("ada", "bob"), 2),
        IncidentRow("no_contest", ("cyd",), 1),
    )


class TestRuns:
    def king(self, world: World, run: str) -> Battle:
        opened = replace(world.battle(), id=f"{run}-king", form=BattleForm.KING, run=run, king=1)
        world.store.battles.open(opened)
        return opened

    def test_a_run_is_open_while_its_newest_ticket_is_valid(self, world: World) -> None:
        runs = world.store.runs
        runs.start("r1", "ann", world.clock())
        assert runs.open_ids("ann", world.clock()) == frozenset()
        battle = self.king(world, "r1")
        world.ticket(battle, minutes=5)
        assert runs.open_ids("ann", world.clock()) == {"r1"}
        assert world.store.battles.of_run("r1") == (battle,)
        world.clock.advance(minutes=5)
        assert runs.open_ids("ann", world.clock()) == frozenset()

    def test_a_new_run_ends_the_ones_before(self, world: World) -> None:
        runs = world.store.runs
        for run in ("r1", "r2"):
            runs.start(run, "ann", world.clock())
            world.ticket(self.king(world, run))
        assert runs.open_ids("ann", world.clock()) == {"r2"}
        runs.end("r2", world.clock())
        assert runs.open_ids("ann", world.clock()) == frozenset()

    def test_images_stay_hidden_after_the_vote_until_the_run_ends(self, world: World) -> None:
        world.store.runs.start("r1", "ann", world.clock())
        battle = self.king(world, "r1")
        image = add_image(world)
        world.store.battles.show([Showing("n", battle.id, image.id, 0, 0)])
        world.store.votes.cast(world.ticket(battle), Outcome.LEFT, world.clock())
        assert world.store.battles.hidden_images(world.clock()) == {image.id}
        world.store.runs.end("r1", world.clock())
        assert world.store.battles.hidden_images(world.clock()) == frozenset()


def test_secrets_outlive_a_restart(tmp_path: Path) -> None:
    first = Store(tmp_path / "gemrec.db")
    key = first.secrets.get_or_create("tickets")
    assert len(key) == 32
    assert key != first.secrets.get_or_create("cookies")
    first.close()
    second = Store(tmp_path / "gemrec.db")
    assert second.secrets.get_or_create("tickets") == key
    second.close()


@pytest.mark.parametrize("text", NASTY)
def test_sql_in_text_is_only_text(world: World, text: str) -> None:
    store = world.store
    person = store.annotators.by_name(text, world.clock())
    assert store.annotators.by_name(text, world.clock()) == person
    store.models.sync([model(text)], world.clock())
    prompt = Prompt(text, text)
    image = add_image(world, model_id=text, prompt=prompt)
    assert store.images.for_prompt(text) == (image,)
    assert store.images.find(text, prompt, [1], "p") == {1: image}
    battle = world.battle((text, "ada"), prompt=prompt, annotator_id=person.id)
    vote = store.votes.cast(world.ticket(battle), Outcome.LEFT, world.clock())
    assert (vote.prompt, vote.category, vote.models) == (text, text, (text, "ada"))
    assert {text, "ada"} == {store.votes.counts()[0].model_a, store.votes.counts()[0].model_b}
    store.vectors.put_text(text, {text: np.ones(2, np.float32)})
    assert list(store.vectors.get_text(text, [text])) == [text]
    assert store.battles.showing(text) is None
    store.tickets.refuse(text, world.clock())
    assert store.tickets.refusals() == {text: 1}
    assert store.integrity()["check"] == "ok"


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(codec="utf-8"), min_size=1))
def test_every_text_comes_back_as_it_was(store: Store, text: str) -> None:
    store.prompts.add(Prompt(text, ""))
    assert Prompt(text, "") in store.prompts.all()


def test_integrity(world: World) -> None:
    add_image(world)
    world.ticket()
    world.battle()
    world.store.tickets.refuse("forged", world.clock())
    facts = world.store.integrity()
    assert facts["schema"] == STEPS[-1].__name__.rpartition(".")[2]
    assert (facts["check"], facts["broken_references"]) == ("ok", 0)
    assert facts["rows"] == {
        "annotator": 1, "model": 3, "prompt": 1, "image": 1, "vector": 0, "battle": 2, "vote": 0,
    }  # fmt: skip
    assert (facts["open_battles"], facts["unvoted_battles"]) == (1, 1)
    assert facts["refused"] == {"forged": 1}
    assert (facts["images_without_vectors"], facts["unused_images"]) == (1, 1)


def test_readers_go_on_while_somebody_writes(store: Store) -> None:
    inside, done = threading.Event(), threading.Event()

    def write() -> None:
        with store._database.transaction() as connection:
            connection.execute("INSERT INTO prompt (text, category) VALUES ('a', '')")
            inside.set()
            done.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    assert inside.wait(10)
    assert store.prompts.all() == ()
    done.set()
    writer.join()
    assert store.prompts.all() == (Prompt("a", ""),)
