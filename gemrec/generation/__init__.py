"""Images from models: backends, the process they run in, and the grids that people see."""

from gemrec.generation.backend import (
    Backend,
    BackendOptions,
    Drawn,
    GenerationJob,
    ProviderOptions,
    SafetyOptions,
)
from gemrec.generation.events import (
    GridDone,
    GridEvent,
    GridFailed,
    GridImages,
    GridProgress,
    GridRequest,
)
from gemrec.generation.grid import GridService
from gemrec.generation.host import GenerationWorker, warm_up_jobs
from gemrec.generation.snippet import snippet

__all__ = [
    "Backend",
    "BackendOptions",
    "Drawn",
    "GenerationJob",
    "GenerationWorker",
    "GridDone",
    "GridEvent",
    "GridFailed",
    "GridImages",
    "GridProgress",
    "GridRequest",
    "GridService",
    "ProviderOptions",
    "SafetyOptions",
    "snippet",
    "warm_up_jobs",
]
