"""Which of several workers gets a job."""

from gemrec.worker import WorkerPool


class Slow:
    """A worker whose jobs end when their iterators are closed."""

    def __init__(self):
        self.jobs = []
        self.closed = False

    def run(self, job, timeout=None, cancelled=None, background=None):
        self.jobs.append(job)
        yield job

    def close(self):
        self.closed = True


def pool(count):
    workers = [Slow() for _ in range(count)]
    return WorkerPool(workers, lambda job: job), workers


def begin(pool, job):
    running = pool.run(job)
    next(running)
    return running


def test_a_job_goes_to_the_worker_that_holds_its_model():
    shared, (one, two) = pool(2)
    for job in [("a",), ("b",)]:
        list(shared.run(job))
    for job in [("b",), ("a",), ("b",), ("b",), ("a",)]:
        list(shared.run(job))
    assert (set(one.jobs), set(two.jobs)) == ({("a",)}, {("b",)})


def test_nobody_waits_for_a_busy_worker_while_another_is_free():
    shared, (one, two) = pool(2)
    first = begin(shared, ("a",))
    second = begin(shared, ("a",))
    assert (one.jobs, two.jobs) == ([("a",)], [("a",)])
    first.close()
    list(shared.run(("b",)))  # the first one is free, whatever it holds
    assert one.jobs == [("a",), ("b",)]
    second.close()


def test_closing_closes_all_and_then_does_what_follows():
    workers, done = [Slow(), Slow()], []
    WorkerPool(workers, then=lambda: done.append(True)).close()
    assert all(worker.closed for worker in workers)
    assert done == [True]
