"""What makes images: the protocol that every backend follows, and one job for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image as PILImage

from gemrec.records import Model

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """How a backend uses the machine.

    Attributes:
        device: Where models run; ``auto`` takes the GPU when there is one.
        threads: CPU threads; 0 means all cores.
        keep: How many full models stay loaded, 1 or more; LoRA adapters share their base.
    """

    device: Device = "auto"
    threads: int = 0
    keep: int = 3


@dataclass(frozen=True, slots=True)
class GenerationJob:
    """Images of one model for one prompt, made in one batch.

    Attributes:
        model: Who makes them.
        base: The model that ``model`` adapts when it is a LoRA; None otherwise.
        prompt: The prompt's text.
        seeds: One seed per image; an image depends on its own seed only.
    """

    model: Model
    base: Model | None
    prompt: str
    seeds: tuple[int, ...]


class Backend(Protocol):
    """Makes images. Building one and asking for problems is cheap; generating is not."""

    name: str

    def problem(self, model: Model, base: Model | None = None) -> str | None:
        """Why ``model`` cannot run here, in one sentence that says what to do; None if it can."""

    def warm_up(self, jobs: tuple[GenerationJob, ...], cancelled: Callable[[], bool]) -> None:
        """Load what ``jobs`` need, the first of them as far as one step; stop when cancelled."""

    def generate(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> list[PILImage.Image]:
        """Make all images of a job.

        Args:
            job: What to make.
            on_step: Told (steps done, steps in all) after each step.
            cancelled: Asked at each step.

        Returns:
            One RGB image per seed, in the order of the seeds.

        Raises:
            GenerationCancelledError: ``cancelled()`` said so.
            GenerationError: The model cannot make them; the message says why.
        """
