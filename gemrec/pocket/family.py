"""The trained family, loaded from ``assets/``: one pipeline, and an adapter for each member."""

import time
import tomllib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ASSETS = Path(__file__).parents[2] / "assets"
"""Where the repository keeps the family."""


@dataclass(frozen=True, slots=True)
class Member:
    """One model of the family, as the catalog file describes it.

    Attributes:
        id: Catalog id.
        name: What people read.
        folder: Its pipeline or adapter.
        is_adapter: Whether it is a LoRA on the base.
        steps: Denoising steps.
        guidance: Classifier-free guidance.
        tags: Words such as ``style:watercolor``.
    """

    id: str
    name: str
    folder: Path
    is_adapter: bool
    steps: int
    guidance: float
    tags: tuple[str, ...]

    @property
    def style(self) -> str | None:
        """The style in which it draws everything, or None."""
        styles = [tag.removeprefix("style:") for tag in self.tags if tag.startswith("style:")]
        return styles[0] if styles and styles[0] != "plain" else None


def read_members(assets: Path = ASSETS) -> list[Member]:
    """Return the members that ``assets/models.toml`` lists, in its order."""
    document = tomllib.loads((assets / "models.toml").read_text("utf-8"))
    return [
        Member(
            id=entry["id"],
            name=entry["name"],
            folder=assets / entry["source"]["path"],
            is_adapter=entry["source"]["kind"] == "lora",
            steps=entry["parameters"]["steps"],
            guidance=entry["parameters"]["guidance_scale"],
            tags=tuple(entry["tags"]),
        )
        for entry in document["model"]
    ]


class Family:
    """The base pipeline with adapters that switch in milliseconds.

    Args:
        assets: Folder with ``models.toml``.
        device: ``cpu`` or ``cuda``.
    """

    def __init__(self, assets: Path = ASSETS, device: str = "cpu") -> None:
        import diffusers
        import torch
        import transformers  # noqa: PLC0415 - imports torch

        # Both report layers as missing that belong to the other adapters or to the other network.
        loggers: tuple[Any, ...] = (diffusers.utils.logging, transformers.utils.logging)
        for logger in loggers:
            logger.set_verbosity_error()
        self.members = {member.id: member for member in read_members(assets)}
        base = next(member for member in self.members.values() if not member.is_adapter)
        start = time.perf_counter()
        kind: Any = diffusers.DiffusionPipeline
        self.pipeline: Any = kind.from_pretrained(
            base.folder, torch_dtype=torch.float32, local_files_only=True
        ).to(device)
        self.load_seconds = time.perf_counter() - start
        self.pipeline.set_progress_bar_config(disable=True)
        self.pipeline.unet.to(memory_format=torch.channels_last)
        self._loaded: set[str] = set()

    def select(self, model: str) -> None:
        """Make one member the active one; its adapter is read from disk the first time."""
        member = self.members[model]
        if not member.is_adapter:
            if self._loaded:
                self.pipeline.disable_lora()
            return
        name = model.replace("-", "_")
        if model not in self._loaded:
            with warnings.catch_warnings():
                # peft asks whether several adapters on one model are meant; they are.
                warnings.filterwarnings("ignore", message="Already found a `peft_config`")
                self.pipeline.load_lora_weights(
                    member.folder, adapter_name=name, local_files_only=True
                )
            self._loaded.add(model)
        self.pipeline.enable_lora()
        self.pipeline.set_adapters(name)

    def generate(
        self, model: str, prompts: Sequence[str], seeds: Sequence[int], batch: int = 12
    ) -> NDArray[np.uint8]:
        """Return one picture for each prompt and seed, ``(n, height, width, 3)``.

        Args:
            model: Catalog id.
            prompts: One prompt for each picture.
            seeds: One seed for each picture.
            batch: Pictures made at once.
        """
        import torch

        self.select(model)
        member = self.members[model]
        parts = []
        for start in range(0, len(prompts), batch):
            chosen = slice(start, start + batch)
            generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds[chosen]]
            with torch.inference_mode():
                made = self.pipeline(
                    list(prompts[chosen]),
                    num_inference_steps=member.steps,
                    guidance_scale=member.guidance,
                    generator=generators,
                    output_type="np",
                ).images
            parts.append((made * 255).round().astype(np.uint8))
        return np.concatenate(parts)
