"""What tests of the worker's process do again and again."""

import time
from pathlib import Path

FACTORY = "tests.unit.worker.handlers:build"


def run(worker, verb, argument=None, **options):
    return list(worker.run((verb, argument), **options))


def wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "condition did not come true in time"
        time.sleep(0.01)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
