"""Builds are complete, resumable and written once, whatever dies meanwhile."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from gemrec.building import Progress, lock, open_journal, run
from gemrec.building.journal import Journal
from gemrec.building.maker import MadeGrid
from gemrec.building.output import rows_of
from gemrec.building.tasks import ATTEMPTS, FAILURES_IN_A_ROW, TaskBoard
from gemrec.errors import InputError, StoreError, WorkerTimeoutError
from tests.unit.building.helpers import PROMPTS, InProcess, plan_of, scripted

MODELS = (scripted("red"), scripted("green"), scripted("blue"))


def build(plan, folder, worker=None, workers=1, resume=True, **options):
    done = open_journal(plan, folder, resume=resume)
    told = []
    outcome = run(plan, folder, done, worker or InProcess(), workers, told.append, **options)
    return outcome, told


def digests(outcome):
    return {
        (key, image.seed): image.digest
        for key, images in outcome.images.items()
        for image in images
    }


def files(folder):
    return sorted(path.name for path in (folder / "images").glob("*/*.webp"))


def test_all_images_are_made_stored_and_scored(tmp_path):
    plan = plan_of(*MODELS)
    outcome, told = build(plan, tmp_path)
    assert set(outcome.images) == {task.key for task in plan.tasks}
    assert len(digests(outcome)) == plan.total
    assert set(files(tmp_path)) == {f"{digest}.webp" for digest in digests(outcome).values()}
    images = [image for made in outcome.images.values() for image in made]
    assert all(-100 <= image.prompt_match <= 100 for image in images)
    assert len({image.prompt_match for image in images}) > 3
    assert (told[0].done, told[-1].done) == (0, plan.total)
    assert told[0].seconds_left is None
    assert told[-1].seconds_left == 0


def test_what_a_safety_checker_saw_is_kept(tmp_path):
    class Checked(InProcess):
        def run(self, *args):
            for event in super().run(*args):
                grid = isinstance(event, MadeGrid)
                yield replace(event, safety=(0.75, 0.5)) if grid else event

    plan = plan_of(MODELS[0], prompts=PROMPTS[:1])
    outcome, _ = build(plan, tmp_path, Checked())
    (made,) = outcome.images.values()
    assert [image.safety for image in made] == [0.75, 0.5]
    assert [row.safety for row in rows_of(plan, open_journal(plan, tmp_path, resume=True))] == [
        0.75,
        0.5,
    ]


def test_the_time_left_goes_by_the_pace_without_the_start():
    assert Progress(done=2, before=0, total=12, seconds=60.0).seconds_left == 300
    paced = Progress(done=6, before=0, total=12, seconds=62.0, failed=2, after_first=(4, 2.0))
    assert paced.seconds_left == 2.0


def test_several_threads_make_the_same(tmp_path):
    plan = plan_of(*MODELS)
    one, _ = build(plan, tmp_path / "one")
    three, _ = build(plan, tmp_path / "three", workers=3)
    assert digests(one) == digests(three)


@pytest.mark.parametrize("after", [0, 1, 4, 8])
def test_what_was_stopped_goes_on(tmp_path, after):
    plan = plan_of(*MODELS)
    whole, _ = build(plan, tmp_path / "whole")
    first, _ = build(
        plan, tmp_path / "parts", cancelled=lambda: len(files(tmp_path / "parts")) >= 2 * after
    )
    assert first.cancelled
    worker = InProcess()
    second, told = build(plan, tmp_path / "parts", worker)
    assert digests(second) == digests(whole)
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert len(worker.jobs) == len(plan.tasks) - len(first.images)  # nothing is made twice
    assert told[0].done == sum(map(len, first.images.values()))


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.999])
def test_a_torn_line_is_made_again(tmp_path, keep):
    plan = plan_of(*MODELS)
    whole, _ = build(plan, tmp_path)
    journal = Journal(tmp_path)
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(lines[:-1]) + lines[-1][: int(len(lines[-1]) * keep)])
    worker = InProcess()
    again, _ = build(plan, tmp_path, worker)
    assert len(worker.jobs) == 1
    assert digests(again) == digests(whole)
    _, done = journal.read()
    assert set(done) == {task.key for task in plan.tasks}


def test_a_lost_or_damaged_file_is_made_again(tmp_path):
    plan = plan_of(*MODELS)
    whole, _ = build(plan, tmp_path)
    lost, damaged = sorted((tmp_path / "images").glob("*/*.webp"))[:2]
    lost.unlink()
    damaged.write_bytes(damaged.read_bytes()[:40])
    again, _ = build(plan, tmp_path)
    assert digests(again) == digests(whole)
    assert lost.is_file()
    assert damaged.stat().st_size > 40


def test_a_damaged_journal_is_told(tmp_path):
    plan = plan_of(*MODELS)
    build(plan, tmp_path)
    journal = Journal(tmp_path)
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(lines[0] + b"{broken\n" + lines[1])
    with pytest.raises(StoreError, match="line 2: is damaged"):
        open_journal(plan, tmp_path, resume=True)


def test_nothing_is_overwritten_by_mistake(tmp_path):
    plan = plan_of(*MODELS)
    build(plan, tmp_path)
    with pytest.raises(InputError, match="--resume"):
        open_journal(plan, tmp_path, resume=False)
    with pytest.raises(InputError, match="other models, prompts or images"):
        open_journal(plan_of(*MODELS, images=3), tmp_path, resume=True)


def test_work_of_a_lost_worker_is_done_again(tmp_path):
    plan = plan_of(*MODELS)
    whole, _ = build(plan, tmp_path / "whole")
    outcome, _ = build(plan, tmp_path / "lost", InProcess(dies_at=(1, 4, 5)))
    assert not outcome.failures
    assert digests(outcome) == digests(whole)
    lines = Journal(tmp_path / "lost").path.read_text().splitlines()[1:]
    tasks = [json.loads(line)["task"] for line in lines]
    assert len(tasks) == len(set(tasks)) == len(plan.tasks)  # written once


def test_a_task_that_kills_its_worker_again_and_again_is_given_up(tmp_path):
    plan = plan_of(scripted("red"), prompts=PROMPTS[:2])
    outcome, _ = build(plan, tmp_path, InProcess(dies_at=range(1, ATTEMPTS + 1)))
    assert [reason for _, reason in outcome.failures] == ["The worker died."]
    assert len(outcome.images) == 1


def test_a_failing_model_does_not_stop_the_others_and_is_left_alone(tmp_path):
    prompts = [*PROMPTS, *(type(PROMPTS[0])(f"thing {n}") for n in range(5))]
    plan = plan_of(scripted("bad", "fail"), scripted("red"), prompts=prompts)
    worker = InProcess()
    outcome, _ = build(plan, tmp_path, worker)
    assert len(outcome.images) == len(prompts)
    assert {task.model.id for task, _ in outcome.failures} == {"bad"}
    assert len(outcome.failures) == len(prompts)
    assert "as its script says" in outcome.failures[0][1]
    assert sum(job.model.id == "bad" for job in worker.jobs) == FAILURES_IN_A_ROW
    again = InProcess()
    build(plan, tmp_path, again)  # the next run tries the failed ones again, and only these
    assert {job.model.id for job in again.jobs} == {"bad"}


@pytest.mark.parametrize(("script", "says"), [("black", "black all over"), ("short", "made 1 im")])
def test_what_no_model_makes_on_purpose_is_not_kept(tmp_path, script, says):
    plan = plan_of(scripted("odd", script), scripted("red"))
    outcome, told = build(plan, tmp_path)
    assert len(outcome.images) == len(PROMPTS)
    assert all(says in reason for _, reason in outcome.failures)
    assert told[-1].failed == 2 * len(PROMPTS)
    assert told[-1].done + told[-1].failed == plan.total
    assert says in next(progress.problem for progress in told if progress.problem)


class Hanging(InProcess):
    """A worker that is stopped when its time is over, at each job of one model."""

    timeouts = ()

    def run(self, job, timeout=None, cancelled=None, background=None):
        self.timeouts += (timeout,)
        if job.model.id == "stuck":
            raise WorkerTimeoutError("stopped")
        yield from super().run(job, timeout, cancelled, background)


def test_a_grid_that_takes_too_long_is_given_up_in_words(tmp_path):
    plan, worker = plan_of(scripted("stuck"), scripted("red")), Hanging()
    outcome, told = build(plan, tmp_path, worker, timeout=7)
    assert set(worker.timeouts) == {7}
    assert len(outcome.images) == len(PROMPTS)
    assert "longer than the 7 s that a grid may take (--timeout)" in outcome.failures[0][1]
    assert told[-1].seconds_left == 0  # nobody waits for what was given up


def test_two_builds_do_not_meet_in_one_folder(tmp_path):
    with lock(tmp_path / "set"), pytest.raises(InputError, match="another build runs in"):
        lock(tmp_path / "set")
    lock(tmp_path / "set").close()


def test_workers_keep_to_the_pipeline_they_have():
    models = [scripted(name) for name in "abcdef"]
    board = TaskBoard(plan_of(*models).tasks)
    holding = [None, None]
    order = [[], []]
    for turn in range(len(models) * len(PROMPTS)):
        who = turn % 2
        holding[who] = board.take(holding[who])
        order[who].append(holding[who].model.id)
    assert board.take(holding[0]) is None
    for mine in order:
        assert sum(one != two for one, two in pairwise(mine)) == 2
    assert not set(order[0]) & set(order[1])


def test_workers_share_a_pipeline_rather_than_wait():
    board = TaskBoard(plan_of(scripted("a")).tasks)
    one, two = board.take(None), board.take(None)
    assert one.key != two.key
