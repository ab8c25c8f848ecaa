"""The worker that has no process: same protocol, same errors, the asking thread's context."""

import time
from contextvars import ContextVar

import pytest

from gemrec.errors import WorkerCancelledError, WorkerError
from gemrec.worker import Crew, hire
from gemrec.worker.inline import InlineWorker

ASKING = ContextVar("asking", default="nobody")


class Handler:
    def __init__(self, warm):
        self._warm = warm

    def warm_up(self, cancelled):
        time.sleep(0.1)
        self._warm.append("warm")

    def handle(self, job, emit, cancelled):
        if job == "bad":
            raise ValueError("no such job")
        emit((job, ASKING.get(), *self._warm))


def build(warm):
    return Handler(warm)


@pytest.fixture
def warm():
    return []


@pytest.fixture
def worker(warm):
    built = hire(Crew("inline"), f"{__name__}:build", (warm,), "images")
    assert isinstance(built, InlineWorker)
    yield built
    built.close()


def test_jobs_run_in_the_context_of_who_asks(worker):
    token = ASKING.set("ann")
    assert list(worker.run("cat")) == [("cat", "ann")]
    ASKING.reset(token)
    with pytest.raises(ValueError, match="no such job"):
        list(worker.run("bad"))
    assert (worker.pid, worker.pids) == (None, [])


def test_the_warm_up_runs_once_and_beside(worker, warm):
    worker.start()
    worker.start()
    worker.wait_until_ready()
    assert warm == ["warm"]


def test_a_job_waits_for_the_warm_up_that_has_begun(worker):
    worker.start()
    assert list(worker.run("cat")) == [("cat", "nobody", "warm")]


def test_nobody_asks_any_more(worker):
    with pytest.raises(WorkerCancelledError):
        list(worker.run("cat", cancelled=lambda: True))
    worker.close()
    with pytest.raises(WorkerError, match="closed"):
        list(worker.run("cat"))
