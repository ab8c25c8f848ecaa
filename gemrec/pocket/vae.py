"""The picture codec: a small `AutoencoderTiny` from 128x128 pixels to 16x16 latents and back.

Latents are kept near zero mean and unit deviation per channel while training, so that the flow
model can take them as they are; what remains is folded into ``scaling_factor``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gemrec.pocket.training import (
    Checkpoint,
    Clock,
    as_tensor,
    learning_rate,
    mixed_precision,
    picture_cache,
    say,
    set_rate,
)

if TYPE_CHECKING:
    import torch

LATENT_CHANNELS = 4
LATENT_SIDE = 16
LATENT_NOISE = 0.04
"""Deviation of the noise added to latents while training, so that the decoder forgives errors."""

CROP = 64
"""Side of training crops in pixels; the codec is convolutional, so crops cost less and vary more."""

PEAK_RATE = 2.0e-3
BATCH = 32


def build_vae(channels: int = 48, latent_channels: int = LATENT_CHANNELS) -> Any:
    """Return an untrained codec with three halvings and no residual block at full resolution."""
    from diffusers import AutoencoderTiny

    kind: Any = AutoencoderTiny
    return kind(
        encoder_block_out_channels=(channels,) * 4,
        decoder_block_out_channels=(channels,) * 4,
        num_encoder_blocks=(0, 1, 2, 3),
        num_decoder_blocks=(4, 3, 1, 0),
        latent_channels=latent_channels,
        scaling_factor=1.0,
        shift_factor=0.0,
    )


def codec_loss(vae: Any, pixels: "torch.Tensor", generator: "torch.Generator") -> "torch.Tensor":
    """Return the training loss of one batch.

    Squared and absolute error, the error of neighbouring differences (which keeps outlines
    sharp), and a pull of every latent channel towards zero mean and unit deviation.

    Args:
        vae: The codec.
        pixels: ``(n, 3, h, w)`` in -1..1.
        generator: Source of the latent noise.
    """
    import torch

    latents = vae.encoder(pixels)
    noise = torch.randn(latents.shape, generator=generator, device=latents.device)
    error = vae.decoder(latents + LATENT_NOISE * noise).float() - pixels
    across = (error[..., 1:] - error[..., :-1]).abs().mean()
    down = (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    flat = latents.float().transpose(0, 1).flatten(1)
    spread = flat.mean(1).square().mean() + (flat.std(1) - 1).square().mean()
    size = 4 * error.square().mean() + error.abs().mean()
    loss: torch.Tensor = size + 0.4 * (across + down) + 0.02 * spread
    return loss


def psnr(pictures: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> float:
    """Return the mean peak signal-to-noise ratio over pictures, in dB."""
    axes = tuple(range(1, pictures.ndim))
    mse = ((pictures.astype(np.float64) - decoded) ** 2).mean(axes)
    return float((10 * np.log10(255**2 / np.maximum(mse, 1e-9))).mean())


def encode(
    vae: Any, pictures: NDArray[np.uint8], device: str = "cpu", batch: int = 64
) -> NDArray[np.float16]:
    """Return scaled latents ``(n, channels, 16, 16)`` of pictures ``(n, 128, 128, 3)``."""
    import torch

    parts = []
    with torch.inference_mode(), mixed_precision(device):
        for start in range(0, len(pictures), batch):
            pixels = as_tensor(pictures[start : start + batch], device)
            pixels = pixels.to(memory_format=torch.channels_last)
            latents = vae.encode(pixels).latents.float() * vae.config.scaling_factor
            parts.append(latents.cpu().numpy().astype(np.float16))
    return np.concatenate(parts)


def decode(vae: Any, latents: NDArray[Any], device: str = "cpu") -> NDArray[np.uint8]:
    """Return pictures ``(n, 128, 128, 3)`` of scaled latents ``(n, channels, 16, 16)``."""
    import torch

    with torch.inference_mode():
        scaled = torch.from_numpy(np.asarray(latents, np.float32)).to(device)
        pixels = vae.decode(scaled / vae.config.scaling_factor).sample.float()
    pixels = ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte()
    return np.asarray(pixels.permute(0, 2, 3, 1).cpu().numpy())


def heldout_psnr(vae: Any, pictures: NDArray[np.uint8], device: str = "cpu") -> float:
    """Return the codec's mean PSNR on pictures it has not seen, in dB."""
    return psnr(pictures, decode(vae, encode(vae, pictures, device), device))


def crops(
    rng: np.random.Generator, pictures: NDArray[np.uint8], count: int, side: int
) -> NDArray[np.uint8]:
    """Cut random crops whose corners lie on the latent grid (multiples of 8 pixels)."""
    rows = rng.integers(len(pictures), size=count)
    corners = rng.integers((pictures.shape[1] - side) // 8 + 1, size=(count, 2)) * 8
    return np.stack(
        [pictures[r, y : y + side, x : x + side] for r, (y, x) in zip(rows, corners, strict=True)]
    )


def train_vae(
    out: Path,
    *,
    minutes: float = 25,
    seed: int = 0,
    device: str = "cpu",
    pictures: int = 16_000,
    channels: int = 48,
    latent_channels: int = LATENT_CHANNELS,
) -> Any:
    """Train the codec, or go on where an interrupted run stopped.

    Args:
        out: Working folder; the checkpoint is ``vae.pt``, the result the folder ``vae``.
        minutes: Budget.
        seed: Seed of pictures, weights and crops.
        device: ``cpu`` or ``cuda``.
        pictures: Number of training pictures.
        channels: Width of the codec.
        latent_channels: Numbers per latent position.

    Returns:
        The trained codec, in evaluation mode.
    """
    import torch

    torch.manual_seed(seed)
    seen, _ = picture_cache(out / "pictures", "train", seed, pictures)
    heldout, _ = picture_cache(out / "pictures", "heldout", seed, min(128, pictures))
    vae = build_vae(channels, latent_channels).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=PEAK_RATE, betas=(0.9, 0.99), weight_decay=0)
    checkpoint = Checkpoint(out / "vae.pt", {"model": vae, "optimizer": optimizer})
    checkpoint.resume()
    clock = Clock(minutes, checkpoint.spent)
    rng = np.random.default_rng([seed, checkpoint.step])
    generator = torch.Generator(device).manual_seed(seed + checkpoint.step)
    while clock.share < 1:
        side, count = (CROP, BATCH) if clock.share < 0.85 else (128, BATCH // 4)
        pixels = as_tensor(crops(rng, seen, count, side), device)
        set_rate(optimizer, learning_rate(clock.share, PEAK_RATE))
        with mixed_precision(device):
            loss: Any = codec_loss(vae, pixels.to(memory_format=torch.channels_last), generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        checkpoint.step += 1
        if clock.due_to_say(30):
            score = heldout_psnr(vae, np.asarray(heldout), device)
            say(
                f"vae {clock.share:4.0%} step {checkpoint.step} loss {loss.item():.4f} psnr {score:.2f} dB"
            )
        if clock.due_to_save():
            checkpoint.save(clock)
    checkpoint.save(clock)
    return finish_vae(vae, np.asarray(heldout), out / "vae", device)


def finish_vae(vae: Any, pictures: NDArray[np.uint8], folder: Path, device: str) -> Any:
    """Fold the latents' remaining deviation into ``scaling_factor`` and save the codec."""
    vae.register_to_config(scaling_factor=1.0)
    latents = encode(vae, pictures, device).astype(np.float32)
    vae.register_to_config(scaling_factor=round(float(1 / latents.std()), 4))
    vae.save_pretrained(folder)
    say(f"vae saved, psnr {heldout_psnr(vae, pictures, device):.2f} dB")
    return vae.eval()
