"""pocket-base: rectified flow in latent space with a small UNet and CLIP's text tower.

The network learns the velocity from picture to noise along straight lines (rectified flow, Liu
et al. 2022, arXiv 2209.03003), at logit-normal times (Esser et al. 2024, arXiv 2403.03206), and
without a caption one time in ten, for classifier-free guidance (Ho and Salimans 2022, arXiv
2207.12598). Time and sign follow diffusers' ``flow_prediction`` with ``use_flow_sigmas``: at
``sigma`` the sample is ``(1 - sigma) * picture + sigma * noise``, the timestep is
``1000 * sigma`` and the network predicts ``noise - picture``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gemrec.pocket.clip import TEXT_HEADS, TEXT_LAYERS, TEXT_WIDTH
from gemrec.pocket.tokenizer import CONTEXT, build_tokenizer
from gemrec.pocket.vae import LATENT_CHANNELS, LATENT_SIDE

if TYPE_CHECKING:
    import torch

EMA_DECAY = 0.999


@dataclass
class Networks:
    """The two trained parts of a text-to-latent model."""

    unet: Any
    text: Any

    def parameters(self) -> list["torch.nn.Parameter"]:
        """Return all parameters, UNet first."""
        return [*self.unet.parameters(), *self.text.parameters()]


def build_unet() -> Any:
    """Return an untrained UNet for 16x16 latents, with attention at 8x8 only."""
    from diffusers import UNet2DConditionModel

    kind: Any = UNet2DConditionModel
    return kind(
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


def build_text() -> Any:
    """Return an untrained text tower of pocket-clip's shape."""
    from transformers import (  # noqa: PLC0415 - as slow as torch
        CLIPTextConfig,
        CLIPTextModel,
    )

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


def text_from_clip(clip: Any) -> Any:
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
    noise: "torch.Tensor | None" = None,
) -> "torch.Tensor":
    """Return the mean squared error of the predicted velocity.

    Args:
        networks: UNet and text tower.
        latents: Scaled picture latents, ``(n, channels, 16, 16)``.
        ids: Caption tokens, ``(n, CONTEXT)``.
        generator: Source of times and noise.
        noise: The noise that belongs to each picture; fresh noise if None.
    """
    import torch

    device = latents.device
    normal = torch.randn(len(latents), generator=generator, device=device)
    sigma = torch.sigmoid(normal)
    if noise is None:
        noise = torch.randn(latents.shape, generator=generator, device=device)
    mixed = torch.lerp(latents, noise, sigma[:, None, None, None])
    states = networks.text(ids).last_hidden_state
    noisy = mixed.contiguous(memory_format=torch.channels_last)
    velocity = networks.unet(noisy, sigma * 1000, encoder_hidden_states=states).sample
    loss: torch.Tensor = (velocity.float() - (noise - latents)).square().mean()
    return loss


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

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"values": self.values}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the average of a checkpoint."""
        self.values = [
            new.to(old.device) for new, old in zip(state["values"], self.values, strict=True)
        ]

    def copy_to(self, parameters: list["torch.nn.Parameter"]) -> None:
        """Overwrite the parameters with their average."""
        for parameter, value in zip(parameters, self.values, strict=True):
            parameter.data.copy_(value)
