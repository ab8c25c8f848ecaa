"""Models and prompts: what can be asked, and of whom."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

SourceKind = Literal["hub", "local", "file", "lora", "scripted"]


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model's weights come from.

    Attributes:
        kind: ``hub`` (repository id), ``local`` (pipeline folder), ``file`` (single-file
            checkpoint), ``lora`` (adapter on another catalog model) or ``scripted`` (tests).
        path: Repository id, or absolute path of the folder or file.
        base: Catalog id of the model that a LoRA adapts; None for other kinds.
        weight: Strength of a LoRA, usually 0..1.
        revision: Commit or branch of a hub repository.
    """

    kind: SourceKind
    path: str
    base: str | None = None
    weight: float = 1.0
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationParameters:
    """Everything besides prompt and seed that decides how an image comes out.

    Attributes:
        steps: Denoising steps.
        guidance_scale: Classifier-free guidance; 1 means none.
        width: Pixels.
        height: Pixels.
        negative_prompt: What to steer away from.
    """

    steps: int = 20
    guidance_scale: float = 3.0
    width: int = 128
    height: int = 128
    negative_prompt: str = ""

    @property
    def key(self) -> str:
        """A short digest that is equal exactly when all parameters are equal."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ModelCost:
    """Hints for filters, not promises: seconds for one image, GPU memory in GiB, US dollars."""

    seconds_per_image: float | None = None
    vram_gb: float | None = None
    usd_per_image: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One generative model, a catalog entry.

    Attributes:
        id: Stable id used in votes, URLs and exports.
        name: What people read.
        source: Where the weights come from.
        parameters: Defaults of its pipeline.
        licence: SPDX id or the licence's name.
        downloads: Download count, the popularity prior.
        tags: ``kind:value`` words such as ``style:watercolor``.
        description: One plain sentence.
        url: Model page.
        cost: Cost hints.
        retired: No longer offered; its votes stay.
    """

    id: str
    name: str
    source: ModelSource
    parameters: GenerationParameters = GenerationParameters()
    licence: str = "unknown"
    downloads: int = 0
    tags: tuple[str, ...] = ()
    description: str = ""
    url: str = ""
    cost: ModelCost = ModelCost()
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and the category it belongs to (empty when unknown)."""

    text: str
    category: str = ""
