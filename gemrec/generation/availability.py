"""Whether a model can run on this machine, found out without importing anything heavy."""

import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from gemrec.generation.backend import Device
from gemrec.records import Model

# A model above this does not make an image in bearable time on a CPU: Stable Diffusion 1.5 needs
# about 3 GiB and minutes for a grid, the pocket models need less than 1 GiB and seconds.
CPU_LIMIT_GB = 2.0
PROBE_SECONDS = 1.5
REMEMBER_SECONDS = 60.0
NVIDIA_DEVICES = (Path("/dev/nvidia0"), Path("/dev/dxg"))  # Linux; Windows Subsystem for Linux


def has_gpu() -> bool:
    """Whether the machine seems to have an NVIDIA GPU; torch has the last word when it loads."""
    return any(device.exists() for device in NVIDIA_DEVICES)


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


def in_hub_cache(repository: str) -> bool:
    """Whether some version of a hub repository has been downloaded."""
    from huggingface_hub import constants  # noqa: PLC0415 - only hub models need it

    folder = "models--" + repository.replace("/", "--")
    return any(Path(constants.HF_HUB_CACHE, folder, "snapshots").glob("*/*"))


class Availability:
    """Answers ``problem`` for models of diffusers.

    Args:
        device: Where models are to run.
        gpu: Whether there is a GPU.
        hub: Whether the model hub can be reached.
    """

    def __init__(
        self,
        device: Device,
        gpu: Callable[[], bool] = has_gpu,
        hub: Callable[[], bool] | None = None,
    ) -> None:
        self._device = device
        self._gpu = gpu
        self._hub = hub or HubProbe()

    def problem(self, model: Model, base: Model | None = None) -> str | None:
        """Why ``model`` cannot run here and what to do about it, or None."""
        return self._base_problem(model, base) or self._source_problem(model) or self._fit(model)

    def _base_problem(self, model: Model, base: Model | None) -> str | None:
        if model.source.kind == "scripted":
            return f"{model.name} is a scripted model; set GEMREC_BACKEND=scripted to run it."
        if model.source.kind != "lora":
            return None
        if base is None:
            return f"{model.name} is a LoRA; its base {model.source.base!r} is not in the catalog."
        if base.source.kind == "lora":
            return f"{model.name} adapts {base.name}, which is a LoRA itself; name a full model."
        problem = self.problem(base)
        return None if problem is None else f"{model.name} needs {base.name}. {problem}"

    def _source_problem(self, model: Model) -> str | None:
        path = Path(model.source.path)
        if model.source.kind == "hub" or (model.source.kind == "lora" and not is_local(path)):
            return self._hub_problem(model)
        if model.source.kind == "local":
            if not path.is_dir():
                return f"The folder of {model.name} is missing: {path}."
            if not (path / "model_index.json").is_file():
                return f"The folder of {model.name} holds no diffusers pipeline: {path} has no model_index.json."
        elif model.source.kind == "file" and not path.is_file():
            return f"The checkpoint of {model.name} is missing: {path}."
        elif model.source.kind == "lora" and not holds_weights(path):
            return f"The LoRA weights of {model.name} are missing: {path}."
        return None

    def _hub_problem(self, model: Model) -> str | None:
        if in_hub_cache(model.source.path) or self._hub():
            return None
        return (
            f"{model.name} is not downloaded and the model hub cannot be reached; connect to the "
            f"network (and unset HF_HUB_OFFLINE) or download {model.source.path} first."
        )

    def _fit(self, model: Model) -> str | None:
        needs = model.cost.vram_gb
        if needs is None or needs <= CPU_LIMIT_GB or (self._device != "cpu" and self._gpu()):
            return None
        return f"{model.name} needs a GPU with about {needs:g} GiB; there is none to use here."


def is_local(path: Path) -> bool:
    """Whether a LoRA's path means this machine rather than a hub repository."""
    return path.is_absolute() or path.exists()


def holds_weights(path: Path) -> bool:
    """Whether ``path`` is a weights file or a folder with one."""
    return path.is_file() or any(path.glob("*.safetensors"))
