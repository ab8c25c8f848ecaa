"""A process of its own for heavy libraries.

The page and the votes must never wait for another library's interpreter lock or for its import,
so torch and friends live in a child process that answers one job after the other::

    worker = WorkerProcess("gemrec.generation.host:build_handler", ("scripted", None), "images")
    for event in worker.run(job, timeout=120, cancelled=stop.is_set):
        ...

The child is a plain interpreter that never runs the parent's main script again. It talks over one
pipe, runs at a lower priority, and ends as soon as the other end of the pipe is closed, however
the parent ended. POSIX only.
"""

from gemrec.worker.child import Handler
from gemrec.worker.process import WorkerProcess

__all__ = ["Handler", "WorkerProcess"]
