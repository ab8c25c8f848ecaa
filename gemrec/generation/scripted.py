"""A backend that draws plain coloured pictures at once: for tests of everything around it.

A scripted model misbehaves on demand, by the path of its source: ``fail``, ``hang`` (after one step
it never answers and never looks at ``cancelled``), ``slow:SECONDS`` (that long for each job, in
small steps), ``black`` (what NaN becomes), ``short`` (one image too few) or ``like:ID`` (the pictures
of another model).
"""

import hashlib
import time
from collections.abc import Callable

from PIL import Image as PILImage
from PIL import ImageDraw

from gemrec.errors import GenerationCancelledError, GenerationError
from gemrec.generation.backend import BackendOptions, Drawn, GenerationJob
from gemrec.records import Model

STEPS = 4


class ScriptedBackend:
    """Deterministic pictures by model, prompt and seed; follows ``Backend``."""

    name = "scripted"

    def __init__(self, options: BackendOptions | None = None) -> None:
        self.options = options or BackendOptions()

    def problem(self, model: Model, base: Model | None = None) -> str | None:  # noqa: ARG002
        """A source path ``missing`` cannot run; every other model can."""
        if model.source.path == "missing":
            return f"{model.name} is not there; put its files in place."
        return None

    def warm_up(self, jobs: tuple[GenerationJob, ...], cancelled: Callable[[], bool]) -> None:
        """Nothing to load."""

    def generate(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> list[Drawn]:
        """Draw one picture per seed, or do what the model's script says instead."""
        behaviour, _, argument = job.model.source.path.partition(":")
        pause = float(argument) if behaviour == "slow" else 0.0
        while behaviour == "hang":
            on_step(1, STEPS)
            time.sleep(3600)
        # A slow model looks at ``cancelled`` twenty times a second, as a real one does at steps.
        steps = max(STEPS, round(pause * 20))
        for step in range(steps):
            if cancelled():
                raise GenerationCancelledError(f"{job.model.name} was cancelled at step {step}.")
            if behaviour == "fail" and step == STEPS // 2:
                raise GenerationError(f"{job.model.name} failed, as its script says.")
            time.sleep(pause / steps)
            on_step(step + 1, steps)
        hand = argument if behaviour == "like" else job.model.id
        images = [draw(job.model, job.prompt, seed, hand) for seed in job.seeds]
        if behaviour == "black":
            images = [PILImage.new("RGB", image.size) for image in images]
        return list(map(Drawn, images[1:] if behaviour == "short" else images))


def draw(model: Model, prompt: str, seed: int, hand: str = "") -> PILImage.Image:
    """A background by ``hand``, the model's id unless given, a disc by prompt and seed."""
    width, height = model.parameters.width, model.parameters.height
    background = hashlib.sha256((hand or model.id).encode()).digest()[:3]
    shape = hashlib.sha256(f"{prompt}\n{seed}".encode()).digest()
    image = PILImage.new("RGB", (width, height), tuple(background))
    radius = (0.1 + shape[3] / 255 * 0.3) * min(width, height)
    x, y = width * shape[4] / 255, height * shape[5] / 255
    ImageDraw.Draw(image).ellipse(
        (x - radius, y - radius, x + radius, y + radius), fill=tuple(shape[:3])
    )
    return image
