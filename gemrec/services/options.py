"""From the settings to what each part is built with."""

import math
import os
from collections.abc import Callable
from pathlib import Path

from gemrec.embedding import EncoderOptions
from gemrec.generation import (
    BackendOptions,
    ProviderOptions,
    SafetyOptions,
)
from gemrec.generation.availability import gpus_here, has_gpu
from gemrec.generation.safety import load_blocked_words
from gemrec.pocket.vocabulary import unknown_words
from gemrec.settings import Settings
from gemrec.worker import Crew
from gemrec.worker.ray_cluster import join


def catalog_files(settings: Settings) -> tuple[Path, ...]:
    """The shipped catalog, imported ones, and the user's own, which adds or replaces entries."""
    imported = tuple(sorted(settings.imports_folder.glob("*/models.toml")))
    own = (*imported, *(() if settings.models is None else (settings.models,)))
    shipped = (settings.assets / "models.toml", settings.assets / "hub-models.toml")
    # A folder of assets of one's own need not offer models of the Hub.
    return (*(path for path in shipped if path == shipped[0] or path.is_file()), *own)


def prompt_files(settings: Settings) -> tuple[Path, ...]:
    """The shipped prompts, imported ones and the user's own."""
    imported = tuple(sorted(settings.imports_folder.glob("*/prompts.csv")))
    own = (*imported, *(() if settings.prompts is None else (settings.prompts,)))
    return (settings.assets / "prompts.csv", *own)


def backend_options(settings: Settings) -> BackendOptions:
    """How the backend may use the machine, and what it is allowed to do.

    Raises:
        CatalogError: The file of blocked words cannot be read.
    """
    return BackendOptions(
        settings.device,
        settings.threads or threads_of_one(settings.workers),
        download_gb=settings.download_gb,
        gpu_elsewhere=gpu_is_lent(settings)
        or (settings.runner == "ray" and settings.device == "cuda"),
        zero_gpu=gpu_is_lent(settings),
        sharers=sharers_of(settings),
        memory=int(settings.memory_gb * 2**30),
        providers=ProviderOptions(
            settings.provider_timeout,
            settings.provider_attempts,
            settings.provider_usd_per_day,
            settings.provider_usd_per_process,
        ),
        safety=SafetyOptions(
            settings.mature,
            load_blocked_words(settings.blocked_words),
            settings.prompt_length,
            settings.safety_checker,
        ),
        database=settings.database,
    )


def gpu_is_lent(settings: Settings) -> bool:
    """Whether models run on a GPU that ZeroGPU lends."""
    return settings.zero_gpu and settings.device != "cpu"


def sharers_of(settings: Settings) -> int:
    """Workers that share one machine's memory, or one of its GPUs where Ray spreads them."""
    if settings.ray_address:
        return 1
    gpus = gpus_here() if settings.runner == "ray" and settings.device != "cpu" else 1
    return math.ceil(settings.workers / max(gpus, 1))


def threads_of_one(workers: int) -> int:
    """CPU threads of one worker where several share the machine; 0, all of them, for a single one."""
    return 0 if workers == 1 else max((os.cpu_count() or 1) // workers, 1)


def crew_of(settings: Settings) -> Crew:
    """How many workers run models, and where."""
    if gpu_is_lent(settings):
        return Crew("inline")
    gpu = settings.device == "cuda" or (settings.device == "auto" and has_gpu())
    # On this machine alone the workers share its GPUs; in a cluster each waits for one of its own.
    of_one = 1.0 if settings.ray_address else min(gpus_here() / settings.workers, 1.0)
    return Crew(
        settings.runner,
        settings.workers,
        settings.ray_address or None,
        cpus=max(settings.threads, 1),
        gpus=of_one if gpu else 0.0,
    )


def join_cluster(settings: Settings) -> None:
    """Connect to Ray, or start it, if models are to run there; otherwise do nothing.

    Call it in the main thread before signals are set: Ray takes them over when it connects, and
    would end the program at once.

    Raises:
        SettingsError: Ray is not installed, or no cluster answers or lets us in.
    """
    crew = crew_of(settings)
    if crew.kind == "ray":
        join(crew)


def encoder_folder(settings: Settings) -> Path:
    """The shipped open_clip model."""
    return settings.assets / "pocket-clip"


def encoder_options(settings: Settings) -> EncoderOptions:
    """The shipped encoder, or the scripted one beside scripted models."""
    if settings.backend == "scripted":
        return EncoderOptions("scripted")
    return EncoderOptions(
        "open_clip",
        f"local-dir:{encoder_folder(settings)}",
        device=settings.device,
        threads=settings.threads,
    )


def known_words_of(settings: Settings) -> Callable[[str], bool]:
    """Whether the encoder knows all words of a phrase; the shipped one knows its own world only."""
    if settings.backend == "scripted":
        return lambda phrase: True  # noqa: ARG005
    return lambda phrase: not unknown_words(phrase)
