import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gemrec.errors import (
    GenerationError,
    WorkerCancelledError,
    WorkerError,
    WorkerTimeoutError,
)
from gemrec.worker import WorkerProcess, child
from tests.unit.worker.helpers import FACTORY, is_running, run, wait_until


def test_events_come_in_order(worker):
    assert run(worker, "count", 50) == list(range(50))


def test_jobs_use_one_child_at_a_lower_priority(worker):
    (first,), (second,) = run(worker, "pid"), run(worker, "pid")
    assert first == second
    assert first[0] != os.getpid()
    assert first[1] >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + 5)


def test_start_returns_at_once_and_warms_up(tmp_path):
    worker = WorkerProcess(FACTORY, (str(tmp_path),), "test")
    try:
        before = time.monotonic()
        worker.start()
        assert time.monotonic() - before < 0.1
        wait_until((tmp_path / "warm").exists)
        assert int((tmp_path / "warm").read_text()) == run(worker, "pid")[0][0]
    finally:
        worker.close()


def test_ready_means_warmed_up(tmp_path):
    worker = WorkerProcess(FACTORY, (str(tmp_path),), "test")
    try:
        worker.wait_until_ready()
        assert (tmp_path / "was cancelled").read_text() == "False"  # waiting is no job
    finally:
        worker.close()


def test_a_job_cuts_the_warm_up_short(tmp_path):
    worker = WorkerProcess(FACTORY, (str(tmp_path),), "test")
    try:
        assert run(worker, "echo", 1) == [1]
        assert (tmp_path / "was cancelled").read_text() == "True"
    finally:
        worker.close()


def test_typed_errors_come_back_as_they_are(worker):
    with pytest.raises(GenerationError, match="no luck"):
        run(worker, "fail", "no luck")
    assert run(worker, "echo", 1) == [1]


def test_foreign_errors_come_back_as_worker_errors_that_name_them(worker):
    with pytest.raises(WorkerError, match="KeyError: 'x'"):
        run(worker, "crash", "x")


def test_a_child_that_dies_is_reported_and_replaced(worker):
    with pytest.raises(WorkerError, match="exit status 7"):
        run(worker, "die", 7)
    assert run(worker, "echo", "alive") == ["alive"]


def test_a_child_killed_while_idle_costs_nobody_a_job(worker):
    ((pid, _),) = run(worker, "pid")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid))
    assert run(worker, "echo", "alive") == ["alive"]


def test_a_hanging_job_is_killed_and_the_waiting_jobs_survive(worker):
    run(worker, "echo", 1)
    answers = []
    hanging = worker.run(("hang", None), timeout=0.3)
    assert next(hanging) == "hanging"
    waiting = [
        threading.Thread(target=lambda n=n: answers.extend(run(worker, "echo", n)))
        for n in range(3)
    ]
    for thread in waiting:
        thread.start()
    with pytest.raises(WorkerTimeoutError, match=r"longer than 0\.3 s"):
        next(hanging)
    for thread in waiting:
        thread.join(20)
    assert sorted(answers) == [0, 1, 2]


def test_a_slow_job_that_obeys_keeps_the_child(worker, tmp_path):
    ((pid, _),) = run(worker, "pid")
    before = time.monotonic()
    with pytest.raises(WorkerTimeoutError):
        run(worker, "steps", (str(tmp_path / "step"), 1000), timeout=0.2)
    assert time.monotonic() - before < 5  # steady events do not hide the deadline
    assert run(worker, "pid")[0][0] == pid


def test_cancel_stops_the_work_itself(worker, tmp_path):
    path = tmp_path / "step"
    stop = threading.Event()
    with pytest.raises(WorkerCancelledError):
        for event in worker.run(("steps", (str(path), 10_000)), cancelled=stop.is_set):
            if event == 3:
                stop.set()
    run(worker, "echo", 1)  # answered only after the child left the cancelled job
    reached = path.read_text()
    time.sleep(0.1)
    assert path.read_text() == reached
    assert int(reached) < 100


def test_closing_the_iterator_early_stops_the_work(worker, tmp_path):
    path = tmp_path / "step"
    events = worker.run(("steps", (str(path), 10_000)))
    assert next(events) == 0
    events.close()
    before = time.monotonic()
    run(worker, "echo", 1)
    assert time.monotonic() - before < 5
    assert int(path.read_text()) < 1000


def test_a_job_can_be_cancelled_while_it_waits_its_turn(worker, tmp_path):
    first = worker.run(("steps", (str(tmp_path / "step"), 10_000)))
    next(first)
    with pytest.raises(WorkerCancelledError):
        run(worker, "echo", 1, cancelled=lambda: True)
    first.close()


def test_many_threads_share_the_child(worker):
    results = {}

    def job(number):
        results[number] = run(worker, "echo", number)

    threads = [threading.Thread(target=job, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == {n: [n] for n in range(16)}


@pytest.mark.parametrize("factory", ["build_broken", "build_missing"])
def test_a_handler_that_cannot_be_built_is_an_error_of_the_job(factory):
    worker = WorkerProcess(f"tests.unit.worker.handlers:{factory}", (), "test")
    try:
        with pytest.raises((GenerationError, WorkerError), match=r"not installed|build_missing"):
            run(worker, "echo", 1)
    finally:
        worker.close()


def test_a_handler_that_is_never_ready_is_an_error_of_the_job():
    worker = WorkerProcess("tests.unit.worker.handlers:build_slowly", (), "test", start_timeout=0.5)
    try:
        with pytest.raises(WorkerTimeoutError, match="not ready"):
            run(worker, "echo", 1)
    finally:
        worker.close()


def test_a_job_that_cannot_travel_is_an_error(worker):
    with pytest.raises(WorkerError, match="passed on"):
        run(worker, "echo", lambda: None)
    assert run(worker, "echo", 2) == [2]


def test_close_leaves_no_process_and_fails_what_waits(worker):
    hanging = worker.run(("hang", None))
    next(hanging)
    pid = worker.pid
    worker.close()
    with pytest.raises(WorkerError, match="closed"):
        next(hanging)
    assert not Path(f"/proc/{pid}").exists()  # gone and reaped: no zombie
    with pytest.raises(WorkerError, match="closed"):
        run(worker, "echo", 1)
    worker.close()


def test_close_without_start_does_nothing():
    WorkerProcess(FACTORY).close()


PARENT = """
import os, signal
from gemrec.worker import WorkerProcess
from gemrec.worker.pace import KEPT, NO_TURNS, Pace
worker = WorkerProcess("tests.unit.worker.handlers:build", (), "test")
events = worker.run(("hang", None))
next(events)
print(worker.pid, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "pass"])
def test_the_child_ends_with_its_parent(end):
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PARENT.format(end=end)], capture_output=True, text=True, timeout=30
    )
    pid = int(done.stdout)
    wait_until(lambda: not is_running(pid), 5)
    assert "Traceback" not in done.stderr


def test_a_child_whose_parent_is_killed_between_two_messages_has_nothing_to_say(monkeypatch):
    class Pipe:
        def recv(self):
            return child.Assignment(FACTORY, (), 0)

    def interrupted(*_):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setattr(child, "Connection", lambda _: Pipe())
    monkeypatch.setattr(child, "answer_jobs", interrupted)
    monkeypatch.setattr(child.signal, "signal", lambda *_: None)
    child.serve(0)


def test_what_the_child_prints_stays_off_the_standard_output(capfd):
    worker = WorkerProcess(FACTORY)
    run(worker, "print", "chatter")
    worker.close()
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "chatter" in captured.err
