"""A process of its own for heavy libraries.

The page and the votes must never wait for another library's interpreter lock or for its import,
so torch and friends live in a child process that answers one job after the other::

    worker = WorkerProcess("gemrec.generation.host:build_handler", ("scripted", None), "images")
    for event in worker.run(job, timeout=120, cancelled=stop.is_set):
        ...

The child is a plain interpreter that never runs the parent's main script again. It talks over one
pipe, runs at a lower priority, and ends as soon as the other end of the pipe is closed, however
the parent ended. POSIX only. Several such children, or workers of Ray on other machines, can share
the work: see :func:`hire`.
"""

from gemrec.worker.child import Handler
from gemrec.worker.crew import Crew
from gemrec.worker.pool import Worker, WorkerPool, hire
from gemrec.worker.process import WorkerProcess

__all__ = ["Crew", "Handler", "Worker", "WorkerPool", "WorkerProcess", "hire"]
