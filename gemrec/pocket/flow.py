"""pocket-base: rectified flow in latent space with a small UNet and CLIP's text tower.

The network learns the velocity from picture to noise along straight lines (rectified flow, Liu
et al. 2022, arXiv 2209.03003), at logit-normal times (Esser et al. 2024, arXiv 2403.03206), and
without a caption one time in ten, for classifier-free guidance (Ho and Salimans 2022, arXiv
2207.12598). Time and sign follow diffusers' ``flow_prediction`` with ``use_flow_sigmas``: at
``sigma`` the sample is ``(1 - sigma) * picture + sigma * noise``, the timestep is
``1000 * sigma`` and the network predicts ``noise - picture``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gemrec.pocket.captions import sample_caption
from gemrec.pocket.clip import TEXT_HEADS, TEXT_LAYERS, TEXT_WIDTH, tidy_embedding, tokenize
from gemrec.pocket.latents import LatentStore
from gemrec.pocket.tokenizer import CONTEXT, build_tokenizer
from gemrec.pocket.training import (
    Clock,
    learning_rate,
    load_state,
    plain_attention,
    replace_folder,
    save_state,
    set_rate,
)
from gemrec.pocket.vae import LATENT_CHANNELS, LATENT_SIDE

if TYPE_CHECKING:
    import torch
    from diffusers import AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel

PEAK_RATE = 8.0e-4
TEXT_RATE = 0.3
"""Rate of the text tower relative to the UNet's: it comes from pocket-clip and only adapts."""

BATCH = 32
EMPTY_SHARE = 0.1
EMA_DECAY = 0.999
EARLY_SHARE = 0.18
"""Share of the budget after which the weights of pocket-early are set aside."""


@dataclass
class Networks:
    """The two trained parts of a text-to-latent model."""

    unet: "UNet2DConditionModel"
    text: "CLIPTextModel"

    def parameters(self) -> list["torch.nn.Parameter"]:
        """Return all parameters, UNet first."""
        return [*self.unet.parameters(), *self.text.parameters()]


def build_unet() -> "UNet2DConditionModel":
    """Return an untrained UNet for 16x16 latents, with attention at 8x8 only."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(96, 192),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=(3, 6),
        norm_num_groups=32,
    )


def build_text() -> "CLIPTextModel":
    """Return an untrained text tower of pocket-clip's shape."""
    from transformers import CLIPTextConfig, CLIPTextModel

    tokenizer = build_tokenizer()
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=TEXT_LAYERS,
            num_attention_heads=TEXT_HEADS,
            max_position_embeddings=CONTEXT,
            hidden_act="gelu",
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def text_from_clip(clip: Any) -> "CLIPTextModel":
    """Return pocket-clip's text tower as a transformers model with the same outputs.

    Args:
        clip: The open_clip model.
    """
    import torch

    text = build_text()
    source = clip.state_dict()
    names = {
        "token_embedding.weight": "embeddings.token_embedding.weight",
        "positional_embedding": "embeddings.position_embedding.weight",
        "ln_final.weight": "final_layer_norm.weight",
        "ln_final.bias": "final_layer_norm.bias",
    }
    state = {target: source[name] for name, target in names.items()}
    pairs = {
        "ln_1": "layer_norm1",
        "ln_2": "layer_norm2",
        "mlp.c_fc": "mlp.fc1",
        "mlp.c_proj": "mlp.fc2",
        "attn.out_proj": "self_attn.out_proj",
    }
    for layer in range(TEXT_LAYERS):
        old, new = f"transformer.resblocks.{layer}", f"encoder.layers.{layer}"
        for kind in ("weight", "bias"):
            for name, target in pairs.items():
                state[f"{new}.{target}.{kind}"] = source[f"{old}.{name}.{kind}"]
            packed = source[f"{old}.attn.in_proj_{kind}"]
            for part, values in zip("qkv", packed.chunk(3), strict=True):
                state[f"{new}.self_attn.{part}_proj.{kind}"] = values
    prefix = "text_model." if any(k.startswith("text_model.") for k in text.state_dict()) else ""
    with torch.no_grad():
        text.load_state_dict(
            {prefix + name: value.float() for name, value in state.items()}, strict=False
        )
    return text


def flow_loss(
    networks: Networks,
    latents: "torch.Tensor",
    ids: "torch.Tensor",
    generator: "torch.Generator",
) -> "torch.Tensor":
    """Return the mean squared error of the predicted velocity.

    Args:
        networks: UNet and text tower.
        latents: Scaled picture latents, ``(n, channels, 16, 16)``.
        ids: Caption tokens, ``(n, CONTEXT)``.
        generator: Source of times and noise.
    """
    import torch

    device = latents.device
    normal = torch.randn(len(latents), generator=generator, device=device)
    sigma = torch.sigmoid(normal)
    noise = torch.randn(latents.shape, generator=generator, device=device)
    mixed = torch.lerp(latents, noise, sigma[:, None, None, None])
    states = networks.text(ids).last_hidden_state
    noisy = mixed.contiguous(memory_format=torch.channels_last)
    velocity = networks.unet(noisy, sigma * 1000, encoder_hidden_states=states).sample
    return (velocity.float() - (noise - latents)).square().mean()


def batch_of(
    store: LatentStore, rng: np.random.Generator, count: int, device: str
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Return random latents and their caption tokens, some captions left empty."""
    import torch

    latents, scenes = store.sample(rng, count)
    texts = [sample_caption(rng, scene) for scene in scenes]
    empty = rng.random(count) < EMPTY_SHARE
    texts = ["" if blank else text for text, blank in zip(texts, empty, strict=True)]
    return torch.from_numpy(latents).to(device), tokenize(texts).to(device)


class Average:
    """Exponential moving average of parameters, with a decay that grows from zero.

    Args:
        parameters: What to average.
        decay: Final decay per step.
    """

    def __init__(self, parameters: list["torch.nn.Parameter"], decay: float = EMA_DECAY) -> None:
        self._decay = decay
        self.values = [parameter.detach().clone() for parameter in parameters]

    def update(self, parameters: list["torch.nn.Parameter"], step: int) -> None:
        """Move the average towards the parameters."""
        import torch

        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self.values, [p.detach() for p in parameters], 1 - decay)

    def copy_to(self, parameters: list["torch.nn.Parameter"]) -> None:
        """Overwrite the parameters with their average."""
        for parameter, value in zip(parameters, self.values, strict=True):
            parameter.data.copy_(value)


def build_pipeline(networks: Networks, vae: "AutoencoderTiny") -> "StableDiffusionPipeline":
    """Return the networks as a standard pipeline."""
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=networks.text.eval(),
        tokenizer=build_tokenizer(),
        unet=networks.unet.eval(),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def export_base(networks: Networks, vae: "AutoencoderTiny", folder: Path) -> None:
    """Write the pipeline folder in half precision, whole or not at all."""
    import copy

    import torch

    parts = copy.deepcopy(networks)
    with torch.no_grad():
        tidy_embedding(parts.text.get_input_embeddings().weight)
    pipeline = build_pipeline(parts, copy.deepcopy(vae)).to(dtype=torch.float16)
    replace_folder(folder, lambda fresh: pipeline.save_pretrained(fresh))


def load_networks(out: Path, name: str = "base") -> Networks:
    """Return the averaged networks of a checkpoint ``base.pt`` or ``early.pt``.

    Raises:
        FileNotFoundError: If the stage has not been trained yet.
    """
    state = load_state(out / f"{name}.pt")
    if state is None:
        raise FileNotFoundError(f"no {name}.pt in {out}: train --stage base first")
    networks = Networks(build_unet(), build_text())
    for parameter, value in zip(networks.parameters(), state["average"], strict=True):
        parameter.data.copy_(value)
    return networks


def train_base(
    out: Path, start: Networks, *, minutes: float = 60, seed: int = 0, device: str = "cpu"
) -> Networks:
    """Train pocket-base, or go on where an interrupted run stopped.

    Args:
        out: Working folder with encoded ``latents``; checkpoints are ``base.pt`` and ``early.pt``.
        start: Networks to start from, usually with pocket-clip's text tower.
        minutes: Budget.
        seed: Seed of batches, times and noise.
        device: ``cpu`` or ``cuda``.

    Returns:
        The averaged networks.
    """
    import torch

    store = LatentStore(out)
    networks = start
    networks.unet.to(device, memory_format=torch.channels_last).train()
    networks.text.to(device).train()
    optimizer = torch.optim.AdamW(
        [
            {"params": list(networks.unet.parameters()), "scale": 1.0},
            {"params": list(networks.text.parameters()), "scale": TEXT_RATE},
        ],
        lr=PEAK_RATE,
        betas=(0.9, 0.99),
        weight_decay=0.01,
    )
    average = Average(networks.parameters())
    state = load_state(out / "base.pt")
    step = 0
    if state:
        for parameter, value in zip(networks.parameters(), state["parameters"], strict=True):
            parameter.data.copy_(value)
        average.values = [value.to(device) for value in state["average"]]
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    clock = Clock(minutes, state["spent"] if state else 0.0)
    rng = np.random.default_rng([seed, step])
    generator = torch.Generator(device).manual_seed(seed * 1_000_003 + step)

    def save() -> None:
        save_state(
            out / "base.pt",
            {
                "parameters": [p.detach() for p in networks.parameters()],
                "average": average.values,
                "optimizer": optimizer.state_dict(),
                "step": step,
                "spent": clock.spent,
            },
        )

    recent: list[float] = []
    while clock.share < 1:
        latents, ids = batch_of(store, rng, BATCH, device)
        set_rate(optimizer, learning_rate(clock.share, PEAK_RATE))
        with torch.autocast(device, torch.bfloat16), plain_attention(device):
            loss = flow_loss(networks, latents, ids, generator)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(networks.parameters(), 1.0)
        optimizer.step()
        step += 1
        average.update(networks.parameters(), step)
        recent.append(loss.item())
        if clock.share >= EARLY_SHARE and not (out / "early.pt").is_file():
            save_state(out / "early.pt", {"average": average.values, "step": step})
        if clock.due_to_say(30):
            print(
                f"base {clock.share:4.0%} step {step} ({step * BATCH} pictures of {store.size}) "
                f"loss {np.mean(recent[-200:]):.4f}",
                flush=True,
            )
        if clock.due_to_save():
            save()
            store.refresh()
    save()
    average.copy_to(networks.parameters())
    return networks
