"""Loaded diffusers pipelines: a few full models, each shared by the LoRA adapters on it."""

import gc
import hashlib
import warnings
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gemrec.errors import GenerationError
from gemrec.generation.availability import is_local
from gemrec.generation.backend import BackendOptions
from gemrec.records import Model, ModelSource

# Text-to-image pipelines by what diffusers finds in a single-file checkpoint.
SINGLE_FILE_PIPELINES = {
    "v1": "StableDiffusionPipeline",
    "v2": "StableDiffusionPipeline",
    "xl_base": "StableDiffusionXLPipeline",
    "playground-v2-5": "StableDiffusionXLPipeline",
    "sd3": "StableDiffusion3Pipeline",
    "sd35_medium": "StableDiffusion3Pipeline",
    "sd35_large": "StableDiffusion3Pipeline",
    "flux-dev": "FluxPipeline",
    "flux-schnell": "FluxPipeline",
}
KEPT_ADAPTERS = 24  # per base; an adapter is a few megabytes


@dataclass(slots=True)
class _Loaded:
    """A pipeline in memory; ``adapters`` are in order of use, ``active`` is (name, weight)."""

    pipe: Any
    adapters: "OrderedDict[str, None]" = field(default_factory=OrderedDict)
    active: tuple[str, float] | None = None


class Pipelines:
    """Gives out pipelines ready to run, and forgets the one used longest ago.

    One thread at a time: a pipeline holds the state of its run.
    """

    def __init__(self, options: BackendOptions) -> None:
        self._options = options
        self._loaded: OrderedDict[tuple[str, str, str | None], _Loaded] = OrderedDict()

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

    def ready(self, model: Model, base: Model | None) -> Any:
        """The pipeline of ``model`` with the right adapter active.

        Raises:
            GenerationError: The source of the model makes no sense here.
        """
        if model.source.kind != "lora":
            loaded = self._full_model(model)
            self._use_no_adapter(loaded)
            return loaded.pipe
        if base is None:
            raise GenerationError(f"{model.name} is a LoRA, but no base came with it.")
        loaded = self._full_model(base)
        try:
            self._use_adapter(loaded, model)
        except Exception:
            # Half an adapter may be left in the base; the next job gets a clean one.
            del self._loaded[source_key(base)]
            raise
        return loaded.pipe

    def _full_model(self, model: Model) -> _Loaded:
        key = source_key(model)
        if key not in self._loaded:
            while len(self._loaded) >= max(1, self._options.keep):
                self._forget_oldest()
            self._loaded[key] = _Loaded(self._load(model))
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def _forget_oldest(self) -> None:
        import torch

        self._loaded.popitem(last=False)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _load(self, model: Model) -> Any:
        source = model.source
        if source.kind == "file":
            pipe = self._load_file(source)
        elif source.kind in ("local", "hub"):
            pipe = self._load_folder(source)
        else:
            raise GenerationError(
                f"{model.name} has the source kind {source.kind!r}; diffusers runs hub, local, "
                "file and lora."
            )
        pipe.set_progress_bar_config(disable=True)
        return self._place(pipe, model)

    def _load_folder(self, source: ModelSource) -> Any:
        import diffusers

        pipeline: Any = diffusers.DiffusionPipeline
        config = pipeline.load_config(source.path, revision=source.revision)
        return pipeline.from_pretrained(
            source.path,
            revision=source.revision,
            dtype=self._dtype("transformer" in config),
            local_files_only=source.kind == "local",
        )

    def _load_file(self, source: ModelSource) -> Any:
        import diffusers
        from diffusers.loaders import single_file_utils

        utilities: Any = single_file_utils
        checkpoint = utilities.load_single_file_checkpoint(source.path)
        kind = utilities.infer_diffusers_model_type(checkpoint)
        if kind not in SINGLE_FILE_PIPELINES:
            raise GenerationError(
                f"{Path(source.path).name} is a {kind!r} checkpoint; allowed are "
                f"{', '.join(sorted(SINGLE_FILE_PIPELINES))}."
            )
        pipeline = getattr(diffusers, SINGLE_FILE_PIPELINES[kind])
        return pipeline.from_single_file(source.path, dtype=self._dtype(kind.startswith("flux")))

    def _dtype(self, is_transformer: bool) -> Any:
        import torch

        if self.device == "cpu":
            return torch.float32  # half precision is emulated, hence slower, on most CPUs
        # Diffusion transformers overflow in float16; the older UNets were released in it.
        return torch.bfloat16 if is_transformer else torch.float16

    def _place(self, pipe: Any, model: Model) -> Any:
        import torch

        device = self.device
        if device == "cuda":
            memory = torch.cuda.get_device_properties(0).total_memory / 2**30
            if model.cost.vram_gb is not None and model.cost.vram_gb > memory:
                pipe.enable_model_cpu_offload()
                return pipe
        return pipe.to(device)

    def _use_no_adapter(self, loaded: _Loaded) -> None:
        if loaded.active is not None:
            loaded.pipe.disable_lora()
            loaded.active = None

    def _use_adapter(self, loaded: _Loaded, model: Model) -> None:
        name = adapter_name(model.source)
        wanted = (name, model.source.weight)
        if loaded.active == wanted:
            return
        if loaded.active is None and loaded.adapters:
            loaded.pipe.enable_lora()
        if name not in loaded.adapters:
            self._load_adapter(loaded, model.source, name)
        loaded.adapters.move_to_end(name)
        loaded.pipe.set_adapters([name], adapter_weights=[model.source.weight])
        loaded.active = wanted

    def _load_adapter(self, loaded: _Loaded, source: ModelSource, name: str) -> None:
        if len(loaded.adapters) >= KEPT_ADAPTERS:
            oldest, _ = loaded.adapters.popitem(last=False)
            loaded.pipe.delete_adapters([oldest])
        path = Path(source.path)
        if path.is_file():
            place = {"weight_name": path.name}
            folder = str(path.parent)
        else:
            place, folder = {}, source.path
        with warnings.catch_warnings():
            # peft asks whether several adapters on one model are meant; they are.
            warnings.filterwarnings("ignore", message="Already found a `peft_config`")
            # The file decides which layers are adapted; peft's own guess may name more.
            warnings.filterwarnings("ignore", message="While injecting the PEFT adapters")
            loaded.pipe.load_lora_weights(
                folder,
                adapter_name=name,
                revision=source.revision,
                local_files_only=is_local(path),
                **place,
            )
        loaded.adapters[name] = None


def source_key(model: Model) -> tuple[str, str, str | None]:
    """What tells two full models in memory apart."""
    return model.source.kind, model.source.path, model.source.revision


def adapter_name(source: ModelSource) -> str:
    """A name by path and revision that torch accepts as a module name (no dots)."""
    return "a" + hashlib.sha256(f"{source.path}@{source.revision}".encode()).hexdigest()[:16]
