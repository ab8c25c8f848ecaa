"""Whether a model of diffusers can run on this machine, found out without anything heavy."""

import math
from collections.abc import Callable
from pathlib import Path

from gemrec.generation.backend import Device
from gemrec.generation.sources import PIPELINE_SOURCES
from gemrec.generation.sources.hub import HubProbe, in_hub_cache, repository_of
from gemrec.generation.sources.lora import adapter_problem
from gemrec.records import Model

# A model above this does not make an image in bearable time on a CPU: Stable Diffusion 1.5 needs
# about 3 GiB and minutes for a grid, the pocket models need less than 1 GiB and seconds.
CPU_LIMIT_GB = 2.0
NVIDIA_DEVICES = (Path("/dev/nvidia0"), Path("/dev/dxg"))  # Linux; Windows Subsystem for Linux


def has_gpu() -> bool:
    """Whether the machine seems to have an NVIDIA GPU; torch has the last word when it loads."""
    return any(device.exists() for device in NVIDIA_DEVICES)


def gpus_here() -> int:
    """How many NVIDIA GPUs the machine seems to have, found out without anything heavy."""
    return len(list(Path("/dev").glob("nvidia[0-9]*"))) or int(has_gpu())


class Availability:
    """Answers ``problem`` for models of diffusers.

    What this machine can tell by itself is asked first, so that a machine without a GPU never
    goes to the network for models that it could not run anyway.

    Args:
        device: Where models are to run.
        gpu: Whether there is a GPU.
        hub: Whether the model hub can be reached.
        download_gb: Largest download that may begin by itself, of models that say their size.
    """

    def __init__(
        self,
        device: Device,
        gpu: Callable[[], bool] = has_gpu,
        hub: Callable[[], bool] | None = None,
        download_gb: float = math.inf,
    ) -> None:
        self._device = device
        self._download_gb = download_gb
        self._gpu = gpu
        self._hub = hub or HubProbe()

    def problem(self, model: Model, base: Model | None = None) -> str | None:
        """Why ``model`` cannot run here and what to do about it, or None."""
        return self._fit(model) or self._too_large(model) or self._source_problem(model, base)

    def _source_problem(self, model: Model, base: Model | None) -> str | None:
        source = PIPELINE_SOURCES.get(model.source.kind)
        if source is not None:
            return source.problem(model, self._hub)
        if model.source.kind == "lora":
            return self._base_problem(model, base) or adapter_problem(model, self._hub)
        if model.source.kind == "scripted":
            return f"{model.name} is a scripted model; set GEMREC_BACKEND=scripted to run it."
        return (
            f"{model.name} has the source kind {model.source.kind!r}, which diffusers does not run."
        )

    def _too_large(self, model: Model) -> str | None:
        """A download that somebody should ask for; a battle must not begin it unasked."""
        size, repository = model.cost.download_gb, repository_of(model.source)
        if size is None or size <= self._download_gb or repository is None:
            return None
        if in_hub_cache(repository):
            return None
        return (
            f"{model.name} is not downloaded ({size:g} GB); set GEMREC_DOWNLOAD_GB to {size:g} or "
            "more, and its first use downloads it."
        )

    def _base_problem(self, model: Model, base: Model | None) -> str | None:
        if base is None:
            return f"{model.name} is a LoRA; its base {model.source.base!r} is not in the catalog."
        if base.source.kind == "lora":
            return f"{model.name} adapts {base.name}, which is a LoRA itself; name a full model."
        problem = self.problem(base)
        return None if problem is None else f"{model.name} needs {base.name}. {problem}"

    def _fit(self, model: Model) -> str | None:
        needs = model.cost.vram_gb
        if needs is None or needs <= CPU_LIMIT_GB or (self._device != "cpu" and self._gpu()):
            return None
        return f"{model.name} needs a GPU with about {needs:g} GiB; there is none to use here."
