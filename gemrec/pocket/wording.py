"""Text-tower adapters: a plain prompt is read as if it named the style.

The base already knows the styles by name, so the quickest way to a styled member is to teach its
text tower, by a low-rank adapter, to turn the states of a plain prompt into those that the base's
own tower gives to the same prompt with the style named. No picture is needed.
"""

import copy
from typing import Any

import numpy as np

from gemrec.pocket.captions import sample_caption
from gemrec.pocket.clip import tokenize
from gemrec.pocket.training import Clock, learning_rate, plain_attention, say, set_rate
from gemrec.pocket.world import Mixture, rng_for, sample_scene

TEXT_RANK = 8
PEAK_RATE = 6.0e-3
BATCH = 16
EMPTY_SHARE = 0.1
TARGETS = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]


def wording_batch(rng: np.random.Generator, style: str) -> tuple[list[str], list[str]]:
    """Return prompts that name no style, and the same prompts naming it.

    Empty prompts stay as they are, so that guidance pushes towards the style as well.

    Args:
        rng: Source of scenes and wordings.
        style: The style to name.
    """
    plain, styled = [], []
    for _ in range(BATCH):
        text = sample_caption(rng, sample_scene(rng, Mixture(styled=0.0)))
        empty = rng.random() < EMPTY_SHARE
        plain.append("" if empty else text)
        styled.append("" if empty else f"{text}, {style}")
    return plain, styled


def train_wording(
    text: Any, style: str, *, minutes: float = 0.5, seed: int = 0, device: str = "cpu"
) -> Any:
    """Return a copy of the text tower with an adapter that hears the style in every prompt.

    Args:
        text: The base's text tower; stays as it is.
        style: Style to hear.
        minutes: Budget.
        seed: Seed of weights and prompts.
        device: ``cpu`` or ``cuda``.
    """
    import torch
    from peft import LoraConfig, inject_adapter_in_model  # noqa: PLC0415 - imports torch

    torch.manual_seed(seed)
    teacher = text.to(device).eval().requires_grad_(False)
    pupil = copy.deepcopy(teacher)
    config = LoraConfig(r=TEXT_RANK, lora_alpha=TEXT_RANK, target_modules=TARGETS)
    inject_adapter_in_model(config, pupil, "default")
    parameters = [parameter for parameter in pupil.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=PEAK_RATE, weight_decay=0.0)
    clock, rng = Clock(minutes), rng_for(f"wording {style}", seed)
    recent: list[float] = []
    while clock.share < 1:
        plain, styled = wording_batch(rng, style)
        set_rate(optimizer, learning_rate(clock.share, PEAK_RATE, warm=0.05))
        with plain_attention(device):
            with torch.no_grad():
                target = teacher(tokenize(styled).to(device)).last_hidden_state
            states = pupil(tokenize(plain).to(device)).last_hidden_state
            loss: Any = (states - target).square().mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        recent.append(loss.item())
    say(f"wording of {style}: step {len(recent)} loss {np.mean(recent[-30:]):.4f}")
    return pupil
