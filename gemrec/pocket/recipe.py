"""The stages of training, in order, and what each needs from the ones before."""

import copy
import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from gemrec.errors import InputError
from gemrec.pocket import adapters, base, clip, flow, latents, vae, variants
from gemrec.pocket.team import Team
from gemrec.pocket.training import load_state, replace_folder, say


class Stage(StrEnum):
    """What ``train --stage`` accepts."""

    VAE = "vae"
    CLIP = "clip"
    BASE = "base"
    STYLES = "styles"
    ALL = "all"


MINUTES = {Stage.VAE: 20.0, Stage.CLIP: 40.0, Stage.BASE: 60.0, Stage.STYLES: 36.0}
"""Budget of each stage on one CPU core."""

CODEC_PICTURES, CLIP_PICTURES, BASE_CHUNKS = 16_000, 30_000, 12
SUBJECT_PICTURES, SWIFT_PAIRS = 2_000, 1_536
"""Pictures drawn (or chunks of them, or pairs) for a stage with its usual budget."""


@dataclass(frozen=True, slots=True)
class Run:
    """One call of the recipe.

    Attributes:
        out: Working folder; a call with the same folder goes on where the last one stopped.
        minutes: Budget of the stage, or None for its usual budget; ``all`` shares it out.
        seed: Seed of everything.
        device: ``cpu`` or ``cuda``.
        workers: Processes that train the base together, one for each free CPU core.
        rate: Learning rate of base and clip relative to the usual one.
        freeze_text: Train the base's UNet alone, so that adapters of its text tower stay valid.
    """

    out: Path
    minutes: float | None = None
    seed: int = 0
    device: str = "cpu"
    workers: int = 1
    rate: float = 1.0
    freeze_text: bool = False

    def budget(self, stage: Stage, everything: bool) -> float:
        """Return the minutes of a stage."""
        if self.minutes is None:
            return MINUTES[stage]
        return self.minutes * MINUTES[stage] / sum(MINUTES.values()) if everything else self.minutes

    def amount(self, usual: int, stage: Stage, minutes: float, least: int = 1) -> int:
        """Return how much to prepare for a stage: less where a CPU's budget is below the usual.

        Args:
            usual: What the usual budget uses.
            stage: The stage.
            minutes: Its budget.
            least: What even the smallest budget needs.
        """
        share = min(1.0, minutes / MINUTES[stage]) if self.device == "cpu" else 1.0
        return max(least, round(usual * share))


class MissingStageError(InputError):
    """A stage needs the result of an earlier one that is not in the working folder."""


def train(stage: Stage, run: Run) -> None:
    """Run one stage, or all of them in order.

    Raises:
        MissingStageError: If an earlier stage's result is missing.
    """
    steps = {
        Stage.VAE: _vae,
        Stage.CLIP: _clip,
        Stage.BASE: _base,
        Stage.STYLES: _styles,
    }
    run.out.mkdir(parents=True, exist_ok=True)
    for name, step in steps.items():
        if stage in (name, Stage.ALL):
            step(run, run.budget(name, stage is Stage.ALL))


def _vae(run: Run, minutes: float) -> None:
    pictures = run.amount(CODEC_PICTURES, Stage.VAE, minutes, least=64)
    vae.train_vae(run.out, minutes=minutes, seed=run.seed, device=run.device, pictures=pictures)


def _clip(run: Run, minutes: float) -> None:
    clip.train_clip(
        run.out,
        minutes=minutes,
        seed=run.seed,
        device=run.device,
        pictures=run.amount(CLIP_PICTURES, Stage.CLIP, minutes, least=128),
        rate=run.rate,
    )


def _codec(run: Run) -> Any:
    """Return the trained codec."""
    import torch
    from diffusers import AutoencoderTiny

    folder = run.out / "vae"
    if not folder.is_dir():
        raise MissingStageError(f"no trained codec in {folder}; run train --stage vae first")
    kind: Any = AutoencoderTiny
    codec: Any = kind.from_pretrained(folder, local_files_only=True)
    return codec.eval().to(run.device, memory_format=torch.channels_last)


def _base(run: Run, minutes: float) -> None:
    import torch

    codec = _codec(run)
    if load_state(run.out / "clip.pt") is None:
        raise MissingStageError(f"no clip.pt in {run.out}; run train --stage clip first")
    chunks = run.amount(BASE_CHUNKS, Stage.BASE, minutes)
    pictures = run.amount(BASE_CHUNKS * latents.CHUNK, Stage.BASE, minutes, least=64)
    latents.write_chunks(run.out, codec, range(chunks), run.device, -(-pictures // chunks))
    if run.workers > 1:
        meeting = run.out / f"meeting-{os.getpid()}"
        processes: Any = torch.multiprocessing
        processes.spawn(_base_worker, (run, minutes, meeting), nprocs=run.workers)
        meeting.unlink(missing_ok=True)
    else:
        _base_worker(0, run, minutes, None)
    base.export_base(_networks(run, "base"), codec, run.out / "pocket-base")
    say("pocket-base saved")


def _base_worker(rank: int, run: Run, minutes: float, meeting: Path | None) -> None:
    """Train the base as one of the run's processes."""
    import torch

    if meeting is not None:
        torch.set_num_threads(1)
    state = load_state(run.out / "clip.pt") or {}
    teacher: Any = clip.build_clip()
    teacher.load_state_dict(state["model"])
    torch.manual_seed(run.seed)
    base.train_base(
        run.out,
        flow.Networks(flow.build_unet(), flow.text_from_clip(teacher)),
        minutes=minutes,
        seed=run.seed,
        device=run.device,
        team=Team(rank, run.workers if meeting else 1, meeting),
        rate=run.rate,
        freeze_text=run.freeze_text,
    )


def _styles(run: Run, minutes: float) -> None:
    """Train every adapter and variant whose folder is not there yet."""
    codec = _codec(run)
    parent = _networks(run, "base")
    share = minutes / (len(adapters.RECIPES) + 6)
    for recipe in adapters.RECIPES.values():
        if not (run.out / recipe.id).is_dir():
            adapters.train_adapter(
                run.out,
                recipe,
                copy.deepcopy(parent),
                codec,
                minutes=share,
                seed=run.seed,
                device=run.device,
                pictures=run.amount(SUBJECT_PICTURES, Stage.STYLES, minutes, least=32),
            )
    if not (run.out / "pocket-early").is_dir():
        variants.make_early(run.out, copy.deepcopy(parent), _networks(run, "early"))
    if not (run.out / "pocket-swift").is_dir():
        variants.write_pairs(
            run.out,
            copy.deepcopy(parent),
            count=run.amount(SWIFT_PAIRS, Stage.STYLES, minutes, least=8),
            seed=run.seed,
            device=run.device,
        )
        variants.train_swift(
            run.out, copy.deepcopy(parent), minutes=2 * share, seed=run.seed, device=run.device
        )


def publish(out: Path, assets: Path) -> list[str]:
    """Copy every finished model from the working folder to the assets, cards kept.

    Args:
        out: Working folder.
        assets: Folder with ``models`` and ``pocket-clip``.

    Returns:
        The ids that were copied.
    """
    targets = {
        folder.name: assets / "models" / folder.name
        for folder in sorted(out.glob("pocket-*"))
        if folder.is_dir()
    }
    if (out / "clip").is_dir():
        targets["clip"] = assets / "pocket-clip"
    for name, target in targets.items():
        card = target / "README.md"
        text = card.read_bytes() if card.is_file() else None
        replace_folder(target, partial(_copy, out / name, text))
    return list(targets)


def _copy(source: Path, card: bytes | None, fresh: Path) -> None:
    """Copy a model's files and write its card."""
    shutil.copytree(source, fresh, dirs_exist_ok=True)
    if card is not None:
        (fresh / "README.md").write_bytes(card)


def _networks(run: Run, name: str) -> flow.Networks:
    """Return the averaged networks of a checkpoint on the run's device."""
    try:
        networks = base.load_networks(run.out, name)
    except FileNotFoundError as error:
        raise MissingStageError(str(error)) from error
    networks.unet.to(run.device)
    networks.text.to(run.device)
    return networks
