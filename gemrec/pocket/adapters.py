"""LoRA members of the family: styles, subjects, an early checkpoint and a few-step variant.

Low-rank adapters (Hu et al. 2021, arXiv 2106.09685), trained with peft and saved as diffusers'
LoRA files: of the text tower for styles (see `wording`), of the UNet's attention, feed-forward
and convolution weights for the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemrec.pocket.base import EMPTY_SHARE
from gemrec.pocket.captions import sample_caption
from gemrec.pocket.clip import tokenize
from gemrec.pocket.flow import Networks, flow_loss
from gemrec.pocket.latents import encode_scenes
from gemrec.pocket.training import (
    Clock,
    learning_rate,
    mixed_precision,
    plain_attention,
    replace_folder,
    say,
    set_rate,
)
from gemrec.pocket.wording import train_wording
from gemrec.pocket.world import BACKGROUNDS, Scene, nouns, rng_for, sample_single

RANK = 4
PEAK_RATE = 2.0e-3
BATCH = 32
TARGETS = (
    "to_q|to_k|to_v|to_out\\.0|proj_in|proj_out|ff\\.net\\.0\\.proj|ff\\.net\\.2|conv1|conv2|"
    "conv_shortcut|conv_out|time_emb_proj"
)
"""UNet layers that an adapter changes, as a regular expression of the ends of their names."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one trained adapter is made.

    Attributes:
        id: Catalog id.
        style: Hear this style in every prompt; needs no pictures.
        category: Draw only nouns of this category.
    """

    id: str
    style: str | None = None
    category: str | None = None


ADAPTED_STYLES = (
    "watercolor",
    "pixel art",
    "neon",
    "pencil sketch",
    "comic",
    "mosaic",
    "blueprint",
    "noir",
    "vintage",
    "pop art",
)
"""Styles that have an adapter of their own."""

RECIPES: dict[str, Recipe] = {
    recipe.id: recipe
    for recipe in (
        *(Recipe(f"pocket-{style.replace(' ', '-')}", style=style) for style in ADAPTED_STYLES),
        Recipe("pocket-animals", category="animal"),
        Recipe("pocket-food", category="food"),
    )
}
"""Trained adapters by catalog id."""


def recipe_scenes(recipe: Recipe, count: int, seed: int = 0) -> list[Scene]:
    """Return the scenes an adapter is trained on, always the same for the same seed."""
    rng = rng_for(f"adapter {recipe.id}", seed)
    names = [noun.name for noun in nouns().values() if noun.category == recipe.category]
    colours = list(BACKGROUNDS)
    return [
        sample_single(rng, names[rng.integers(len(names))], colours[rng.integers(len(colours))])
        for _ in range(count)
    ]


def adapter_latents(
    out: Path, recipe: Recipe, vae: Any, count: int, device: str = "cpu"
) -> tuple[NDArray[np.float16], list[Scene]]:
    """Return the encoded pictures of a recipe, from disk if they are there, and their scenes."""
    scenes = recipe_scenes(recipe, count)
    path = out / "adapter-latents" / f"{recipe.id}-{len(scenes)}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, encode_scenes(vae, scenes, device))
        partial.replace(path)
    latents: NDArray[np.float16] = np.load(path)
    return latents, scenes


def add_lora(unet: Any, rank: int) -> list[Any]:
    """Freeze a UNet, add an untrained adapter that changes nothing yet, return its parameters."""
    from peft import LoraConfig  # noqa: PLC0415 - imports torch

    unet.requires_grad_(False)
    unet.add_adapter(
        LoraConfig(r=rank, lora_alpha=rank, target_modules=rf".*\.?({TARGETS})"), "default"
    )
    return [parameter for parameter in unet.parameters() if parameter.requires_grad]


def lora_layers(model: Any) -> dict[str, Any]:
    """Return a network's adapter in half precision, every layer named as peft names it.

    Diffusers reads either peft's names or its own older ones, and of a file that mixes both it
    leaves layers out, so no layer is renamed.
    """
    import torch
    from peft import get_peft_model_state_dict  # noqa: PLC0415 - imports torch

    return {
        name: value.detach().cpu().to(torch.float16).contiguous()
        for name, value in get_peft_model_state_dict(model).items()
    }


def save_lora(folder: Path, *, unet: Any = None, text: Any = None) -> None:
    """Write adapters as ``pytorch_lora_weights.safetensors``.

    Args:
        folder: Folder to replace.
        unet: UNet with an adapter, or None.
        text: Text tower with an adapter, or None.
    """
    from diffusers import StableDiffusionPipeline

    replace_folder(
        folder,
        lambda fresh: StableDiffusionPipeline.save_lora_weights(
            fresh,
            unet_lora_layers=None if unet is None else lora_layers(unet),
            text_encoder_lora_layers=None if text is None else lora_layers(text),
        ),
    )


def fit_adapter(
    networks: Networks,
    sample: Callable[[np.random.Generator], tuple[Any, Any, Any]],
    *,
    rank: int,
    minutes: float,
    seed: int,
    name: str,
    device: str = "cpu",
) -> None:
    """Train an adapter in place with the flow objective.

    Args:
        networks: Base networks; the UNet receives the adapter.
        sample: Returns latents, caption tokens and noise (or None for fresh noise) of one batch.
        rank: Rank of the adapter.
        minutes: Budget.
        seed: Seed of weights, batches, times and noise.
        name: For progress lines.
        device: ``cpu`` or ``cuda``.
    """
    import torch

    torch.manual_seed(seed)
    parameters = add_lora(networks.unet, rank)
    networks.unet.to(device, memory_format=torch.channels_last).train()
    networks.text.to(device).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(parameters, lr=PEAK_RATE, betas=(0.9, 0.99), weight_decay=0.0)
    clock, rng = Clock(minutes), np.random.default_rng(seed)
    generator = torch.Generator(device).manual_seed(seed)
    recent: list[float] = []
    while clock.share < 1:
        latents, ids, noise = sample(rng)
        set_rate(optimizer, learning_rate(clock.share, PEAK_RATE, warm=0.05))
        with mixed_precision(device), plain_attention(device):
            loss: Any = flow_loss(networks, latents, ids, generator, noise)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        recent.append(loss.item())
        if clock.due_to_say(30):
            say(f"{name} {clock.share:4.0%} step {len(recent)} loss {np.mean(recent[-30:]):.4f}")


def train_adapter(
    out: Path,
    recipe: Recipe,
    networks: Networks,
    vae: Any,
    *,
    minutes: float = 2,
    seed: int = 0,
    device: str = "cpu",
    pictures: int = 2_000,
) -> None:
    """Train one style or subject adapter and write it to the folder of its id.

    Args:
        out: Working folder.
        recipe: What to train.
        networks: A fresh copy of the base networks; changed in place.
        vae: The codec.
        minutes: Budget, without drawing and encoding.
        seed: Seed of weights and batches.
        device: ``cpu`` or ``cuda``.
        pictures: Training pictures of a subject; a style needs none.
    """
    import torch

    if recipe.style is not None:
        text = train_wording(networks.text, recipe.style, minutes=minutes, seed=seed, device=device)
        save_lora(out / recipe.id, text=text)
        return
    latents, scenes = adapter_latents(out, recipe, vae, pictures, device)

    def sample(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        rows = rng.integers(len(scenes), size=BATCH)
        texts = [sample_caption(rng, scenes[row], style=False) for row in rows]
        empty = rng.random(BATCH) < EMPTY_SHARE
        texts = ["" if blank else text for text, blank in zip(texts, empty, strict=True)]
        pictures = torch.from_numpy(latents[rows].astype(np.float32)).to(device)
        return pictures, tokenize(texts).to(device), None

    fit_adapter(
        networks, sample, rank=RANK, minutes=minutes, seed=seed, name=recipe.id, device=device
    )
    save_lora(out / recipe.id, unet=networks.unet)
    say(f"{recipe.id} saved")
