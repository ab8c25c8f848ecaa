"""The samplers that a catalog entry may name, in place of its pipeline's own scheduler."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gemrec.records import SamplerName

# Class in diffusers, and what differs from the scheduler's own configuration. Few-step models are
# distilled for timesteps counted from the end ("trailing") or for a consistency sampler.
SAMPLERS: Mapping[SamplerName, tuple[str, Mapping[str, object]]] = MappingProxyType(
    {
        "euler": ("EulerDiscreteScheduler", {}),
        "euler-trailing": ("EulerDiscreteScheduler", {"timestep_spacing": "trailing"}),
        "euler-a": ("EulerAncestralDiscreteScheduler", {}),
        "dpm++": ("DPMSolverMultistepScheduler", {}),
        "dpm++-karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
        "ddim": ("DDIMScheduler", {}),
        "unipc": ("UniPCMultistepScheduler", {}),
        "lcm": ("LCMScheduler", {}),
        "tcd": ("TCDScheduler", {}),
    }
)


class Schedulers:
    """Swaps the scheduler of one pipeline, and back."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._own = pipe.scheduler
        self._made: dict[str, Any] = {"": pipe.scheduler}

    def use(self, name: SamplerName | str) -> None:
        """Put the named scheduler, or the pipeline's own for an empty name, into the pipeline."""
        if name not in self._made:
            import diffusers

            class_name, options = SAMPLERS[name]  # type: ignore[index]
            self._made[name] = getattr(diffusers, class_name).from_config(
                self._own.config, **options
            )
        self._pipe.scheduler = self._made[name]
