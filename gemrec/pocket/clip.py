"""pocket-clip: a small open_clip model of the picture world, and the judge built on it.

It learns from renderings only: contrastively on captions, and by naming the nouns of each
picture among all nouns. It never sees a generated image.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gemrec.pocket.captions import sample_caption, with_article
from gemrec.pocket.tokenizer import CONTEXT, build_tokenizer, piece_rows, plural_rows
from gemrec.pocket.training import (
    Checkpoint,
    Clock,
    as_tensor,
    learning_rate,
    mixed_precision,
    picture_cache,
    plain_attention,
    replace_folder,
    say,
    set_rate,
)
from gemrec.pocket.world import SIZE, Scene, nouns

if TYPE_CHECKING:
    import torch

EMBED = 128
TEXT_WIDTH = 128
TEXT_LAYERS = 4
TEXT_HEADS = 4
PEAK_RATE = 1.5e-3
BATCH = 96


def clip_config() -> dict[str, Any]:
    """Return the contents of ``open_clip_config.json``."""
    return {
        "model_cfg": {
            "embed_dim": EMBED,
            "vision_cfg": {"image_size": SIZE, "layers": [1, 1, 1, 1], "width": 20},
            "text_cfg": {
                "context_length": CONTEXT,
                "vocab_size": len(build_tokenizer()),
                "hf_tokenizer_name": "pocket-clip",
                "width": TEXT_WIDTH,
                "heads": TEXT_HEADS,
                "layers": TEXT_LAYERS,
            },
        },
        "preprocess_cfg": {
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


def build_clip() -> Any:
    """Return the untrained model."""
    from open_clip.model import CLIP

    return CLIP(**clip_config()["model_cfg"])


def tokenize(texts: list[str]) -> "torch.Tensor":
    """Return token ids ``(n, CONTEXT)``."""
    import torch

    encoded = build_tokenizer()(texts, padding="max_length", truncation=True, max_length=CONTEXT)
    return torch.tensor(encoded["input_ids"])


def noun_prompts() -> list[str]:
    """Return the prompt of every noun, in the order of the world."""
    return [with_article(noun) for noun in nouns()]


def noun_targets(scenes: list[Scene]) -> NDArray[np.float32]:
    """Return the share of each noun in each scene, ``(scenes, nouns)``; rows sum to one."""
    index = {noun: number for number, noun in enumerate(nouns())}
    targets = np.zeros((len(scenes), len(index)), np.float32)
    for row, scene in enumerate(scenes):
        for item in scene.items:
            targets[row, index[item.noun]] += 1 / len(scene.items)
    return targets


def augment(pixels: "torch.Tensor", rng: np.random.Generator) -> "torch.Tensor":
    """Blur or dull half of the batches a little, so that the judge forgives soft pictures."""
    from torch.nn import functional

    kind = rng.integers(4)
    if kind == 0:
        small = functional.interpolate(pixels, scale_factor=float(rng.choice([0.5, 0.375])))
        return functional.interpolate(small, size=pixels.shape[-2:], mode="bilinear")
    if kind == 1:
        return pixels * float(rng.uniform(0.85, 1.1)) + float(rng.uniform(-0.08, 0.08))
    return pixels


def clip_loss(
    model: Any, pixels: "torch.Tensor", ids: "torch.Tensor", names: "torch.Tensor", shares: Any
) -> "torch.Tensor":
    """Return the symmetric contrastive loss plus the cross-entropy of naming the nouns.

    Args:
        model: The open_clip model.
        pixels: ``(n, 3, SIZE, SIZE)`` in -1..1.
        ids: Captions, ``(n, CONTEXT)``.
        names: Noun prompts, ``(nouns, CONTEXT)``.
        shares: Share of each noun in each picture, ``(n, nouns)``.
    """
    import torch
    from torch.nn import functional

    images = model.encode_image(pixels, normalize=True).float()
    texts = functional.normalize(model.encode_text(torch.cat([ids, names])).float(), dim=-1)
    scale = model.logit_scale.exp().clamp(max=50)
    logits = scale * images @ texts[: len(ids)].T
    rows = torch.arange(len(ids), device=logits.device)
    contrast = functional.cross_entropy(logits, rows) + functional.cross_entropy(logits.T, rows)
    naming = functional.cross_entropy(scale * images @ texts[len(ids) :].T, shares)
    return contrast / 2 + naming


def embed_images(
    model: Any, pictures: NDArray[np.uint8], device: str = "cpu", batch: int = 64
) -> NDArray[np.float32]:
    """Return unit image vectors ``(n, EMBED)`` of pictures ``(n, SIZE, SIZE, 3)``."""
    import torch

    with torch.inference_mode():
        parts = [
            model.encode_image(as_tensor(pictures[start : start + batch], device), normalize=True)
            for start in range(0, len(pictures), batch)
        ]
    return np.asarray(torch.cat(parts).float().cpu().numpy())


def embed_texts(model: Any, texts: list[str], device: str = "cpu") -> NDArray[np.float32]:
    """Return unit text vectors ``(n, EMBED)``."""
    import torch

    with torch.inference_mode():
        vectors = model.encode_text(tokenize(texts).to(device), normalize=True)
    return np.asarray(vectors.float().cpu().numpy())


def rank_nouns(model: Any, pictures: NDArray[np.uint8], device: str = "cpu") -> NDArray[np.int64]:
    """Return noun numbers from most to least likely, ``(n, nouns)``."""
    names = embed_texts(model, noun_prompts(), device)
    return np.argsort(-(embed_images(model, pictures, device) @ names.T), axis=1)


def noun_accuracy(
    model: Any, pictures: NDArray[np.uint8], names: list[str], device: str = "cpu", top: int = 1
) -> float:
    """Return the share of pictures whose noun is among the judge's first ``top``."""
    index = {noun: number for number, noun in enumerate(nouns())}
    truth = np.array([index[name] for name in names])[:, None]
    return float((rank_nouns(model, pictures, device)[:, :top] == truth).any(1).mean())


def clip_optimizer(model: Any) -> Any:
    """Return AdamW that decays matrices and leaves gains, biases and the scale alone."""
    import torch

    decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        lr=PEAK_RATE,
        betas=(0.9, 0.98),
    )


def train_clip(
    out: Path,
    *,
    minutes: float = 20,
    seed: int = 0,
    device: str = "cpu",
    pictures: int = 30_000,
    rate: float = 1.0,
) -> Any:
    """Train pocket-clip, or go on where an interrupted run stopped.

    Args:
        out: Working folder; the checkpoint is ``clip.pt``, the result the folder ``clip``.
        minutes: Budget.
        seed: Seed of pictures, weights and batches.
        device: ``cpu`` or ``cuda``.
        pictures: Number of training pictures.
        rate: Learning rate relative to the usual one.

    Returns:
        The trained model, in evaluation mode.
    """
    import torch

    torch.manual_seed(seed)
    seen, scenes = picture_cache(out / "pictures", "train", seed, pictures)
    heldout, truth = picture_cache(out / "pictures", "heldout", seed, min(512, pictures))
    alone = [row for row, scene in enumerate(truth) if len(scene.items) == 1]
    found = [truth[row].items[0].noun for row in alone]
    model = build_clip().to(device, memory_format=torch.channels_last)
    optimizer = clip_optimizer(model)
    checkpoint = Checkpoint(out / "clip.pt", {"model": model, "optimizer": optimizer})
    checkpoint.resume()
    clock = Clock(minutes, checkpoint.spent)
    rng = np.random.default_rng([seed, checkpoint.step])
    names = tokenize(noun_prompts()).to(device)

    def score() -> float:
        model.eval()
        accuracy = noun_accuracy(model, np.asarray(heldout[alone]), found, device)
        model.train()
        return accuracy

    while clock.share < 1:
        rows = rng.integers(len(seen), size=BATCH)
        batch = [scenes[row] for row in rows]
        pixels = augment(as_tensor(seen[np.sort(rows)][np.argsort(np.argsort(rows))], device), rng)
        ids = tokenize([sample_caption(rng, scene) for scene in batch]).to(device)
        shares = torch.from_numpy(noun_targets(batch)).to(device)
        set_rate(optimizer, learning_rate(clock.share, rate * PEAK_RATE))
        with mixed_precision(device), plain_attention(device):
            channels_last = pixels.to(memory_format=torch.channels_last)
            loss: Any = clip_loss(model, channels_last, ids, names, shares)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        checkpoint.step += 1
        if clock.due_to_say(30):
            say(
                f"clip {clock.share:4.0%} step {checkpoint.step} loss {loss.item():.3f} "
                f"heldout top-1 {score():.1%}"
            )
        if clock.due_to_save():
            checkpoint.save(clock)
    checkpoint.save(clock)
    save_clip(model.eval(), out / "clip")
    say(f"clip saved, heldout top-1 {score():.1%}")
    return model.eval()


def save_clip(model: Any, folder: Path) -> None:
    """Write the model as a folder that open_clip's ``local-dir:`` schema loads.

    Plurals get the embedding of their singular and stray pieces get none, so that a word the
    model does not know says nothing.
    """
    import torch
    from safetensors.torch import save_file  # noqa: PLC0415 - imports torch

    with torch.no_grad():
        tidy_embedding(model.token_embedding.weight)
    weights = {
        name: tensor.detach().cpu().contiguous().to(torch.float16)
        if tensor.is_floating_point()
        else tensor.detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }

    def write(fresh: Path) -> None:
        save_file(weights, fresh / "open_clip_model.safetensors")
        text = json.dumps(clip_config(), indent=2)
        (fresh / "open_clip_config.json").write_text(text + "\n", "utf-8")
        build_tokenizer().save_pretrained(fresh)

    replace_folder(folder, write)


def tidy_embedding(weight: "torch.Tensor") -> None:
    """Give plurals their singular's row and pieces a zero row, in place.

    Args:
        weight: Token embedding ``(tokens, width)``.
    """
    for plural, word in plural_rows():
        weight[plural] = weight[word]
    weight[piece_rows()] = 0


def load_clip(folder: Path, device: str = "cpu") -> Any:
    """Load pocket-clip through open_clip's factory, in evaluation mode."""
    import open_clip

    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{folder}", device=device)
    return model.eval()
