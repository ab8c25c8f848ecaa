"""Who does the work: how many workers, and where they run."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers of one kind.

    Attributes:
        kind: Processes of this machine, workers of Ray, or one worker inside this process.
        workers: How many run at the same time; each loads what it needs for itself.
        address: Of a running Ray cluster, such as ``auto`` or ``HOST:6379``; None starts Ray on
            this machine.
        cpus: CPUs that each Ray worker has to itself.
        gpus: GPUs that each Ray worker has to itself; may be a fraction.
    """

    kind: Literal["process", "ray", "inline"] = "process"
    workers: int = 1
    address: str | None = None
    cpus: int = 1
    gpus: float = 0.0
