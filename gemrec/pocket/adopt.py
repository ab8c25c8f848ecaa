"""Seed a working folder from published models, so that a part of the family can be trained on.

Whoever wants one more style, or a better base, need not train everything again: `adopt` writes
the checkpoints that the stages look for, made from the half-precision weights in ``assets/``.
"""

import shutil
from pathlib import Path
from typing import Any

from gemrec.pocket.base import base_optimizer
from gemrec.pocket.clip import clip_optimizer, load_clip
from gemrec.pocket.family import Family
from gemrec.pocket.flow import Average, Networks, build_text, build_unet
from gemrec.pocket.training import save_state, say

ADOPTED_STEP = 1_000
"""Step count of adopted weights: the average then spans the last hundred steps."""


def adopt(assets: Path, out: Path) -> None:
    """Write the checkpoints of every stage from published models, and copy the models.

    The adapter folders come along; a stage trains only what is missing, so remove the folder of
    an adapter to have it trained again.

    Args:
        assets: Folder with ``models.toml``, ``models`` and ``pocket-clip``.
        out: Working folder; what it holds of the same names is replaced.
    """
    family = Family(assets)
    out.mkdir(parents=True, exist_ok=True)
    for member in family.members.values():
        shutil.copytree(member.folder, out / member.id, dirs_exist_ok=True)
    shutil.copytree(assets / "pocket-clip", out / "clip", dirs_exist_ok=True)
    family.pipeline.vae.save_pretrained(out / "vae")

    networks = _networks(family.pipeline)
    _save(out / "base.pt", networks)
    if "pocket-early" in family.members:
        family.select("pocket-early")
        family.pipeline.fuse_lora()
        family.pipeline.unload_lora_weights()
        average = Average(_networks(family.pipeline).parameters())
        save_state(out / "early.pt", {"average": average.state_dict()})
    clip = load_clip(assets / "pocket-clip").float()
    state = {"model": clip.state_dict(), "optimizer": clip_optimizer(clip).state_dict()}
    save_state(out / "clip.pt", {**state, "step": ADOPTED_STEP, "spent": 0.0})
    say(f"adopted {len(family.members)} models and pocket-clip")


def _networks(pipeline: Any) -> Networks:
    """Return a copy of a pipeline's UNet and text tower in the recipe's own order."""
    networks = Networks(build_unet(), build_text())
    networks.unet.load_state_dict(pipeline.unet.state_dict())
    networks.text.load_state_dict(pipeline.text_encoder.state_dict())
    return networks


def _save(path: Path, networks: Networks) -> None:
    """Write networks as a checkpoint with a fresh optimizer and the whole budget ahead."""
    save_state(
        path,
        {
            "unet": networks.unet.state_dict(),
            "text": networks.text.state_dict(),
            "average": Average(networks.parameters()).state_dict(),
            "optimizer": base_optimizer(networks).state_dict(),
            "step": ADOPTED_STEP,
            "spent": 0.0,
        },
    )
