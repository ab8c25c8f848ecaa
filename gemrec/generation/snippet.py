"""A few lines of Python with which anybody can run a catalog entry in diffusers."""

from pathlib import Path

from gemrec.records import Model
from gemrec.settings import REPOSITORY

_NOT_RUNNABLE = "# {name} has the source kind {kind!r}, which diffusers does not run."


def snippet(model: Model, base: Model | None, prompt: str, seed: int = 0) -> str:
    """Python that makes the same picture as gemrec does.

    Args:
        model: The catalog entry.
        base: The model that it adapts when it is a LoRA; None otherwise.
        prompt: What to draw.
        seed: Seed of the noise.

    Returns:
        A script that needs torch and diffusers; a LoRA needs peft too. Folders inside this
        repository are given relative to it.
    """
    loading = _loading(model, base)
    if loading is None:
        return _NOT_RUNNABLE.format(name=model.name, kind=model.source.kind) + "\n"
    parameters = model.parameters
    arguments = [
        f"    {prompt!r},",
        f"    num_inference_steps={parameters.steps},",
        f"    {_guidance(model)}={parameters.guidance_scale},",
        f"    width={parameters.width},",
        f"    height={parameters.height},",
    ]
    if parameters.negative_prompt:
        arguments.append(f"    negative_prompt={parameters.negative_prompt!r},")
    arguments.append(f'    generator=torch.Generator("cpu").manual_seed({seed}),')
    return "\n".join(
        [
            "import torch",
            f"from diffusers import {_pipeline(model, base)}",
            "",
            'device = "cuda" if torch.cuda.is_available() else "cpu"',
            "# Weights are often kept in half precision, in which a CPU cannot run them.",
            'dtype = torch.float16 if device == "cuda" else torch.float32',
            *loading,
            "pipe.to(device)",
            "image = pipe(",
            *arguments,
            ").images[0]",
            'image.save("image.png")',
            "",
        ]
    )


def _guidance(model: Model) -> str:
    """The argument that guides; diffusers guides Qwen-Image by another one."""
    return "true_cfg_scale" if "family:qwen" in model.tags else "guidance_scale"


def _pipeline(model: Model, base: Model | None) -> str:
    source = base.source if base is not None and model.source.kind == "lora" else model.source
    return "StableDiffusionPipeline" if source.kind == "file" else "DiffusionPipeline"


def _loading(model: Model, base: Model | None) -> list[str] | None:
    """The lines that make ``pipe``; None when diffusers cannot run this kind of source."""
    source = model.source
    if source.kind == "lora":
        below = None if base is None else _loading(base, None)
        if below is None:
            return None
        adapter = f"pipe.load_lora_weights({_place(source.path)!r}"
        if source.revision:
            adapter += f", revision={source.revision!r}"
        return [
            *below,
            f'{adapter}, adapter_name="style")',
            f'pipe.set_adapters(["style"], [{source.weight}])',
        ]
    if source.kind == "file":
        return [
            f"pipe = StableDiffusionPipeline.from_single_file({_place(source.path)!r}, dtype=dtype)"
        ]
    if source.kind not in ("hub", "local"):
        return None
    revision = f", revision={source.revision!r}" if source.revision else ""
    return [
        f"pipe = DiffusionPipeline.from_pretrained({_place(source.path)!r}{revision}, dtype=dtype)"
    ]


def _place(path: str) -> str:
    """A folder of this repository as seen from its root; anything else as it is."""
    folder = Path(path)
    if folder.is_absolute() and folder.is_relative_to(REPOSITORY):
        return folder.relative_to(REPOSITORY).as_posix()
    return path
