"""Models and prompts: what can be asked, and of whom."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

SourceKind = Literal["hub", "local", "file", "lora", "provider", "prerendered", "scripted"]

SamplerName = Literal[
    "euler", "euler-trailing", "euler-a", "dpm++", "dpm++-karras", "ddim", "unipc", "lcm", "tcd"
]


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model's images come from.

    Attributes:
        kind: ``hub`` (repository id), ``local`` (pipeline folder), ``file`` (single-file
            checkpoint), ``lora`` (adapter on another catalog model), ``provider`` (Inference
            Providers), ``prerendered`` (images made before) or ``scripted`` (tests).
        path: Repository id, or absolute path of the folder or file; ``hf://ORG/REPO/FILE`` for a
            file on the Hub; a repository id or the address of an endpoint for a provider.
        base: Catalog id of the model that a LoRA adapts; None for other kinds.
        weight: Strength of a LoRA, usually 0..1.
        revision: Commit or branch of a hub repository.
        variant: Which weights of a repository to take, such as ``fp16``; None for the plain ones.
        config: Folder or repository with the configuration of a single-file checkpoint; None
            lets diffusers guess it.
        provider: Who runs a ``provider`` model, such as ``together``; None for other kinds.
    """

    kind: SourceKind
    path: str
    base: str | None = None
    weight: float = 1.0
    revision: str | None = None
    variant: str | None = None
    config: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationParameters:
    """Everything besides prompt and seed that decides how an image comes out.

    Attributes:
        steps: Denoising steps.
        guidance_scale: Classifier-free guidance; 1 means none.
        width: Pixels.
        height: Pixels.
        negative_prompt: What to steer away from.
        scheduler: Name of a sampler of :mod:`gemrec.generation.samplers`; empty for the
            pipeline's own.
    """

    steps: int = 20
    guidance_scale: float = 3.0
    width: int = 128
    height: int = 128
    negative_prompt: str = ""
    scheduler: str = ""

    @property
    def key(self) -> str:
        """A short digest that is equal exactly when all parameters are equal."""
        fields = asdict(self)
        if not self.scheduler:
            del fields["scheduler"]  # keeps the keys of images made before there was a choice
        canonical = json.dumps(fields, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ModelCost:
    """Hints for filters, not promises.

    Attributes:
        seconds_per_image: On the machine that the entry's description speaks of.
        vram_gb: GPU memory in GiB that a run in half precision needs.
        usd_per_image: What a provider asks for one image, in US dollars.
        download_gb: Size of the weights that are downloaded, in GB.
    """

    seconds_per_image: float | None = None
    vram_gb: float | None = None
    usd_per_image: float | None = None
    download_gb: float | None = None


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
        download: Address of the weights, where that is another one.
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
    download: str = ""
    cost: ModelCost = ModelCost()
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and the category it belongs to (empty when unknown)."""

    text: str
    category: str = ""
