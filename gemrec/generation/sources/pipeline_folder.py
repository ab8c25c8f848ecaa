"""Loading a pipeline in diffusers' own layout, from a folder or a repository."""

from collections.abc import Callable
from typing import Any

from gemrec.records import ModelSource


def load_pipeline(source: ModelSource, dtype_for: Callable[[bool], Any], *, offline: bool) -> Any:
    """Whatever ``AutoPipelineForText2Image`` opens, or the pipeline's own class.

    Only safetensors are opened: the older weight files can run code. Code that a repository brings
    along is not run either, which is diffusers' own rule.

    Args:
        source: A ``local`` or ``hub`` source.
        dtype_for: The torch dtype for a diffusion transformer (True) or a UNet (False).
        offline: Use only what is on the disk.
    """
    import diffusers

    wanted: dict[str, Any] = {"revision": source.revision, "local_files_only": offline}
    config = diffusers.DiffusionPipeline.load_config(source.path, **wanted)
    wanted |= {"dtype": dtype_for("transformer" in config), "use_safetensors": True}
    if source.variant is not None:
        wanted["variant"] = source.variant
    return pipeline_class(config["_class_name"]).from_pretrained(source.path, **wanted)


def pipeline_class(name: str) -> Any:
    """The class that makes images from text for a pipeline of class ``name``.

    diffusers maps families (an image-to-image pipeline's weights make images from text too); a
    family that its table does not know is loaded as what it says it is.
    """
    import diffusers
    from diffusers.pipelines import auto_pipeline

    tables: Any = auto_pipeline
    try:
        return tables._get_task_class(tables.AUTO_TEXT2IMAGE_PIPELINES_MAPPING, name)
    except ValueError:
        return getattr(diffusers, name, diffusers.DiffusionPipeline)
