"""The backends by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gemrec.errors import SettingsError
from gemrec.generation.backend import Backend, BackendOptions
from gemrec.generation.by_source import SourceBackend
from gemrec.generation.scripted import ScriptedBackend

BACKENDS: Mapping[str, Callable[[BackendOptions], Backend]] = MappingProxyType(
    {"diffusers": SourceBackend, "scripted": ScriptedBackend}
)


def build_backend(name: str, options: BackendOptions) -> Backend:
    """The backend called ``name``.

    Raises:
        SettingsError: There is no such backend; the message lists those there are.
    """
    if name not in BACKENDS:
        raise SettingsError(f"GEMREC_BACKEND is {name!r}; allowed are {', '.join(BACKENDS)}.")
    return BACKENDS[name](options)
