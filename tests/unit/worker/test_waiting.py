"""Jobs of one model together, nobody waits for ever: counted, not timed."""

import random
from itertools import pairwise

from gemrec.worker.conversation import Job
from gemrec.worker.waiting import MOST_OVERTAKING, Waiting

MODELS = ("a", "b", "c", "d")


def key(payload):
    return payload


def switches(order):
    return sum(one[0] != other[0] for one, other in pairwise(order))


def served(jobs):
    """The order in which jobs leave that all wait from the beginning."""
    waiting = Waiting(key)
    for payload in jobs:
        waiting.put(Job(payload, None))
    return [waiting.get().payload for _ in jobs]


def test_grids_of_one_model_follow_each_other():
    handed_in = [(model, number) for number in range(5) for model in MODELS]
    order = served(handed_in)
    assert switches(handed_in) == 19
    assert switches(order) == 3
    assert sorted(order) == sorted(handed_in)
    # Within one model, first come, first served.
    assert [number for model, number in order if model == "c"] == [0, 1, 2, 3, 4]


def test_without_a_key_first_come_first_served():
    waiting = Waiting()
    for number in range(6):
        waiting.put(Job(number, None))
    assert [waiting.get().payload for _ in range(6)] == list(range(6))


def test_the_dearest_change_is_avoided_first():
    order = served([("base", "x"), ("other", "x"), ("base", "y"), ("other", "y"), ("base", "x")])
    assert order == [("base", "x"), ("base", "x"), ("base", "y"), ("other", "x"), ("other", "y")]


def test_nobody_is_overtaken_for_ever():
    """Somebody keeps asking for the loaded model; the other one has its turn all the same."""
    waiting = Waiting(key)
    waiting.put(Job(("a", 0), None))
    assert waiting.get().payload == ("a", 0)
    waiting.put(Job(("b", 0), None))
    order = []
    for number in range(1, 20):
        waiting.put(Job(("a", number), None))
        order.append(waiting.get().payload)
    assert order.index(("b", 0)) == MOST_OVERTAKING


def test_a_busy_hour_changes_models_far_less_often_than_it_is_asked_to():
    rng = random.Random(0)  # noqa: S311
    handed_in = [(rng.choice(MODELS), number) for number in range(400)]
    waiting, order, arrived, waited = Waiting(key), [], iter(enumerate(handed_in)), []
    for now in range(-10, len(handed_in)):  # ten grids are always in the queue
        if (arrival := next(arrived, None)) is not None:
            waiting.put(Job(arrival[1], None))
        if now >= 0:
            order.append(waiting.get().payload)
            waited.append(now - order[-1][1])
    assert sorted(order) == sorted(handed_in)
    assert switches(order) < switches(handed_in) / 2
    assert max(waited) <= 10 * (1 + MOST_OVERTAKING)


def test_background_jobs_come_last_whatever_is_loaded():
    waiting = Waiting(key)
    waiting.put(Job(("a", 0), None))
    waiting.get()
    waiting.put(Job(("a", 1), None, background=lambda: True))
    waiting.put(Job(("b", 0), None))
    assert [waiting.get().payload for _ in range(2)] == [("b", 0), ("a", 1)]


def test_who_gave_way_does_not_come_next_because_its_model_is_loaded():
    waiting = Waiting(key)
    waiting.put(Job(("slow", 0), None))
    slow = waiting.get()
    waiting.put(Job(("b", 0), None))
    waiting.put_back(slow)
    assert [waiting.get().payload for _ in range(2)] == [("b", 0), ("slow", 0)]
