"""Where pipelines run: device, number format, how much memory they may take, what moves out."""

import gc
import os
from typing import Any

from gemrec.errors import GenerationError
from gemrec.generation.backend import BackendOptions

# Of all the memory there is; the rest is for what a run needs besides weights, and for others.
CPU_SHARE, GPU_SHARE = 0.5, 0.75
# Weights and a run: attention and the decoder add about a fifth to a family's weights.
RUN_FACTOR = 1.2


class Placement:
    """Puts pipelines where they belong.

    Args:
        options: Device, threads and memory budget.
    """

    def __init__(self, options: BackendOptions) -> None:
        self._options = options

    @property
    def device(self) -> str:
        """``cuda`` or ``cpu``.

        Raises:
            GenerationError: A GPU was asked for and torch sees none.
        """
        import torch

        found = torch.cuda.is_available()
        if self._options.device == "cuda" and not found:
            raise GenerationError(
                "GEMREC_DEVICE is cuda, but torch sees no GPU; use auto or cpu, or check the driver."
            )
        return "cuda" if found and self._options.device != "cpu" else "cpu"

    def dtype_for(self, is_transformer: bool) -> Any:
        """The number format for a diffusion transformer (True) or a UNet (False)."""
        import torch

        if self.device == "cpu":
            return torch.float32  # half precision is emulated, hence slower, on most CPUs
        # Diffusion transformers overflow in float16; the older UNets were released in it.
        return torch.bfloat16 if is_transformer else torch.float16

    def budget(self) -> int:
        """Bytes that all loaded pipelines together may take."""
        if self._options.memory > 0:
            return self._options.memory
        if self.device == "cuda":
            return int(self._gpu_bytes() * GPU_SHARE)
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return int(whole * CPU_SHARE / self._options.sharers)

    def place(self, pipe: Any) -> Any:
        """Move the pipeline to the device, or leave on the host what the device cannot hold."""
        if self.device == "cpu":
            return pipe.to("cpu")
        whole, largest = pipeline_bytes(pipe), largest_component_bytes(pipe)
        how = offload_for(whole, largest, self._gpu_bytes())
        if how == "none":
            return pipe.to("cuda")
        if how == "model":
            pipe.enable_model_cpu_offload()
        else:
            pipe.enable_sequential_cpu_offload()
        return pipe

    def release(self) -> None:
        """Give memory that nobody uses back to the device."""
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _gpu_bytes(self) -> int:
        """What one worker may count on."""
        import torch

        whole: int = torch.cuda.get_device_properties(0).total_memory
        return whole // self._options.sharers


def offload_for(whole: int, largest: int, gpu: int) -> str:
    """How much of a pipeline has to wait on the host.

    Args:
        whole: Bytes of all its weights.
        largest: Bytes of its largest component.
        gpu: Bytes of the GPU.

    Returns:
        ``none``; ``model`` (one component at a time is on the GPU); ``sequential`` (one layer).
    """
    if whole * RUN_FACTOR <= gpu:
        return "none"
    return "model" if largest * RUN_FACTOR <= gpu else "sequential"


def pipeline_bytes(pipe: Any) -> int:
    """Bytes of all weights and buffers of a pipeline, adapters included, each tensor once."""
    return sum(tensors_of(pipe).values())


def largest_component_bytes(pipe: Any) -> int:
    """Bytes of the largest component of a pipeline."""
    return max((sum(module_tensors(module).values()) for module in _modules(pipe)), default=0)


def tensors_of(pipe: Any) -> dict[int, int]:
    """Bytes of each tensor of a pipeline by where it lies, so that shared ones count once."""
    return {key: size for module in _modules(pipe) for key, size in module_tensors(module).items()}


def module_tensors(module: Any) -> dict[int, int]:
    """Bytes of each tensor of a torch module by where it lies."""
    everything = (*module.parameters(), *module.buffers())
    # Offloaded weights have no place of their own, so the object stands in for it.
    return {t.data_ptr() or id(t): t.numel() * t.element_size() for t in everything}


def _modules(pipe: Any) -> list[Any]:
    import torch

    return [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
