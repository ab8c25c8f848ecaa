"""A study of 60 items, each for three people, with ten of whom some leave: exact at the end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from gemrec.arena import BattleReady
from gemrec.campaigns import CampaignSpec, Studies, quality_of
from gemrec.errors import InputError, TicketError
from gemrec.records import AssignmentKind, CampaignState
from tests.scripted import scripted_model

pytestmark = pytest.mark.integration
CATALOG = "".join(scripted_model(name) for name in ("red", "green", "blue", "grey"))
ITEMS, OVERLAP, PEOPLE = 60, 3, 10
CARELESS, LEAVERS = "p9", ("p0", "p1")
STRENGTH = {"red": 3, "green": 2, "blue": 1, "grey": 0}


@pytest.fixture
def services(make_services):
    made = make_services(CATALOG, annotator_limit="", address_limit="", images_per_grid=1)
    for number in range(PEOPLE):
        made.store.annotators.create(f"Person {number}", made.clock(), f"p{number}")
    return made


def spec(**changes):
    fields = {
        "id": "sixty",
        "title": "Sixty",
        "prompts": tuple({"prompt": f"thing {n}"} for n in range(10)),
        "models": ("green", "red", "grey", "blue"),
        "gold": ({"prompt": "gold", "models": ("red", "grey"), "answer": "first"},) * 4,
        "images": 1,
        "overlap": OVERLAP,
        "gold_every": 5,
        "repeat_every": 10,
        "lease_minutes": 20,
    }
    return CampaignSpec.model_validate(fields | changes)


class Clock:
    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.ahead


def answer(services, ready, assignment, rng):
    """The stronger model wins; the careless one presses any button."""
    if assignment.annotator_id == CARELESS:
        outcome = str(rng.choice(["left", "right"]))
    else:
        left, right = (STRENGTH[model] for model in assignment.models)
        outcome = "left" if left > right else "right"
    return services.arena.cast_vote(ready.ticket, outcome, assignment.annotator_id)


def test_sixty_items_for_three_with_ten_people_some_of_whom_leave(services):
    clock = Clock()
    studies = Studies(services.store, services.arena, clock, np.random.default_rng)
    studies.create(spec())
    start = studies.status("sixty")
    assert (start.progress.items, start.progress.answered, start.progress.wanted) == (60, 0, 180)

    def next_ready(person):
        events = studies.open_next("sixty", person)
        last = None if events is None else [*events][-1]
        return last if isinstance(last, BattleReady) else None

    # Two take an item and go away.
    held = {person: next_ready(person) for person in LEAVERS}
    status = studies.status("sixty")
    assert (status.progress.held, status.progress.answered) == (2, 0)
    clock.ahead = timedelta(minutes=21)

    def work(number):
        person, rng = f"p{number}", np.random.default_rng(number)
        while (ready := next_ready(person)) is not None:
            assignment = services.store.assignments.of_battle(ready.battle_id)
            reveal = answer(services, ready, assignment, rng)
            assert reveal.is_hidden
            assert not reveal.names

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(work, range(2, PEOPLE)))
    for person, ready in held.items():
        with pytest.raises(TicketError):  # too late: others have judged their items
            services.arena.cast_vote(ready.ticket, "left", person)
    status = studies.status("sixty")
    assert (status.progress.complete, status.progress.answered) == (60, 180)
    assert (status.progress.held, status.progress.lapsed, status.time_left) == (0, 2, 0.0)
    check_overlap(services)
    check_gold(status)
    snapshot = services.refresher.wait_for(services.store.votes.last_id(), 20)
    quality = quality_of(services.store, snapshot, "sixty", np.random.default_rng(0), clock)
    values = {measure.name: measure for measure in quality.measures}
    assert values["Krippendorff's alpha"].value > 0.6
    assert values["Gold accuracy"].n == sum(s.golds for s in status.standings)
    assert quality.people[0].annotator == CARELESS
    assert {one.annotator for one in quality.influence} == {f"p{n}" for n in range(2, PEOPLE)}
    studies.set_state("sixty", CampaignState.CLOSED)
    with pytest.raises(InputError, match="closed"):
        studies.assign("sixty", "p5")


def check_overlap(services):
    said = services.store.campaigns.judgements("sixty")
    per_item = np.bincount([j.item for j in said if j.kind is AssignmentKind.ITEM], minlength=60)
    assert per_item[:60].tolist() == [OVERLAP] * 60
    assert not any(j.annotator_id in LEAVERS for j in said)


def check_gold(status):
    by_person = {s.annotator_id: s for s in status.standings}
    assert by_person[CARELESS].golds >= 1
    assert all(s.wrong == 0 for s in status.standings if s.annotator_id != CARELESS)
    assert status.flagged == ((CARELESS,) if by_person[CARELESS].wrong >= 2 else ())


def test_careless_gold_is_flagged_for_certain(services):
    studies = services.studies
    studies.create(spec(id="gold", gold_every=2, gold_mistakes=2, per_annotator=8))
    while (events := studies.open_next("gold", CARELESS)) is not None:
        ready = [*events][-1]
        left, right = (
            STRENGTH[m] for m in services.store.assignments.of_battle(ready.battle_id).models
        )
        services.arena.cast_vote(ready.ticket, "left" if left < right else "right", CARELESS)
    status = studies.status("gold")
    assert status.flagged == (CARELESS,)
    (mine,) = status.standings
    assert (mine.answered, mine.golds, mine.wrong) == (8, 4, 4)


def test_models_stay_hidden_everywhere_until_the_study_is_closed(services):
    studies = services.studies
    studies.create(spec(id="blind", gold=(), per_annotator=1))
    ready = [*studies.open_next("blind", "p3")][-1]
    hidden = services.arena.hidden_images()
    services.arena.cast_vote(ready.ticket, "left", "p3")
    assert services.arena.hidden_images() == hidden != frozenset()
    assert services.arena.history("p3")[0].model_names is None
    studies.set_state("blind", CampaignState.CLOSED)
    assert services.arena.hidden_images() == frozenset()
    assert services.arena.history("p3")[0].model_names is not None
