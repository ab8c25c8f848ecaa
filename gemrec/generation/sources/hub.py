"""Repositories of the model hub, and single files in them."""

import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gemrec.generation.sources.pipeline_folder import load_pipeline
from gemrec.records import Model, ModelSource

PROBE_SECONDS = 1.5
REMEMBER_SECONDS = 60.0
HUB_SCHEME = "hf://"
SAFE_SUFFIX = ".safetensors"  # the other formats can run code when they are opened


class HubRepository:
    """Kind ``hub``; follows ``PipelineSource``."""

    def problem(self, model: Model, hub: Callable[[], bool]) -> str | None:
        """Neither downloaded nor a way to the hub."""
        return download_problem(model, model.source.path, hub)

    def fetch(self, source: ModelSource) -> None:
        """The files that diffusers would load."""
        import diffusers

        diffusers.DiffusionPipeline.download(
            source.path,
            revision=source.revision,
            variant=source.variant,
            use_safetensors=True,
        )

    def load(self, source: ModelSource, dtype_for: Callable[[bool], Any]) -> Any:
        """The pipeline of the repository, downloaded unless it is in the cache."""
        return load_pipeline(source, dtype_for, offline=False)


def is_on_hub(source: ModelSource) -> bool:
    """Whether the weights come from the hub rather than from this machine."""
    return source.kind == "hub" or source.path.startswith(HUB_SCHEME)


def repository_of(source: ModelSource) -> str | None:
    """The hub repository that holds the weights; None when they are on this machine."""
    if source.kind == "hub":
        return source.path
    return split_hub_file(source.path)[0] if is_on_hub(source) else None


def split_hub_file(path: str) -> tuple[str, str]:
    """``hf://ORG/REPO/FOLDER/FILE`` as the repository and the file's path in it."""
    owner, name, file = path.removeprefix(HUB_SCHEME).split("/", 2)
    return f"{owner}/{name}", file


def download_problem(model: Model, repository: str, hub: Callable[[], bool]) -> str | None:
    """Why the files of ``repository`` are neither here nor to be had, or None."""
    if in_hub_cache(repository) or hub():
        return None
    return (
        f"{model.name} is not downloaded and the model hub cannot be reached; connect to the "
        f"network (and unset HF_HUB_OFFLINE) or download {repository} first."
    )


def in_hub_cache(repository: str) -> bool:
    """Whether some version of a hub repository has been downloaded."""
    from huggingface_hub import constants  # noqa: PLC0415 - only hub models need it

    folder = "models--" + repository.replace("/", "--")
    return any(Path(constants.HF_HUB_CACHE, folder, "snapshots").glob("*/*"))


class HubProbe:
    """Whether the model hub answers, asked at most once a minute."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._asked_at: float | None = None
        self._answer = False

    def __call__(self) -> bool:
        """True when a connection to the hub (or to the proxy in front of it) can be opened."""
        now = self._timer()
        if self._asked_at is None or now - self._asked_at > REMEMBER_SECONDS:
            self._answer = self._connect()
            self._asked_at = now
        return self._answer

    def _connect(self) -> bool:
        from huggingface_hub import constants  # noqa: PLC0415 - only hub models need it

        if constants.HF_HUB_OFFLINE:
            return False
        address = urlsplit(urllib.request.getproxies().get("https") or constants.ENDPOINT)
        port = address.port or (80 if address.scheme == "http" else 443)
        try:
            socket.create_connection((address.hostname or "", port), PROBE_SECONDS).close()
        except OSError:
            return False
        return True
