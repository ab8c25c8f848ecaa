"""The grid service over a real store and a real child process, with scripted models."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from gemrec.errors import GenerationCancelledError, GenerationError
from gemrec.generation import GridImages, GridProgress
from gemrec.records import Prompt
from tests.integration import grids
from tests.integration.grids import SEEDS, request, see

pytestmark = pytest.mark.integration


@pytest.fixture
def service(tmp_path):
    built = grids.build(tmp_path)
    yield built
    built.close()


@pytest.fixture
def impatient(tmp_path):
    built = grids.build(tmp_path, timeout=1.0)
    yield built
    built.close()


def made(service):
    return len(service._store.images.all())


def digests(seen, side):
    return [image.digest for image in seen.done.images[side]]


def test_a_blind_battle_fills_both_grids_pair_by_pair(service):
    seen = see(service, "red", "green")
    assert [event.position for event in seen.images] == [0, 1, 2, 3]
    assert all(all(event.images) for event in seen.images)
    for side, name in enumerate(("red", "green")):
        assert [image.model_id for image in seen.done.images[side]] == [name] * 4
        assert [image.seed for image in seen.done.images[side]] == list(SEEDS)
    assert not seen.failed
    first = seen.images[0].images[0]
    assert (first.width, first.height, first.category) == (32, 32, "animal")
    assert first.seconds >= 0


def test_something_shows_at_half_time(service):
    seen = see(service, "red", "green")
    before = seen.all[: seen.all.index(seen.images[0])]
    fractions = [event.fraction for event in before if isinstance(event, GridProgress)]
    assert 0.4 <= fractions[-1] <= 0.51


def test_progress_rises_from_0_to_1_and_names_no_model(service):
    seen = see(service, "red", "green")
    fractions = [event.fraction for event in seen.progress]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    for event in seen.progress:
        assert "red" not in event.message.lower()
        assert "green" not in event.message.lower()


def test_a_named_comparison_shows_each_image_when_it_is_there(service):
    seen = see(service, "red", "slow", pairwise=False)
    assert len(seen.images) == 8
    assert all(sum(image is not None for image in event.images) == 1 for event in seen.images)


def test_the_order_of_the_sides_is_drawn_not_given(tmp_path):
    class Drawn:
        def __init__(self):
            self.flip = False

        def shuffle(self, sides):
            self.flip = not self.flip
            sides.sort(reverse=self.flip)

    service = grids.build(tmp_path, rng=Drawn())
    try:
        seen = see(service, "red", "green", pairwise=False)
        orders = [[i is not None for i in event.images].index(True) for event in seen.images]
        assert orders == [1, 1, 1, 1, 0, 0, 0, 0]
    finally:
        service.close()


def test_what_is_in_the_cache_is_not_made_again(service):
    first = see(service, "red", "green")
    count = made(service)
    service._worker.generate = None  # would fail if it were asked
    second = see(service, "red", "green")
    assert second.done == first.done
    assert made(service) == count == 8
    assert [event.position for event in second.images] == [0, 1, 2, 3]


def test_a_cached_side_waits_for_the_other(service):
    see(service, "red")
    seen = see(service, "red", "green")
    assert all(all(event.images) for event in seen.images)
    assert made(service) == 8
    # Nothing is shown before the first new image is there, although one side was ready at once.
    first = seen.all.index(seen.images[0])
    assert sum(isinstance(event, GridProgress) for event in seen.all[:first]) > 1


def test_other_seeds_and_prompts_are_other_images(service):
    see(service, "red")
    see(service, "red", seeds=(11, 99))
    assert made(service) == 5
    other = request(service, "red", (11,), Prompt("a rocket"))
    list(service.stream([other]))
    assert made(service) == 6


def test_a_failing_model_does_not_stop_the_other(service):
    seen = see(service, "failing", "green")
    assert [(event.side, event.reason) for event in seen.failed] == [
        (0, "Failing failed, as its script says.")
    ]
    assert [event.images[0] for event in seen.images] == [None] * 4
    assert [image.seed for image in seen.done.images[1]] == list(SEEDS)
    assert seen.progress[-1].fraction == 1.0


def test_a_model_with_a_problem_is_not_tried(service):
    seen = see(service, "missing")
    assert "put its files in place" in seen.failed[0].reason
    assert seen.done.images == ((),)
    assert service.problem(service._catalog.get("missing"))


def test_a_hanging_model_hurts_nobody_else(impatient):
    results = {}

    def other_person():
        results["other"] = see(impatient, "blue")

    stream = impatient.stream([request(impatient, name) for name in ("hanging", "green")])
    next(stream)
    thread = threading.Thread(target=other_person)
    thread.start()
    seen = grids.Seen(stream)
    thread.join(20)
    assert [event.side for event in seen.failed] == [0]
    assert "longer than the 1 s" in seen.failed[0].reason
    assert len(seen.done.images[1]) == 4
    assert len(results["other"].done.images[0]) == 4
    assert not results["other"].failed


def test_a_slow_model_runs_out_of_time_over_its_whole_grid(tmp_path):
    service = grids.build(tmp_path, timeout=0.9)  # one batch of 0.5 s fits, two do not
    try:
        seen = see(service, "slow", "green")
        assert "longer than the 0.9 s" in seen.failed[0].reason
        assert [len(side) for side in seen.done.images] == [2, 4]
    finally:
        service.close()


def test_cancel_stops_the_work(service):
    stop = threading.Event()
    with pytest.raises(GenerationCancelledError):
        for event in service.stream([request(service, "endless")], stop.is_set):
            if isinstance(event, GridProgress) and event.fraction > 0:
                stop.set()
    started = time.monotonic()
    assert len(see(service, "green").done.images[0]) == 4  # the child is free again
    assert time.monotonic() - started < 5


def test_leaving_the_stream_stops_the_work(service):
    stream = service.stream([request(service, "endless")])
    for event in stream:
        if event.fraction > 0:
            break
    stream.close()
    started = time.monotonic()
    see(service, "green")
    assert time.monotonic() - started < 5


def test_the_file_is_there_before_its_row(service, monkeypatch):
    add = service._store.images.add
    checked = []

    def add_after_file(**row):
        checked.append(service._images.path(row["digest"]).is_file())
        return add(**row)

    monkeypatch.setattr(service._store.images, "add", add_after_file)
    see(service, "red")
    assert checked == [True] * 4


def test_a_file_that_got_lost_is_made_again(service):
    before = see(service, "red")
    Path(service._images.path(digests(before, 0)[0])).unlink()
    after = see(service, "red")
    assert after.done == before.done
    assert service._images.path(digests(after, 0)[0]).is_file()


def test_a_dead_child_is_a_failed_side_and_comes_back(service):
    stream = service.stream([request(service, "endless")])
    for event in stream:
        if event.fraction > 0:
            break
    os.kill(service._worker.pid, signal.SIGKILL)
    seen = grids.Seen(stream)
    assert "died" in seen.failed[0].reason
    assert len(see(service, "green").done.images[0]) == 4


def test_eight_people_at_once(service):
    pairs = [("red", "green"), ("green", "blue"), ("blue", "red"), ("slow", "red")] * 2
    results = {}

    def person(number):
        results[number] = see(service, *pairs[number])

    threads = [threading.Thread(target=person, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == list(range(8))
    for number, seen in results.items():
        assert not seen.failed
        for side, name in enumerate(pairs[number]):
            assert [i.model_id for i in seen.done.images[side]] == [name] * 4
    assert made(service) == 16  # nobody's images were made twice


def test_the_same_request_at_the_same_time_is_made_once(service, monkeypatch):
    jobs = []
    generate = service._worker.generate

    def counted(job, *rest):
        jobs.append(job.seeds)
        return generate(job, *rest)

    monkeypatch.setattr(service._worker, "generate", counted)
    threads = [threading.Thread(target=see, args=(service, "slow")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(jobs) == [(11, 12), (13, 14)]


def test_generate_returns_all_images_or_says_who_failed(service):
    images = service.generate([request(service, "red"), request(service, "green", (7,))])
    assert [(image.model_id, image.seed) for image in images] == [
        *(("red", seed) for seed in SEEDS),
        ("green", 7),
    ]
    with pytest.raises(GenerationError, match="Failing failed"):
        service.generate([request(service, "failing"), request(service, "blue")])
    assert made(service) == 9  # what could be made is kept


def test_no_process_is_left_after_close(service):
    see(service, "red")
    pid = service._worker.pid
    service.close()
    assert not Path(f"/proc/{pid}").exists()


def test_images_are_ready_when_they_are_announced(service):
    for event in service.stream([request(service, "red"), request(service, "green")]):
        if isinstance(event, GridImages):
            for image in event.images:
                assert service._images.path(image.digest).is_file()
                assert service._store.images.get(image.id) == image
