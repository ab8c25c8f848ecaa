"""pocket-base: training on encoded pictures, and the pipeline folder that comes out of it."""

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gemrec.pocket.captions import sample_caption
from gemrec.pocket.clip import tidy_embedding, tokenize
from gemrec.pocket.flow import Average, Networks, build_text, build_unet, flow_loss
from gemrec.pocket.latents import LatentStore
from gemrec.pocket.team import Team
from gemrec.pocket.tokenizer import build_tokenizer
from gemrec.pocket.training import (
    Checkpoint,
    Clock,
    learning_rate,
    load_state,
    mixed_precision,
    plain_attention,
    replace_folder,
    save_state,
    say,
    set_rate,
)

if TYPE_CHECKING:
    import torch

PEAK_RATE = 8.0e-4
TEXT_RATE = 0.3
"""Rate of the text tower relative to the UNet's: it comes from pocket-clip and only adapts."""

BATCH = 32
"""Pictures in one step of one process."""

EMPTY_SHARE = 0.1
"""Share of captions left empty, for guidance."""

EARLY_SHARE = 0.18
"""Share of the budget after which the weights of pocket-early are set aside."""


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


def build_pipeline(networks: Networks, vae: Any) -> Any:
    """Return the networks as a standard pipeline."""
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    pipeline: Any = StableDiffusionPipeline
    solver: Any = DPMSolverMultistepScheduler
    return pipeline(
        vae=vae,
        text_encoder=networks.text.eval(),
        tokenizer=build_tokenizer(),
        unet=networks.unet.eval(),
        scheduler=solver(prediction_type="flow_prediction", use_flow_sigmas=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def export_base(networks: Networks, vae: Any, folder: Path) -> None:
    """Write the pipeline folder in half precision, whole or not at all."""
    import torch

    parts = copy.deepcopy(networks)
    with torch.no_grad():
        tidy_embedding(parts.text.get_input_embeddings().weight)
    pipeline = build_pipeline(parts, copy.deepcopy(vae)).to(dtype=torch.float16)

    def write(fresh: Path) -> None:
        pipeline.save_pretrained(fresh)
        tidy_configs(fresh)

    replace_folder(folder, write)


def tidy_configs(folder: Path) -> None:
    """Drop what a saved pipeline says about the machine it was made on, and a stray key.

    ``AutoencoderTiny`` saves a ``block_out_channels`` that it does not accept when it loads.
    """
    for path in folder.glob("*/config.json"):
        config = json.loads(path.read_text("utf-8"))
        config.pop("_name_or_path", None)
        if config.get("_class_name") == "AutoencoderTiny":
            config.pop("block_out_channels", None)
        path.write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def load_networks(out: Path, name: str = "base") -> Networks:
    """Return the averaged networks of a checkpoint ``base.pt`` or ``early.pt``.

    Raises:
        FileNotFoundError: If the stage has not been trained yet.
    """
    state = load_state(out / f"{name}.pt")
    if state is None:
        raise FileNotFoundError(f"no {name}.pt in {out}: train --stage base first")
    networks = Networks(build_unet(), build_text())
    for parameter, value in zip(networks.parameters(), state["average"]["values"], strict=True):
        parameter.data.copy_(value)
    return networks


def base_optimizer(networks: Networks) -> Any:
    """Return AdamW that moves the text tower more slowly than the UNet."""
    import torch

    return torch.optim.AdamW(
        [
            {"params": list(networks.unet.parameters()), "scale": 1.0},
            {"params": list(networks.text.parameters()), "scale": TEXT_RATE},
        ],
        lr=PEAK_RATE,
        betas=(0.9, 0.99),
        weight_decay=0.01,
    )


def train_base(
    out: Path,
    start: Networks,
    *,
    minutes: float = 60,
    seed: int = 0,
    device: str = "cpu",
    team: Team | None = None,
    rate: float = 1.0,
    freeze_text: bool = False,
) -> Networks:
    """Train pocket-base, or go on where an interrupted run stopped.

    Args:
        out: Working folder with encoded ``latents``; checkpoints are ``base.pt`` and ``early.pt``.
        start: Networks to start from, usually with pocket-clip's text tower.
        minutes: Budget.
        seed: Seed of batches, times and noise.
        device: ``cpu`` or ``cuda``.
        team: The processes that train together; alone if None.
        rate: Learning rate relative to the usual one.
        freeze_text: Keep the text tower as it is, so that adapters of it stay valid.

    Returns:
        The averaged networks.
    """
    import torch

    team, store, networks = team or Team(), LatentStore(out), start
    networks.unet.to(device, memory_format=torch.channels_last).train()
    networks.text.to(device).train().requires_grad_(not freeze_text)
    optimizer = base_optimizer(networks)
    average = Average(networks.parameters())
    checkpoint = Checkpoint(
        out / "base.pt",
        {
            "unet": networks.unet,
            "text": networks.text,
            "average": average,
            "optimizer": optimizer,
        },
    )
    checkpoint.resume()
    clock, step = Clock(minutes, checkpoint.spent), checkpoint.step
    rng = np.random.default_rng([seed, step, team.rank])
    generator = torch.Generator(device).manual_seed((seed * 8 + team.rank) * 1_000_003 + step)

    recent: list[float] = []
    share = clock.share
    while share < 1:
        latents, ids = batch_of(store, rng, BATCH, device)
        set_rate(optimizer, learning_rate(share, rate * PEAK_RATE))
        with mixed_precision(device), plain_attention(device):
            loss: Any = flow_loss(networks, latents, ids, generator)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        share = team.share(
            [p.grad for p in networks.parameters() if p.grad is not None], clock.share
        )
        torch.nn.utils.clip_grad_norm_(networks.parameters(), 1.0)
        optimizer.step()
        checkpoint.step += 1
        average.update(networks.parameters(), checkpoint.step)
        recent.append(loss.item())
        if not team.leads:
            continue
        if clock.share >= EARLY_SHARE and not (out / "early.pt").is_file():
            save_state(out / "early.pt", {"average": average.state_dict()})
        if clock.due_to_say(30):
            say(
                f"base {clock.share:4.0%} step {checkpoint.step} ({checkpoint.step * BATCH * team.size} pictures from {store.size}) "
                f"loss {np.mean(recent[-200:]):.4f}"
            )
        if clock.due_to_save():
            checkpoint.save(clock)
            store.refresh()
    if team.leads:
        checkpoint.save(clock)
    average.copy_to(networks.parameters())
    return networks
