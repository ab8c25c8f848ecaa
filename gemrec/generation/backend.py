"""What makes images: the protocol that every backend follows, and one job for it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from PIL import Image as PILImage

from gemrec.records import Model

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """How models of Inference Providers are asked, and what they may cost.

    Attributes:
        timeout: Seconds one request may take.
        attempts: Requests per image before it is given up, 1 or more.
        usd_per_day: Most that all processes together may spend in one day (UTC); 0, the default,
            forbids: money is spent only where somebody has decided so.
        usd_per_process: Most that one process may spend; 0 forbids.
    """

    timeout: float = 60.0
    attempts: int = 4
    usd_per_day: float = 0.0
    usd_per_process: float = 1.0


@dataclass(frozen=True, slots=True)
class SafetyOptions:
    """What the owner of this gemrec allows.

    Attributes:
        mature: Mature content may be made: safety checkers measure but hold nothing back, and
            models tagged ``content:mature`` run.
        blocked: Words and phrases that a prompt must not hold, in any case.
        prompt_length: Most characters of a prompt.
        checker: Folder or Hub name of a Stable Diffusion safety checker for the models that run
            here and bring none; empty for none.
    """

    mature: bool = False
    blocked: tuple[str, ...] = ()
    prompt_length: int = 1000
    checker: str = ""


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """How a backend uses the machine, and what it is allowed to do.

    Attributes:
        device: Where models run; ``auto`` takes the GPU when there is one.
        threads: CPU threads; 0 means all cores.
        memory: Bytes that loaded pipelines may take together; 0 takes a share of what there is.
        providers: Time, retries and costs of Inference Providers.
        safety: Prompts and content.
        gpu_elsewhere: The models run on machines with a GPU, whatever this one has.
        sharers: Workers that share this machine's memory and GPU, 1 or more.
        zero_gpu: The GPU is lent call by call; see :mod:`gemrec.generation.zerogpu`.
        download_gb: Largest download that may begin by itself, of models that say their size.
        database: SQLite file where spending and refusals are counted; None counts them in this
            process only.
    """

    device: Device = "auto"
    threads: int = 0
    memory: int = 0
    providers: ProviderOptions = field(default_factory=ProviderOptions)
    safety: SafetyOptions = field(default_factory=SafetyOptions)
    database: Path | None = None
    gpu_elsewhere: bool = False
    sharers: int = 1
    zero_gpu: bool = False
    download_gb: float = math.inf


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


@dataclass(frozen=True, slots=True)
class Drawn:
    """One image as a model made it.

    Attributes:
        image: The picture, RGB.
        safety: What a safety checker made of it, 0..1, more is safer; None where none looked.
    """

    image: PILImage.Image
    safety: float | None = None


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
    ) -> list[Drawn]:
        """Make all images of a job.

        Args:
            job: What to make.
            on_step: Told (steps done, steps in all) after each step.
            cancelled: Asked at each step.

        Returns:
            One per seed, in the order of the seeds.

        Raises:
            GenerationCancelledError: ``cancelled()`` said so.
            GenerationError: The model cannot make them; the message says why.
        """
