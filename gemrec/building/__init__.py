"""Data sets of many models' images of many prompts: planned, made, resumed, written out.

::

    plan ─► workers make grids ─► files, then one journal line per grid ─► Parquet, imagefolder,
                                                                           manifest, data card
"""

from gemrec.building.builder import lock, open_journal, run
from gemrec.building.outcome import Outcome, Progress
from gemrec.building.output import write_outputs
from gemrec.building.plan import Plan, Task, make_plan
from gemrec.building.push import push

__all__ = [
    "Outcome",
    "Plan",
    "Progress",
    "Task",
    "lock",
    "make_plan",
    "open_journal",
    "push",
    "run",
    "write_outputs",
]
