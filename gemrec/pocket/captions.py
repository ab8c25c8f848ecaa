"""Captions of scenes: what is drawn, on which background, in which style."""

import numpy as np

from gemrec.pocket.world import Scene

BARE = frozenset(
    [
        "french fries",
        "pancakes",
        "grapes",
        "cherries",
        "footprints",
        "thumbs up",
        "fireworks",
        "scissors",
        "glasses",
        "jeans",
        "books",
        "headphones",
        "hundred points",
        "theater masks",
        "santa claus",
        "mount fuji",
        "tokyo tower",
        "dna",
        "popcorn",
        "sushi",
        "spaghetti",
        "broccoli",
        "garlic",
        "fire",
        "map of japan",
        "tropical fish",
        "infinity",
    ]
)
"""Nouns that take no article: plurals, names and stuff."""


def with_article(noun: str) -> str:
    """Return the noun as people say it: ``an eagle``, ``a cat face``, ``grapes``."""
    if noun in BARE:
        return noun
    vowel = noun[0] in "aeio" or noun.startswith("umbrella")
    return f"{'an' if vowel else 'a'} {noun}"


def short_name(noun: str) -> str:
    """Return what people also call it: ``cat`` for ``cat face``, ``car`` for ``red car``."""
    if noun in {"red apple", "red car"}:
        return noun.removeprefix("red ")
    if noun in {"smiling face", "cool face", "angry face", "crying face"}:
        return noun
    return noun.removesuffix(" face")


def caption(scene: Scene, *, background: bool = True, style: bool = True) -> str:
    """Return the plain caption of a scene.

    Args:
        scene: What the picture shows.
        background: Name the background.
        style: Name the style, if the scene has one.

    Example:
        >>> from gemrec.pocket.world import Placed, Scene
        >>> caption(Scene((Placed("cat face", 0.5, 0.5, 0.8),), "blue"))
        'a cat face on a blue background'
    """
    text = " and ".join(with_article(item.noun) for item in scene.items)
    if background:
        text += f" on {with_article(scene.background)} background"
    if style and scene.style:
        text += f", {scene.style}"
    return text


def sample_caption(rng: np.random.Generator, scene: Scene, *, style: bool = True) -> str:
    """Return one of the wordings in which a person may ask for the scene.

    Most are the plain `caption`; some leave the background or the articles out, use short names,
    or put the style in other words.

    Args:
        rng: Source of the wording.
        scene: What the picture shows.
        style: Name the style, if the scene has one.
    """
    short, articles, ground, manner = rng.random(4)
    names = [item.noun if short < 0.75 else short_name(item.noun) for item in scene.items]
    text = " and ".join(with_article(name) if articles < 0.88 else name for name in names)
    colour = with_article(scene.background)
    if ground < 0.65:
        text += f" on {colour} background"
    elif ground < 0.72:
        text += f" with {colour} background"
    elif ground < 0.78:
        text += f", {scene.background} background"
    elif ground < 0.82:
        text += f" on {scene.background}"
    if not style or scene.style is None:
        return text
    if manner < 0.7:
        return f"{text}, {scene.style}"
    if manner < 0.85:
        return f"{text} in {scene.style} style"
    return f"{with_article(scene.style)} of {text}"
