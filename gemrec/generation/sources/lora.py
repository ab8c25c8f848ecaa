"""LoRA adapters: a few megabytes put onto a base that is loaded already, swapped in place."""

import hashlib
import warnings
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemrec.generation.sources.hub import (
    SAFE_SUFFIX,
    download_problem,
    is_on_hub,
    split_hub_file,
)
from gemrec.records import Model, ModelSource

KEPT_ADAPTERS = 24  # per base; an adapter is a few megabytes


def adapter_problem(model: Model, hub: Callable[[], bool]) -> str | None:
    """Weights that are missing or not safe to open, or no way to the hub, or None."""
    path = Path(model.source.path)
    if (is_on_hub(model.source) or path.is_file()) and path.suffix != SAFE_SUFFIX:
        return (
            f"The LoRA weights of {model.name} are {path.name}; only {SAFE_SUFFIX} files are opened, "
            "because the older formats can run code."
        )
    if is_on_hub(model.source):
        return download_problem(model, split_hub_file(model.source.path)[0], hub)
    if path.is_file() or any(path.glob("*.safetensors")):
        return None
    return f"The LoRA weights of {model.name} are missing: {path}."


class Adapters:
    """The adapters on one pipeline; at most one is active at a time.

    Args:
        pipe: A pipeline with diffusers' LoRA methods.
    """

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._known: OrderedDict[str, None] = OrderedDict()  # by time of use
        self.active: tuple[str, float] | None = None

    def __len__(self) -> int:
        return len(self._known)

    def use_none(self) -> None:
        """Make the pipeline draw as it did without adapters."""
        if self.active is not None:
            self._pipe.disable_lora()
            self.active = None

    def use(self, source: ModelSource) -> None:
        """Make this adapter the active one, loading it the first time."""
        name = adapter_name(source)
        wanted = (name, source.weight)
        if self.active == wanted:
            return
        if self.active is None and self._known:
            self._pipe.enable_lora()
        if name not in self._known:
            self._load(source, name)
        self._known.move_to_end(name)
        self._pipe.set_adapters([name], adapter_weights=[source.weight])
        self.active = wanted

    def _load(self, source: ModelSource, name: str) -> None:
        if len(self._known) >= KEPT_ADAPTERS:
            oldest, _ = self._known.popitem(last=False)
            self._pipe.delete_adapters([oldest])
        with warnings.catch_warnings():
            # peft asks whether several adapters on one model are meant; they are.
            warnings.filterwarnings("ignore", message="Already found a `peft_config`")
            self._pipe.load_lora_weights(
                adapter_name=name, use_safetensors=True, **weights_place(source)
            )
        self._known[name] = None


def weights_place(source: ModelSource) -> dict[str, Any]:
    """The arguments of ``load_lora_weights`` that say where the weights are."""
    if is_on_hub(source):
        repository, file = split_hub_file(source.path)
        folder, _, name = file.rpartition("/")
        place = {"subfolder": folder} if folder else {}
        return {
            "pretrained_model_name_or_path_or_dict": repository,
            "weight_name": name,
            "revision": source.revision,
            **place,
        }
    path = Path(source.path)
    if path.is_file():
        return {
            "pretrained_model_name_or_path_or_dict": str(path.parent),
            "weight_name": path.name,
            "local_files_only": True,
        }
    return {"pretrained_model_name_or_path_or_dict": str(path), "local_files_only": True}


def adapter_name(source: ModelSource) -> str:
    """A name by path and revision that torch accepts as a module name (no dots)."""
    return "a" + hashlib.sha256(f"{source.path}@{source.revision}".encode()).hexdigest()[:16]
