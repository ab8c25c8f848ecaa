"""A folder in diffusers' layout on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemrec.generation.sources.pipeline_folder import load_pipeline
from gemrec.records import Model, ModelSource


class LocalFolder:
    """Kind ``local``; follows ``PipelineSource``."""

    def problem(self, model: Model, hub: Callable[[], bool]) -> str | None:  # noqa: ARG002
        """A folder that is missing or holds no pipeline."""
        path = Path(model.source.path)
        if not path.is_dir():
            return f"The folder of {model.name} is missing: {path}."
        if not (path / "model_index.json").is_file():
            return (
                f"The folder of {model.name} holds no diffusers pipeline: {path} has no "
                "model_index.json."
            )
        return None

    def fetch(self, source: ModelSource) -> None:
        """Nothing: it is here."""

    def load(self, source: ModelSource, dtype_for: Callable[[bool], Any]) -> Any:
        """The pipeline of the folder; never asks the network."""
        return load_pipeline(source, dtype_for, offline=True)
