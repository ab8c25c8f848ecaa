"""Who goes first, and who has to stand back."""

import threading
import time

import pytest

from gemrec.errors import (
    WorkerCancelledError,
    WorkerError,
    WorkerTimeoutError,
)
from gemrec.worker import WorkerProcess
from gemrec.worker.pace import KEPT, NO_TURNS, Pace
from tests.unit.worker.helpers import FACTORY, run, wait_until


class TestBackground:
    """Jobs that nobody waits for yet stand back."""

    def start(self, worker, path, background=lambda: True, count=100):
        """Run steps in a thread; returns the list that fills with what the job says."""
        said = []

        def go():
            try:
                said.extend(run(worker, "steps", (path, count), background=background))
                said.append("done")
            except WorkerError as error:
                said.append(error)

        thread = threading.Thread(target=go)
        thread.start()
        return said, thread

    def test_a_job_under_way_gives_way_and_starts_again(self, worker, tmp_path):
        path = tmp_path / "step"
        said, thread = self.start(worker, path)
        wait_until(lambda: path.exists() and path.read_text() not in ("", "0"))
        before = time.monotonic()
        assert run(worker, "echo", 1) == [1]
        assert time.monotonic() - before < 1.5  # the steps take 2 s
        thread.join(20)
        assert said[-1] == "done"
        assert said.count(0) == 2  # it began twice
        assert said[-101:-1] == list(range(100))

    def test_one_that_waits_lets_everybody_else_pass(self, worker, tmp_path):
        notes = tmp_path / "notes"

        def job(name, background):
            run(worker, "note", (notes, name), background=lambda: background)

        blocker, thread = self.start(worker, tmp_path / "step", lambda: False, count=120)
        wait_until((tmp_path / "step").exists)
        threads = []
        for name, background in (("later", True), ("first", False), ("second", False)):
            threads.append(threading.Thread(target=job, args=(name, background)))
            threads[-1].start()
            wait_until(lambda: len(worker._jobs._entries) == len(threads))
        for waiting in (thread, *threads):
            waiting.join(20)
        assert notes.read_text().split() == ["first", "second", "later"]
        assert blocker.count(0) == 1

    def test_one_that_came_to_the_foreground_is_left_alone(self, worker, tmp_path):
        path, wanted = tmp_path / "step", threading.Event()
        said, thread = self.start(worker, path, lambda: not wanted.is_set(), count=40)
        wait_until(path.exists)
        wanted.set()
        assert run(worker, "echo", 1) == [1]
        thread.join(20)
        assert said.count(0) == 1

    def test_background_jobs_do_not_disturb_each_other(self, worker, tmp_path):
        said, thread = self.start(worker, tmp_path / "step", count=20)
        wait_until((tmp_path / "step").exists)
        assert run(worker, "echo", 1, background=lambda: True) == [1]
        thread.join(20)
        assert said == [*range(20), "done"]

    def test_a_cancelled_one_does_not_start_again(self, worker, tmp_path):
        path, stop = tmp_path / "step", threading.Event()
        said = []

        def go():
            try:
                said.extend(
                    run(
                        worker, "steps", (path, 500), background=lambda: True, cancelled=stop.is_set
                    )
                )
            except WorkerCancelledError:
                said.append("cancelled")

        thread = threading.Thread(target=go)
        thread.start()
        wait_until(path.exists)
        stop.set()
        thread.join(5)
        assert said == ["cancelled"]
        assert run(worker, "echo", 1) == [1]
        last = path.read_text()
        time.sleep(0.2)
        assert path.read_text() == last

    def test_closing_fails_the_ones_that_gave_way(self, tmp_path):
        worker = WorkerProcess(FACTORY, (), "test", obey_seconds=0.3)
        said, thread = self.start(worker, tmp_path / "step", count=500)
        wait_until((tmp_path / "step").exists)
        worker.close()
        thread.join(5)
        assert isinstance(said[-1], WorkerError)


class TestTurns:
    """Nobody holds the child for long while others wait, unless all jobs take long."""

    @pytest.fixture
    def worker(self):
        process = WorkerProcess(FACTORY, (), "test", obey_seconds=0.3, turn_seconds=0.3)
        for _ in range(3):
            run(process, "echo")
        yield process
        process.close()

    def start(self, worker, verb, argument=None):
        said = []

        def go():
            try:
                said.extend(run(worker, verb, argument, timeout=60))
            except WorkerError as error:
                said.append(error)

        thread = threading.Thread(target=go)
        thread.start()
        return said, thread

    def test_a_slow_job_lets_others_go_first_and_is_done_in_the_end(self, worker, tmp_path):
        said, thread = self.start(worker, "steps", (tmp_path / "step", 60))
        wait_until((tmp_path / "step").exists)
        before = time.monotonic()
        assert run(worker, "echo", 1) == [1]
        assert time.monotonic() - before < 1.1  # the steps take 1.2 s and more
        thread.join(20)
        assert said.count(0) == 2
        assert said[-60:] == list(range(60))

    def test_each_turn_is_longer_than_the_last(self, worker, tmp_path):
        said, thread = self.start(worker, "steps", (tmp_path / "step", 60))
        wait_until((tmp_path / "step").exists)
        while thread.is_alive():  # somebody always waits
            assert run(worker, "echo", 1) == [1]
        assert said[-60:] == list(range(60))
        assert 2 <= said.count(0) <= 8  # turns of one length would never end

    def test_one_that_hangs_is_killed_for_those_who_wait(self, worker):
        said, thread = self.start(worker, "hang")
        wait_until(lambda: worker.pid is not None)
        before = time.monotonic()
        assert run(worker, "echo", 1) == [1]
        assert time.monotonic() - before < 10
        thread.join(5)
        assert isinstance(said[-1], WorkerTimeoutError)

    def test_one_that_was_cancelled_and_hangs_is_killed_too(self, worker):
        stop = threading.Event()
        jobs = worker.run(("hang", None), cancelled=stop.is_set)
        assert next(jobs) == "hanging"
        stop.set()
        with pytest.raises(WorkerCancelledError):
            next(jobs)
        before = time.monotonic()
        assert run(worker, "echo", 1) == [1]
        assert time.monotonic() - before < 10

    def test_nobody_waits_so_it_is_left_alone(self, worker, tmp_path):
        said, thread = self.start(worker, "steps", (tmp_path / "step", 40))
        thread.join(20)
        assert said == list(range(40))


def test_what_is_slow_depends_on_the_others():
    pace = Pace(10.0)
    assert pace.turn() == 30
    for seconds in (1, 2, 1, 100):
        pace.note(seconds)
    assert pace.turn() == 10
    for _ in range(KEPT):
        pace.note(60)
    assert pace.turn() == 180
    assert Pace(NO_TURNS).turn() == NO_TURNS
