"""Single-file checkpoints, the form in which most community models are shared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gemrec.errors import GenerationError
from gemrec.generation.sources.hub import (
    SAFE_SUFFIX,
    download_problem,
    is_on_hub,
    split_hub_file,
)
from gemrec.generation.sources.pipeline_folder import pipeline_class
from gemrec.records import Model, ModelSource

# Text-to-image pipelines by what diffusers finds in a checkpoint.
PIPELINES = {
    "v1": "StableDiffusionPipeline",
    "v2": "StableDiffusionPipeline",
    "xl_base": "StableDiffusionXLPipeline",
    "playground-v2-5": "StableDiffusionXLPipeline",
    "sd3": "StableDiffusion3Pipeline",
    "sd35_medium": "StableDiffusion3Pipeline",
    "sd35_large": "StableDiffusion3Pipeline",
    "flux-dev": "FluxPipeline",
    "flux-schnell": "FluxPipeline",
}


class SingleFile:
    """Kind ``file``; follows ``PipelineSource``."""

    def problem(self, model: Model, hub: Callable[[], bool]) -> str | None:
        """No such file, no way to it, or a format that is not safe to open."""
        source = model.source
        if not source.path.endswith(SAFE_SUFFIX):
            return (
                f"The checkpoint of {model.name} is {Path(source.path).name}; only "
                f"{SAFE_SUFFIX} files are opened, because the older formats can run code."
            )
        if is_on_hub(source):
            return download_problem(model, split_hub_file(source.path)[0], hub)
        if not Path(source.path).is_file():
            return f"The checkpoint of {model.name} is missing: {source.path}."
        return None

    def fetch(self, source: ModelSource) -> None:
        """The file, if the Hub has it."""
        downloaded(source)

    def load(self, source: ModelSource, dtype_for: Callable[[bool], Any]) -> Any:
        """The pipeline of the file; its configuration from ``config`` or guessed by diffusers."""
        path = downloaded(source)
        name = class_name(source, path)
        wanted: dict[str, Any] = {"dtype": dtype_for(not name.startswith(UNET_FAMILIES))}
        if source.config is not None:
            wanted |= {"config": source.config, "local_files_only": Path(source.config).is_dir()}
        pipe = pipeline_class(name).from_single_file(path, **wanted)
        # diffusers leaves the T5 reader of a single file in training, where it forgets at random.
        for part in pipe.components.values():
            if hasattr(part, "eval"):
                part.eval()
        return pipe


UNET_FAMILIES = ("StableDiffusionPipeline", "StableDiffusionXLPipeline")


def downloaded(source: ModelSource) -> str:
    """The checkpoint's path on this machine."""
    if not is_on_hub(source):
        return source.path
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - only hub files need it

    repository, file = split_hub_file(source.path)
    return hf_hub_download(repository, file, revision=source.revision)


def class_name(source: ModelSource, path: str) -> str:
    """The pipeline's class, as the configuration says or as the weights' names give away.

    Raises:
        GenerationError: It is a kind of checkpoint that makes no images from text.
    """
    import diffusers
    from diffusers.loaders import single_file_utils

    if source.config is not None:
        config = diffusers.DiffusionPipeline.load_config(source.config)
        return str(config["_class_name"])
    utilities: Any = single_file_utils
    kind = utilities.infer_diffusers_model_type(utilities.load_single_file_checkpoint(path))
    if kind not in PIPELINES:
        raise GenerationError(
            f"{Path(path).name} is a {kind!r} checkpoint; allowed are "
            f"{', '.join(sorted(PIPELINES))}."
        )
    return PIPELINES[kind]
