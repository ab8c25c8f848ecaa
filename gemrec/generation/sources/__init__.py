"""Where pipelines come from: one file per source kind, one table to find them.

A source says what is missing before anything heavy is imported, and loads a pipeline in ``dtype``
onto the CPU. Adapters (``lora``) are no pipelines: they are put onto one, see :mod:`.lora`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from gemrec.generation.sources.hub import HubRepository
from gemrec.generation.sources.local import LocalFolder
from gemrec.generation.sources.single_file import SingleFile
from gemrec.records import Model, ModelSource, SourceKind

DtypeFor = Callable[[bool], Any]


class PipelineSource(Protocol):
    """One kind of place that holds whole pipelines."""

    def problem(self, model: Model, hub: Callable[[], bool]) -> str | None:
        """What is missing, in a sentence that says what to do, or None.

        Args:
            model: The catalog entry.
            hub: Whether the model hub can be reached; asked only when it matters.
        """

    def fetch(self, source: ModelSource) -> None:
        """Download what :meth:`load` will need, and load nothing."""

    def load(self, source: ModelSource, dtype_for: DtypeFor) -> Any:
        """The pipeline, on the CPU.

        Args:
            source: Where it is.
            dtype_for: The torch dtype for a diffusion transformer (True) or a UNet (False).

        Raises:
            GenerationError: The place holds something that is no text-to-image pipeline.
        """


PIPELINE_SOURCES: Mapping[SourceKind, PipelineSource] = MappingProxyType(
    {"hub": HubRepository(), "local": LocalFolder(), "file": SingleFile()}
)
