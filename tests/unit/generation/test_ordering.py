"""Whose turn it is: the order is drawn, and models change as rarely as that allows."""

import random
from itertools import pairwise

from gemrec.generation import GenerationJob
from gemrec.generation.ordering import next_round, work_key
from gemrec.records import Model, ModelSource


def full(name):
    return Model(name, name, ModelSource("local", name))


def adapter(name, base):
    return Model(name, name, ModelSource("lora", name, base=base))


def rounds(models, count, seed):
    rng, last, order = random.Random(seed), None, []  # noqa: S311
    for _ in range(count):
        turn = next_round(range(len(models)), models, last, rng)
        assert sorted(turn) == list(range(len(models)))
        order += turn
        last = turn[-1]
    return order


def test_a_round_begins_with_the_model_that_is_ready():
    for seed in range(20):
        order = rounds([full("a"), full("b")], 4, seed)
        assert sum(one != other for one, other in pairwise(order)) == 4  # of 7


def test_both_sides_begin_equally_often():
    firsts = [rounds([full("a"), full("b")], 1, seed)[0] for seed in range(400)]
    assert 150 < sum(firsts) < 250


def test_adapters_of_one_base_follow_each_other():
    models = [adapter("x", "p"), full("q"), adapter("y", "p"), full("p")]
    for seed in range(20):
        pipelines = ["q" if side == 1 else "p" for side in rounds(models, 3, seed)]
        assert sum(one != other for one, other in pairwise(pipelines)) <= 4  # of 11


def test_the_key_of_a_job_names_the_pipeline_before_the_adapter():
    base = full("p")
    job = GenerationJob(adapter("x", "p"), base, "a cat", (1,))
    assert work_key(job) == ("p", "x", "a cat")
    assert work_key(GenerationJob(base, None, "a cat", (1,))) == ("p", "p", "a cat")
    assert work_key("ping") == ()
