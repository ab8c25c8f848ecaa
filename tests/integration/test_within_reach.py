"""Boards and recommendations speak of models that can run here or that people have voted on."""

import pytest

from gemrec.arena import BattleReady
from gemrec.records import Outcome, Prompt
from gemrec.services import build_services, within_reach
from gemrec.settings import load_settings
from tests.scripted import scripted_model, write_assets

pytestmark = pytest.mark.integration
PROMPT = Prompt("a cat face on a blue background", "animal")
THERE = "".join(map(scripted_model, ("red", "green")))


def rows(services):
    return {row.model_id for row in services.leaderboard().rows}


def test_models_out_of_reach_are_listed_with_their_reason_but_not_ranked(make_services):
    services = make_services(THERE + scripted_model("far", "missing"))
    assert "put its files in place" in services.problems()["far"]
    assert rows(services) == {"red", "green"}
    ann = services.store.annotators.create("Ann", services.clock()).id
    offered = services.recommend(ann, PROMPT.text, k=5)
    assert {row.model_id for row in offered.models} <= {"red", "green"}


def test_votes_on_a_model_that_went_out_of_reach_still_count(make_services, tmp_path):
    services = make_services(THERE + scripted_model("blue"))
    ann = services.store.annotators.create("Ann", services.clock()).id
    *_, ready = services.arena.open_battle(ann, PROMPT, images=1, models=("red", "blue"))
    assert isinstance(ready, BattleReady)
    services.arena.cast_vote(ready.ticket, Outcome.LEFT, ann)
    assets = write_assets(tmp_path / "later", THERE + scripted_model("blue", "missing"))
    later = build_services(load_settings(**(services.settings.model_dump() | {"assets": assets})))
    try:
        later.refresher.load()
        assert "blue" in within_reach(later.catalog, later.grids.problem, later.store).models
        assert rows(later) == {"red", "green", "blue"}
    finally:
        later.close()
