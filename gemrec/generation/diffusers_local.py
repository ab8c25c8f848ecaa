"""Images by diffusers on this machine's CPU or GPU."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PIL import Image as PILImage

from gemrec.errors import (
    GemrecError,
    GenerationCancelledError,
    GenerationError,
    GenerationRefusedError,
)
from gemrec.generation.availability import Availability, has_gpu
from gemrec.generation.backend import BackendOptions, Drawn, GenerationJob
from gemrec.generation.batches import Batches, is_out_of_memory
from gemrec.generation.pipelines import Loaded, Pipelines, source_key
from gemrec.generation.placement import Placement
from gemrec.generation.sources import PIPELINE_SOURCES
from gemrec.generation.zerogpu import lend_gpu, loan_seconds
from gemrec.records import Model
from gemrec.worker.child import Failure
from gemrec.worker.conversation import rebuild


class DiffusersBackend:
    """Any text-to-image source that diffusers loads; follows ``Backend``.

    Each image starts from noise of its own CPU generator, so that an image depends on its seed
    but neither on its batch nor on the device, and both sides of a battle can share seeds.
    """

    name = "diffusers"

    def __init__(
        self, options: BackendOptions | None = None, availability: Availability | None = None
    ) -> None:
        self.options = options or BackendOptions()
        gpu = always if self.options.gpu_elsewhere else has_gpu
        self._availability = availability or Availability(
            self.options.device, gpu, download_gb=self.options.download_gb
        )
        self._pipelines: Pipelines | None = None
        self._running: GenerationJob | None = None
        self._batches = Batches(self._release)
        self._lent = lend_gpu(self._in_loan, loan_seconds) if self.options.zero_gpu else None

    def problem(self, model: Model, base: Model | None = None) -> str | None:
        """Missing files, no way to the hub, or no GPU; None if the model can run."""
        return self._availability.problem(model, base)

    def warm_up(self, jobs: tuple[GenerationJob, ...], cancelled: Callable[[], bool]) -> None:
        """Import the libraries, load the first job's base, run one step, then load the rest."""
        pipelines = self._prepared()
        if self._lent is not None:
            return  # what is loaded before there is a GPU would stay on the CPU
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
    ) -> list[Drawn]:
        """Make all images of a job, in one batch if memory allows; see ``Backend.generate``."""
        try:
            if self._lent is None:
                return self._make(job, on_step, cancelled)
            self._fetch(job)
            answer = self._lent(job)
            if isinstance(answer, Failure):
                raise rebuild(answer)
            return answer
        except GemrecError:
            raise
        except Exception as error:  # the libraries below raise whatever they like
            first_line = str(error).strip().partition("\n")[0]
            raise GenerationError(
                f"{job.model.name} could not make its images: {type(error).__name__}: {first_line}"
            ) from error

    def _fetch(self, job: GenerationJob) -> None:
        """Download what is missing, before the loan's time runs."""
        for model in (job.model, job.base):
            if (
                model is not None
                and (source := PIPELINE_SOURCES.get(model.source.kind)) is not None
            ):
                source.fetch(model.source)

    def _in_loan(self, job: GenerationJob) -> list[Drawn] | Failure:
        """The images, made in a fork that can neither tell steps nor be asked; errors travel by name."""
        try:
            return self._make(job)
        except GemrecError as error:
            return Failure.of(error)

    def _make(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> list[Drawn]:
        tell, asked = on_step or ignore_steps, cancelled or never
        parameters = job.model.parameters
        owner = job.base if job.model.source.kind == "lora" and job.base else job.model
        self._running = job
        stop_if(asked, job)
        loaded = self._ready(job)
        return self._batches.make(
            (source_key(owner), parameters.width, parameters.height),
            job.model.name,
            job.seeds,
            lambda seeds: run(loaded, replace(job, seeds=tuple(seeds)), tell, asked),
        )

    def _ready(self, job: GenerationJob) -> Loaded:
        """The job's pipeline; if loading it runs out of memory, once more with nothing beside it."""
        pipelines = self._prepared()
        try:
            return pipelines.ready(job.model, job.base)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        self._release()  # not before the error is gone, which holds what was loaded so far
        return pipelines.ready(job.model, job.base)

    def _release(self) -> bool:
        job = self._running
        if job is None or self._pipelines is None:
            return False
        return self._pipelines.forget_others(job.model, job.base) > 0

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
            self._pipelines = Pipelines(Placement(self.options), self.options.safety)
        return self._pipelines


def run(
    loaded: Loaded,
    job: GenerationJob,
    on_step: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> list[Drawn]:
    """One batch through a pipeline that is ready.

    Raises:
        GenerationCancelledError: ``cancelled()`` said so at a step.
        GenerationRefusedError: A safety checker held an image back.
        GenerationError: The pipeline made another number of images.
    """
    import torch

    def after_step(
        pipe: Any, step: int, _timestep: object, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        stop_if(cancelled, job)
        steps = getattr(pipe, "num_timesteps", None) or job.model.parameters.steps
        on_step(min(step + 1, steps), steps)
        return tensors

    def after_step_alone(step: int, _timestep: object, _latents: object) -> None:
        after_step(loaded.pipe, step, None, {})

    stop_if(cancelled, job)
    accepted = inspect.signature(type(loaded.pipe).__call__).parameters
    wanted = with_guidance(call_arguments(accepted, job), accepted, loaded.pipe)
    if "callback_on_step_end" in accepted:
        wanted["callback_on_step_end"] = after_step
    elif "callback" in accepted:  # the older families: PixArt among them
        wanted["callback"] = after_step_alone
    output = loaded.pipe(
        **wanted, generator=[torch.Generator("cpu").manual_seed(seed) for seed in job.seeds]
    )
    images = checked_images(output, job)
    if loaded.checker is None:
        return list(map(Drawn, images))
    return loaded.checker.look(images, job.model.name)


def stop_if(cancelled: Callable[[], bool], job: GenerationJob) -> None:
    """Raise when nobody wants the images any more.

    Raises:
        GenerationCancelledError: ``cancelled()`` said so.
    """
    if cancelled():
        raise GenerationCancelledError(f"{job.model.name} was cancelled.")


def ignore_steps(_step: int, _steps: int) -> None:
    """Progress that nobody waits for."""


def never() -> bool:
    """Nobody cancels."""
    return False


def always() -> bool:
    """The GPU is elsewhere."""
    return True


def call_arguments(accepted: Sequence[str] | Any, job: GenerationJob) -> dict[str, Any]:
    """The arguments that a pipeline's call understands, out of what the job asks for.

    Args:
        accepted: Names of the call's parameters.
        job: What to make.
    """
    parameters = job.model.parameters
    wanted: dict[str, Any] = {
        "num_inference_steps": parameters.steps,
        "guidance_scale": parameters.guidance_scale,
        "width": parameters.width,
        "height": parameters.height,
        # Families that were trained on fixed sizes would otherwise make another size and cut it.
        "use_resolution_binning": False,
    }
    if parameters.negative_prompt:
        wanted["negative_prompt"] = parameters.negative_prompt
    if "num_images_per_prompt" in accepted:  # one text encoding for the whole batch
        wanted |= {"prompt": job.prompt, "num_images_per_prompt": len(job.seeds)}
    else:
        wanted["prompt"] = [job.prompt] * len(job.seeds)
    return {name: value for name, value in wanted.items() if name in accepted}


def with_guidance(
    wanted: dict[str, Any], accepted: Sequence[str] | Any, pipe: Any
) -> dict[str, Any]:
    """The strength of guidance under the name by which the pipeline heeds it.

    Where a transformer was not taught its guidance (Qwen-Image), diffusers only warns about
    ``guidance_scale`` and guides by ``true_cfg_scale``, beside a negative prompt. Flux has both
    names too; its transformers were taught, or draw without any.
    """
    config = getattr(getattr(pipe, "transformer", None), "config", None)
    if "true_cfg_scale" not in accepted or getattr(config, "guidance_embeds", True):
        return wanted
    others = {name: value for name, value in wanted.items() if name != "guidance_scale"}
    return {**others, "true_cfg_scale": wanted["guidance_scale"]}


def checked_images(output: Any, job: GenerationJob) -> list[PILImage.Image]:
    """The images of a pipeline's output, as many as there are seeds.

    Raises:
        GenerationRefusedError: The model's own safety checker blacked one out.
        GenerationError: Some are missing.
    """
    if any(getattr(output, "nsfw_content_detected", None) or ()):
        raise GenerationRefusedError(
            f"The safety checker of {job.model.name} held back an image; try another prompt."
        )
    images: list[PILImage.Image] = [image.convert("RGB") for image in output.images]
    if len(images) != len(job.seeds):
        raise GenerationError(
            f"{job.model.name} made {len(images)} images; {len(job.seeds)} were asked for."
        )
    return images
