"""The grid service on Ray: the same images as on one process, and lost workers cost only time."""

import os
import signal
import threading
import time
from functools import partial

import pytest

from gemrec.building import open_journal, run
from gemrec.embedding import EncoderOptions
from gemrec.errors import GenerationCancelledError
from gemrec.generation import BackendOptions, GenerationWorker
from gemrec.generation.ordering import work_key
from gemrec.worker import Crew, WorkerPool, WorkerProcess
from gemrec.worker.ray_child import RayChild
from tests.integration import grids
from tests.integration.grids import request, see
from tests.unit.building.helpers import InProcess, plan_of, scripted

pytest.importorskip("ray", reason="Ray is an optional extra: requirements-ray.txt")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def worker():
    crew = Crew("ray", workers=2)
    built = GenerationWorker("scripted", BackendOptions(threads=1), crew=crew)
    built.start()
    yield built
    built.close()


def digests(seen):
    return [[image.digest for image in side] for side in seen.done.images]


def test_the_same_images_as_without_ray(worker, tmp_path):
    on_ray = grids.build(tmp_path / "ray", worker=worker)
    here = grids.build(tmp_path / "here")
    try:
        assert digests(see(on_ray, "red", "green")) == digests(see(here, "red", "green"))
    finally:
        here.close()


def test_errors_and_cancelling_come_through(worker, tmp_path):
    service = grids.build(tmp_path, worker=worker)
    seen = see(service, "failing", "green")
    assert [(e.side, e.reason) for e in seen.failed] == [(0, "Failing failed, as its script says.")]
    stop = threading.Event()
    stream = service.stream([request(service, "endless")], stop.is_set)
    next(stream)
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(GenerationCancelledError):
        list(stream)


def test_a_killed_worker_costs_nothing_but_time(worker, tmp_path):
    service = grids.build(tmp_path, worker=worker, timeout=60.0)
    before = set(worker.pids)
    killed = []

    def kill():
        """Both workers, while the job is under way in one of them."""
        time.sleep(0.3)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    seen = see(service, "slow")
    thread.join()
    assert not seen.failed
    assert [image.seed for image in seen.done.images[0]] == list(grids.SEEDS)
    assert len(service._store.images.all()) == len(grids.SEEDS)
    assert killed
    assert set(worker.pids) != before  # an idle one that died is replaced when it is next wanted


def test_a_build_with_a_killed_worker_is_the_same_as_here(worker, tmp_path):
    arguments = ("scripted", BackendOptions(), EncoderOptions("scripted"))
    # Beside the two workers of the other tests, which hold both CPUs.
    launch = partial(RayChild, Crew("ray", workers=2, cpus=0))
    workers = [
        WorkerProcess(
            "gemrec.building.maker:build_maker", arguments, key=work_key, launch=launch, redo=2
        )
        for _ in range(2)
    ]
    pool = WorkerPool(workers, work_key)
    plan = plan_of(scripted("red", "slow:0.3"), scripted("green", "slow:0.3"))
    killed = []

    def tell(progress):
        if progress.done and not killed:
            killed.append(pool.pids[0])
            os.kill(killed[0], signal.SIGKILL)

    try:
        done = open_journal(plan, tmp_path / "ray", resume=False)
        on_ray = run(plan, tmp_path / "ray", done, pool, 2, tell)
    finally:
        pool.close()
    done = open_journal(plan, tmp_path / "here", resume=False)
    here = run(plan, tmp_path / "here", done, InProcess(), 1, lambda progress: None)
    assert killed
    assert not on_ray.failures
    made, wanted = (
        {key: [image.digest for image in images] for key, images in outcome.images.items()}
        for outcome in (on_ray, here)
    )
    assert made == wanted
    lines = (tmp_path / "ray" / "journal.jsonl").read_text().splitlines()
    assert len(lines) == 1 + len(plan.tasks)  # written once
