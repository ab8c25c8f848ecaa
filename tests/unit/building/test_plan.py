"""What will be made, in which order, and what it will take."""

from dataclasses import replace
from itertools import pairwise

import pytest

from gemrec.building import make_plan
from gemrec.errors import InputError
from gemrec.records import GenerationParameters, ModelCost, Prompt
from tests.unit.building.helpers import PROMPTS, plan_of, scripted


def test_every_model_draws_every_prompt_from_the_same_seeds():
    plan = plan_of(scripted("a"), scripted("b"), images=3)
    assert plan.total == 2 * 3 * 3
    made = {(task.model.id, task.prompt.text, seed) for task in plan.tasks for seed in task.seeds}
    assert len(made) == plan.total
    seeds = {task.prompt.text: set() for task in plan.tasks}
    for task in plan.tasks:
        seeds[task.prompt.text].add(task.seeds)
    assert all(len(found) == 1 for found in seeds.values())


def test_grids_of_one_pipeline_and_of_one_model_together():
    base, other = scripted("base"), scripted("other")
    adapters = [scripted("x", base="base"), scripted("y", base="base")]
    models = [adapters[0], other, base, adapters[1]]
    tasks = make_plan(models, [base, None, None, base], PROMPTS, 1).tasks
    order = [task.model.id for task in tasks]
    assert sum(one != two for one, two in pairwise(order)) == 3
    assert order.index("other") in (0, len(order) - len(PROMPTS))


def test_the_estimate_is_made_of_the_catalog():
    model = replace(
        scripted("a"),
        parameters=GenerationParameters(width=1000, height=1000),
        cost=ModelCost(seconds_per_image=2.0),
    )
    plan = plan_of(model, images=5)
    assert plan.seconds(workers=2) == 2.0 * 15 / 2
    assert plan.bytes == pytest.approx(15 * 1e6 * 0.35 * 2)
    assert plan_of(model, scripted("b")).seconds() is None


def test_the_digest_changes_with_everything_that_changes_images():
    model = scripted("a")
    plan = plan_of(model)
    assert plan.digest == plan_of(model).digest
    others = [
        plan_of(model, images=3),
        plan_of(replace(model, parameters=replace(model.parameters, steps=21))),
        plan_of(model, prompts=PROMPTS[:2]),
        plan_of(scripted("b")),
    ]
    assert len({plan.digest, *(other.digest for other in others)}) == 5


@pytest.mark.parametrize(
    ("models", "prompts", "images", "says"),
    [
        ([], PROMPTS, 1, "models: got none"),
        ([scripted("a")], (), 1, "prompts: got none"),
        ([scripted("a")], PROMPTS, 65, "1 to 64"),
        ([scripted("a")], (Prompt("a", "x"), Prompt("a", "y")), 1, "two categories"),
    ],
)
def test_plans_that_make_no_sense(models, prompts, images, says):
    with pytest.raises(InputError, match=says):
        make_plan(models, [None] * len(models), prompts, images)
