"""Two members made from the base itself: one early checkpoint, one that needs four steps.

pocket-swift learns from pairs of noise and what the guided base makes of it, so that its paths
are nearly straight and guidance is built in (reflow, Liu et al. 2022, arXiv 2209.03003).
pocket-early is the difference between an early average of the weights and the last one, kept as
a low-rank adapter so that the family stays small.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemrec.pocket.adapters import BATCH, add_lora, fit_adapter, save_lora
from gemrec.pocket.captions import sample_caption
from gemrec.pocket.clip import tokenize
from gemrec.pocket.flow import Networks
from gemrec.pocket.training import mixed_precision, plain_attention, say
from gemrec.pocket.vae import LATENT_CHANNELS, LATENT_SIDE
from gemrec.pocket.world import rng_for, sample_scene

SWIFT_RANK = 11
SWIFT_STEPS = 4
EARLY_RANK = 11
TEACHER_STEPS = 12
TEACHER_GUIDANCE = 3.0
PAIR_CHUNK = 96
"""Most pairs that the teacher makes at once."""


def teacher_latents(
    networks: Networks, texts: list[str], noise: NDArray[np.float32], device: str = "cpu"
) -> NDArray[np.float32]:
    """Return what the guided base makes of noise, by Euler steps on a quadratic time grid.

    Args:
        networks: The base.
        texts: One caption for each row of noise.
        noise: ``(n, channels, 16, 16)``.
        device: ``cpu`` or ``cuda``.
    """
    import torch

    times = 1 - np.linspace(0, 1, TEACHER_STEPS + 1) ** 1.2
    sample = torch.from_numpy(noise).to(device)
    with torch.inference_mode(), mixed_precision(device), plain_attention(device):
        ids = tokenize([*texts, *[""] * len(texts)]).to(device)
        states = networks.text(ids).last_hidden_state
        for now, then in pairwise(times):
            both = torch.cat([sample, sample]).contiguous(memory_format=torch.channels_last)
            sigma = torch.full((len(both),), float(now) * 1000, device=device)
            velocity = networks.unet(both, sigma, encoder_hidden_states=states).sample.float()
            asked, free = velocity.chunk(2)
            guided = free + TEACHER_GUIDANCE * (asked - free)
            sample = sample + float(then - now) * guided
    return np.asarray(sample.cpu().numpy())


def write_pairs(
    out: Path, networks: Networks, *, count: int, seed: int = 0, device: str = "cpu"
) -> None:
    """Have the base make pairs of noise and picture for swift, chunk by chunk, where missing."""
    folder = out / "pairs"
    folder.mkdir(parents=True, exist_ok=True)
    networks.unet.eval()
    networks.text.eval()
    size = min(count, PAIR_CHUNK)
    chunks = -(-count // size)
    for chunk in range(chunks):
        path = folder / f"{chunk:04d}.npz"
        if path.is_file():
            continue
        rng = rng_for("swift", seed * 100_000 + chunk)
        texts = [sample_caption(rng, sample_scene(rng)) for _ in range(size)]
        shape = (size, LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE)
        noise = rng.standard_normal(shape).astype(np.float32)
        partial = path.with_suffix(".partial.npz")
        made = teacher_latents(networks, texts, noise, device)
        np.savez(partial, noise=noise, made=made, texts=np.array(texts))
        partial.replace(path)
        say(f"pairs chunk {chunk + 1} of {chunks}")


def train_swift(
    out: Path, networks: Networks, *, minutes: float = 4, seed: int = 0, device: str = "cpu"
) -> None:
    """Train pocket-swift on the pairs in the working folder and write its adapter.

    Args:
        out: Working folder with ``pairs``.
        networks: A fresh copy of the base networks; changed in place.
        minutes: Budget.
        seed: Seed of weights and batches.
        device: ``cpu`` or ``cuda``.
    """
    import torch

    files = [np.load(path) for path in sorted((out / "pairs").glob("[0-9]*.npz"))]
    noise = np.concatenate([file["noise"] for file in files])
    made = np.concatenate([file["made"] for file in files])
    texts = [str(text) for file in files for text in file["texts"]]

    def sample(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        rows = rng.integers(len(texts), size=BATCH)
        ids = tokenize([texts[row] for row in rows]).to(device)
        return (
            torch.from_numpy(made[rows]).to(device),
            ids,
            torch.from_numpy(noise[rows]).to(device),
        )

    fit_adapter(
        networks,
        sample,
        rank=SWIFT_RANK,
        minutes=minutes,
        seed=seed,
        name="pocket-swift",
        device=device,
    )
    save_lora(out / "pocket-swift", unet=networks.unet)
    say(f"pocket-swift saved, from {len(texts)} pairs")


def make_early(out: Path, base: Networks, early: Networks) -> None:
    """Write the low-rank part of early minus base as the adapter pocket-early.

    Args:
        out: Working folder.
        base: The base networks; the UNet receives the adapter.
        early: The networks of the early checkpoint.
    """
    import torch

    old = dict(early.unet.named_parameters())
    new = {name: value.detach().clone() for name, value in base.unet.named_parameters()}
    add_lora(base.unet, EARLY_RANK)
    for name, module in base.unet.named_modules():
        if not hasattr(module, "lora_A"):
            continue
        down, up = module.lora_A["default"].weight, module.lora_B["default"].weight
        difference = (old[f"{name}.weight"] - new[f"{name}.weight"]).detach().flatten(1)
        left, values, right = torch.linalg.svd(difference, full_matrices=False)
        root = values[:EARLY_RANK].sqrt()
        rank = len(root)
        with torch.no_grad():
            down.zero_()[:rank] = (root[:, None] * right[:rank]).reshape(rank, *down.shape[1:])
            up.zero_()[:, :rank] = (left[:, :rank] * root).reshape(len(left), rank, *up.shape[2:])
    save_lora(out / "pocket-early", unet=base.unet)
    say("pocket-early saved")
