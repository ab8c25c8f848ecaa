"""The figures of the family: prompt following, styles, codec, speed, repeatability, size.

The judges are pocket-clip and a logistic regression on its image vectors; both learn from
renderings alone and never see a generated picture.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemrec.pocket.captions import caption
from gemrec.pocket.clip import embed_images, load_clip, noun_accuracy, rank_nouns
from gemrec.pocket.family import ASSETS, Family
from gemrec.pocket.styles import STYLES
from gemrec.pocket.training import draw_many, folder_megabytes, say
from gemrec.pocket.vae import heldout_psnr
from gemrec.pocket.world import (
    BACKGROUNDS,
    Mixture,
    Scene,
    nouns,
    rng_for,
    sample_scene,
    sample_single,
)

PLAIN = "plain"
BORDER = 4
"""Width of the rim whose colour is the background, in pixels."""


def border_colours(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the median colour of each picture's rim, ``(n, 3)``."""
    rim = np.ones(pictures.shape[1:3], bool)
    rim[BORDER:-BORDER, BORDER:-BORDER] = False
    colours: NDArray[np.float64] = np.median(pictures[:, rim], axis=1)
    return colours


def nearest_backgrounds(pictures: NDArray[np.uint8]) -> list[str]:
    """Return the background colour that each picture's rim is nearest to."""
    names = list(BACKGROUNDS)
    palette = np.array([BACKGROUNDS[name] for name in names], np.float64)
    distance = np.linalg.norm(border_colours(pictures)[:, None] - palette, axis=-1)
    return [names[row] for row in distance.argmin(1)]


def heldout_scenes(count: int, mixture: Mixture, seed: int = 7) -> list[Scene]:
    """Return scenes of the split that no training stage draws from."""
    rng = rng_for("evaluate", seed)
    return [sample_scene(rng, mixture) for _ in range(count)]


def single_scenes(count: int, seed: int = 7) -> list[Scene]:
    """Return plain scenes of one noun each; every noun occurs before any occurs again."""
    rng = rng_for("evaluate singles", seed)
    names, colours = list(nouns()), list(BACKGROUNDS)
    order = [
        names[row] for _ in range(-(-count // len(names))) for row in rng.permutation(len(names))
    ]
    return [sample_single(rng, name, colours[rng.integers(len(colours))]) for name in order[:count]]


def clip_figures(clip: Any, samples: int) -> dict[str, float]:
    """Return pocket-clip's accuracy on held-out renderings of one noun each.

    Args:
        clip: The judge.
        samples: Number of renderings.
    """
    plain = single_scenes(samples, seed=11)
    mixed = heldout_scenes(samples, Mixture(pairs=0.0, styled=0.25))
    figures = {}
    for name, scenes in (("plain", plain), ("mixed", mixed)):
        names = [scene.items[0].noun for scene in scenes]
        figures[f"{name}_top1"] = noun_accuracy(clip, draw_many(scenes), names)
    return figures


def prompt_figures(family: Family, clip: Any, model: str, samples: int) -> dict[str, Any]:
    """Return how often a member draws the right noun on the right background.

    Args:
        family: The family.
        clip: The judge.
        model: Catalog id.
        samples: Number of pictures; each noun once before any noun twice.
    """
    scenes = single_scenes(samples)
    made = family.generate(model, [caption(scene) for scene in scenes], range(len(scenes)))
    index = {noun: number for number, noun in enumerate(nouns())}
    truth = np.array([index[scene.items[0].noun] for scene in scenes])[:, None]
    ranked = rank_nouns(clip, made)
    found = nearest_backgrounds(made)
    return {
        "pictures": len(scenes),
        "nouns": len({scene.items[0].noun for scene in scenes}),
        "top1": float((ranked[:, :1] == truth).mean()),
        "top5": float((ranked[:, :5] == truth).any(1).mean()),
        "background": float(
            np.mean([name == scene.background for name, scene in zip(found, scenes, strict=True)])
        ),
    }


def style_judge(clip: Any, per_style: int = 60) -> tuple[Any, float]:
    """Return a classifier of styles trained on renderings, and its held-out accuracy.

    Args:
        clip: Embeds the renderings.
        per_style: Training renderings for each style and for plain.
    """
    # scikit-learn has no type hints and takes a second to import.
    from sklearn.linear_model import (  # noqa: PLC0415
        LogisticRegression,
    )
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import (  # noqa: PLC0415
        StandardScaler,
    )

    def rendered(seed: int, count: int) -> tuple[NDArray[np.float32], list[str]]:
        rng = rng_for("style judge", seed)
        labels = [PLAIN, *STYLES] * count
        scenes = [sample_scene(rng, Mixture(styled=0.0)) for _ in labels]
        styled = [
            Scene(scene.items, scene.background, None if label == PLAIN else label, scene.shift)
            for scene, label in zip(scenes, labels, strict=True)
        ]
        return embed_images(clip, draw_many(styled)), labels

    judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000))
    judge.fit(*rendered(0, per_style))
    return judge, float(judge.score(*rendered(1, 15)))


def style_figures(family: Family, clip: Any, samples: int) -> dict[str, Any]:
    """Return how often pictures of the styled members are assigned to their own style.

    Prompts name a noun and a background but no style.

    Args:
        family: The family.
        clip: Embeds pictures for the judge.
        samples: Pictures of each styled member.
    """
    judge, trust = style_judge(clip)
    scenes = single_scenes(samples, seed=23)
    prompts = [caption(scene) for scene in scenes]
    shares = {}
    for member in family.members.values():
        if member.style:
            made = family.generate(member.id, prompts, range(1000, 1000 + samples))
            said = judge.predict(embed_images(clip, made))
            shares[member.id] = float(np.mean(said == member.style))
            say(f"styles: {member.id} {shares[member.id]:.0%}")
    mean = float(np.mean(list(shares.values()))) if shares else None
    return {"judge_heldout": trust, "assigned_to_own": mean, "by_model": shares}


def speed_figures(family: Family) -> dict[str, float]:
    """Return seconds to load the base, to make a grid of four, and to switch adapters.

    The shortest of three grids and the median of ten switches, as other work on the machine only
    adds time.
    """
    import torch

    base = next(member.id for member in family.members.values() if not member.is_adapter)
    grids = []
    for turn in range(4):
        start = time.perf_counter()
        family.generate(base, ["a cat face on a blue background"] * 4, range(turn, turn + 4))
        grids.append(time.perf_counter() - start)
    adapters = [member.id for member in family.members.values() if member.is_adapter][:2]
    switches = []
    for model in adapters:
        family.select(model)
    for turn in range(10):
        start = time.perf_counter()
        family.select(adapters[turn % len(adapters)]) if adapters else None
        switches.append(time.perf_counter() - start)
    return {
        "threads": torch.get_num_threads(),
        "load_base_s": family.load_seconds,
        "grid_of_four_s": min(grids[1:]),
        "switch_adapter_ms": float(np.median(switches) * 1000),
    }


def same_seed_same_picture(family: Family) -> bool:
    """Whether two runs of one prompt and seed give the same pixels, also after a switch."""
    base = next(member.id for member in family.members.values() if not member.is_adapter)
    prompt = ["a panda on a purple background"]
    first = family.generate(base, prompt, [5])
    for member in family.members:
        family.select(member)
    return bool((first == family.generate(base, prompt, [5])).all())


def all_figures(assets: Path = ASSETS, *, samples: int | None = None) -> dict[str, Any]:
    """Measure everything.

    Args:
        assets: Folder with ``models.toml`` and ``pocket-clip``.
        samples: Pictures for prompt following; None means one for each noun. The other figures
            scale along.
    """
    count = samples or len(nouns())
    clip = load_clip(assets / "pocket-clip")
    figures: dict[str, Any] = {"clip": clip_figures(clip, 3 * count)}
    say(f"clip: {figures['clip']}")
    family = Family(assets)
    vae = family.pipeline.vae
    pictures = draw_many(heldout_scenes(min(256, 2 * count), Mixture()))
    figures["vae"] = {"psnr_db": heldout_psnr(vae, pictures)}
    figures["speed"] = speed_figures(family)
    figures["same_seed_same_picture"] = same_seed_same_picture(family)
    figures["assets_mb"] = folder_megabytes(assets)
    say(f"codec, speed, size: {figures['vae']} {figures['speed']} {figures['assets_mb']:.1f} MB")
    prompts = {}
    for member in family.members.values():
        if not member.is_adapter or member.id in {"pocket-early", "pocket-swift"}:
            prompts[member.id] = prompt_figures(family, clip, member.id, count)
            say(f"prompts: {member.id} {prompts[member.id]}")
    figures["prompts"] = prompts
    figures["styles"] = style_figures(family, clip, max(3, min(24, count // 8)))
    return figures
