"""Images by diffusers on this machine's CPU or GPU."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PIL import Image as PILImage

from gemrec.errors import GemrecError, GenerationCancelledError, GenerationError
from gemrec.generation.availability import Availability
from gemrec.generation.backend import BackendOptions, GenerationJob
from gemrec.generation.pipelines import Pipelines
from gemrec.records import Model


class DiffusersBackend:
    """Any text-to-image source that ``DiffusionPipeline`` loads; follows ``Backend``.

    Each image starts from noise of its own CPU generator, so that an image depends on its seed
    but neither on its batch nor on the device, and both sides of a battle can share seeds.
    """

    name = "diffusers"

    def __init__(
        self, options: BackendOptions | None = None, availability: Availability | None = None
    ) -> None:
        self.options = options or BackendOptions()
        self._availability = availability or Availability(self.options.device)
        self._pipelines: Pipelines | None = None

    def problem(self, model: Model, base: Model | None = None) -> str | None:
        """Missing files, no way to the hub, or no GPU; None if the model can run."""
        return self._availability.problem(model, base)

    def warm_up(self, jobs: tuple[GenerationJob, ...], cancelled: Callable[[], bool]) -> None:
        """Import the libraries, load the first job's base, run one step, then load the rest."""
        pipelines = self._prepared()
        for position, job in enumerate(jobs):
            if cancelled():
                return
            if self.problem(job.model, job.base) is not None:
                continue
            pipelines.ready(job.model, job.base)
            if position == 0 and not cancelled():
                one_step = replace(job.model, parameters=replace(job.model.parameters, steps=1))
                self.generate(replace(job, model=one_step), ignore_steps, cancelled)

    def generate(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> list[PILImage.Image]:
        """Make all images of a job in one batch; see ``Backend.generate``."""
        try:
            return self._run(job, on_step, cancelled)
        except GemrecError:
            raise
        except Exception as error:  # the libraries below raise whatever they like
            first_line = str(error).strip().partition("\n")[0]
            raise GenerationError(
                f"{job.model.name} could not make its images: {type(error).__name__}: {first_line}"
            ) from error

    def _run(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> list[PILImage.Image]:
        def stop_if_cancelled() -> None:
            if cancelled():
                raise GenerationCancelledError(f"{job.model.name} was cancelled.")

        def after_step(
            pipe: Any,
            step: int,
            _timestep: object,
            tensors: dict[str, Any],
        ) -> dict[str, Any]:
            stop_if_cancelled()
            steps = getattr(pipe, "num_timesteps", None) or job.model.parameters.steps
            on_step(min(step + 1, steps), steps)
            return tensors

        stop_if_cancelled()
        pipelines = self._prepared()
        pipe = pipelines.ready(job.model, job.base)
        stop_if_cancelled()

        import torch

        output = pipe(
            **call_arguments(pipe, job),
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in job.seeds],
            callback_on_step_end=after_step,
        )
        return checked_images(output, job)

    def _prepared(self) -> Pipelines:
        """Import and set up the libraries once."""
        if self._pipelines is None:
            import torch
            import transformers  # noqa: PLC0415 - as slow as the others
            from diffusers.utils import logging

            if self.options.threads:
                torch.set_num_threads(self.options.threads)
            # Bars and chatter would end up in the server's log, one per grid.
            loggers: tuple[Any, ...] = (logging, transformers.utils.logging)
            for logger in loggers:
                logger.disable_progress_bar()
                logger.set_verbosity_error()
            self._pipelines = Pipelines(self.options)
        return self._pipelines


def ignore_steps(_step: int, _steps: int) -> None:
    """Progress that nobody waits for."""


def call_arguments(pipe: Any, job: GenerationJob) -> dict[str, object]:
    """The arguments that this pipeline's call understands, out of what the job asks for."""
    parameters = job.model.parameters
    accepted = inspect.signature(type(pipe).__call__).parameters
    wanted: dict[str, object] = {
        "num_inference_steps": parameters.steps,
        "guidance_scale": parameters.guidance_scale,
        "width": parameters.width,
        "height": parameters.height,
    }
    if parameters.negative_prompt:
        wanted["negative_prompt"] = parameters.negative_prompt
    if "num_images_per_prompt" in accepted:  # one text encoding for the whole batch
        wanted |= {"prompt": job.prompt, "num_images_per_prompt": len(job.seeds)}
    else:
        wanted["prompt"] = [job.prompt] * len(job.seeds)
    return {name: value for name, value in wanted.items() if name in accepted}


def checked_images(output: Any, job: GenerationJob) -> list[PILImage.Image]:
    """The images of a pipeline's output, as many as there are seeds.

    Raises:
        GenerationError: Some are missing, or the model's own safety checker blacked one out.
    """
    if any(getattr(output, "nsfw_content_detected", None) or ()):
        raise GenerationError(
            f"The safety checker of {job.model.name} held back an image; try another prompt."
        )
    images: list[PILImage.Image] = [image.convert("RGB") for image in output.images]
    if len(images) != len(job.seeds):
        raise GenerationError(
            f"{job.model.name} made {len(images)} images; {len(job.seeds)} were asked for."
        )
    return images
