"""The picture world: emoji glyphs on coloured backgrounds, every picture drawn from a scene.

A `Scene` holds every decision (nouns, background, style, places, colour shift), so that the same
scene always gives the same pixels. Glyphs come from Debian's ``fonts-noto-color-emoji`` (font
under the OFL, artwork under Apache-2.0). Drawing needs that font; the trained models do not.
"""

import csv
import importlib.resources
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from gemrec.errors import GenerationError
from gemrec.pocket.styles import STYLES, apply_style

SIZE = 128
"""Width and height of a picture in pixels."""

FONT_PATHS = (
    Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/noto/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf"),
)
"""Where distributions put Noto Color Emoji."""

BITMAP_SIZE = 109
"""The only size in which the font's bitmaps exist, in pixels per em."""

BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    "red": (224, 70, 66),
    "orange": (245, 146, 56),
    "yellow": (250, 216, 82),
    "green": (98, 184, 104),
    "teal": (54, 178, 176),
    "blue": (72, 132, 228),
    "purple": (146, 100, 206),
    "pink": (247, 160, 198),
    "white": (246, 246, 243),
    "black": (36, 36, 42),
}
"""Background names and their RGB colours, 0..255."""

SINGLE_FRACTION = (0.62, 0.92)
"""Height of a lone glyph as a fraction of the frame, lowest and highest."""

PAIR_FRACTION = (0.42, 0.5)
"""Height of each glyph of a pair as a fraction of the frame, lowest and highest."""

SHADOW = 0.28
"""Opacity of the soft shadow that separates a glyph from a background of its own colour."""


class FontMissingError(GenerationError):
    """Noto Color Emoji is not installed, so no training picture can be drawn."""


@dataclass(frozen=True, slots=True)
class Noun:
    """One thing the world can draw.

    Attributes:
        name: Short everyday name, such as ``cat face``.
        glyph: The emoji, one or more code points.
        category: One of the twelve GEMRec categories.
    """

    name: str
    glyph: str
    category: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A glyph in a picture: its noun, its centre and its height, as fractions of the frame."""

    noun: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that decides one picture.

    Attributes:
        items: One or two glyphs, left to right.
        background: A key of `BACKGROUNDS`.
        style: A key of `gemrec.pocket.styles.STYLES`, or None for plain.
        shift: Added to the background's RGB, small.
    """

    items: tuple[Placed, ...]
    background: str
    style: str | None = None
    shift: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Mixture:
    """How often a sampled scene holds a pair, and how often it is styled, as probabilities."""

    pairs: float = 0.15
    styled: float = 0.25


@cache
def nouns() -> dict[str, Noun]:
    """Return every noun of the world by name, in the order of ``nouns.csv``."""
    text = importlib.resources.files("gemrec.pocket").joinpath("nouns.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        row["noun"]: Noun(
            row["noun"],
            "".join(chr(int(code, 16)) for code in row["codepoints"].split("+")),
            row["category"],
        )
        for row in rows
    }


def rng_for(split: str, seed: int) -> np.random.Generator:
    """Return the generator of one split; equal seeds of two splits share no stream.

    Args:
        split: Any name, such as ``train`` or ``heldout``.
        seed: Whole number, the same for every split.
    """
    key = zlib.crc32(split.encode())
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,)))


def font_path() -> Path:
    """Return the emoji font.

    Raises:
        FontMissingError: If no known place holds it.
    """
    for path in FONT_PATHS:
        if path.is_file():
            return path
    raise FontMissingError(
        "Noto Color Emoji is not installed, so training pictures cannot be drawn; "
        "install it with: apt-get install fonts-noto-color-emoji"
    )


def available() -> bool:
    """Whether pictures can be drawn here, that is, whether the emoji font is installed."""
    return any(path.is_file() for path in FONT_PATHS)


@cache
def _glyph(noun: str) -> Image.Image:
    """Return a noun's glyph as a square RGBA picture, cropped to its ink."""
    font = ImageFont.truetype(str(font_path()), BITMAP_SIZE)
    canvas = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(canvas).text((8, 8), nouns()[noun].glyph, font=font, embedded_color=True)
    ink = canvas.getbbox()
    if ink is None:
        raise FontMissingError(f"the installed emoji font has no glyph for {noun!r}")
    side = max(ink[2] - ink[0], ink[3] - ink[1])
    square = Image.new("RGBA", (side, side))
    cut = canvas.crop(ink)
    square.paste(cut, ((side - cut.width) // 2, (side - cut.height) // 2))
    return square


def sample_single(rng: np.random.Generator, noun: str, background: str) -> Scene:
    """Place one noun big near the centre of a plain background."""
    size = float(rng.uniform(*SINGLE_FRACTION))
    slack = (1 - size) / 2
    x, y = 0.5 + rng.uniform(-slack, slack, 2) * 0.6
    return Scene((Placed(noun, float(x), float(y), size),), background, None, _shift(rng))


def sample_pair(rng: np.random.Generator, left: str, right: str, background: str) -> Scene:
    """Place two nouns side by side on a plain background."""
    sizes = rng.uniform(*PAIR_FRACTION, 2)
    heights = 0.5 + rng.uniform(-0.06, 0.06, 2)
    items = (
        Placed(left, 0.265, float(heights[0]), float(sizes[0])),
        Placed(right, 0.735, float(heights[1]), float(sizes[1])),
    )
    return Scene(items, background, None, _shift(rng))


def sample_scene(rng: np.random.Generator, mixture: Mixture | None = None) -> Scene:
    """Draw one scene of the training mixture.

    Args:
        rng: Source of every decision.
        mixture: How often pairs and styles occur.
    """
    mixture = mixture or Mixture()
    names = list(nouns())
    background = list(BACKGROUNDS)[rng.integers(len(BACKGROUNDS))]
    if rng.random() < mixture.pairs:
        left, right = rng.choice(len(names), 2, replace=False)
        scene = sample_pair(rng, names[left], names[right], background)
    else:
        scene = sample_single(rng, names[rng.integers(len(names))], background)
    style = list(STYLES)[rng.integers(len(STYLES))] if rng.random() < mixture.styled else None
    return Scene(scene.items, scene.background, style, scene.shift)


def draw(scene: Scene) -> NDArray[np.uint8]:
    """Draw one scene.

    Args:
        scene: What to draw.

    Returns:
        RGB picture of shape ``(SIZE, SIZE, 3)``.

    Raises:
        FontMissingError: If the emoji font is not installed.
    """
    colour = np.array(BACKGROUNDS[scene.background]) + np.array(scene.shift)
    layer = Image.new("RGBA", (SIZE, SIZE))
    for item in scene.items:
        side = round(item.size * SIZE)
        glyph = _glyph(item.noun).resize((side, side), Image.Resampling.BICUBIC)
        corner = (round(item.x * SIZE - side / 2), round(item.y * SIZE - side / 2))
        layer.alpha_composite(glyph, (max(corner[0], 0), max(corner[1], 0)))
    alpha = layer.getchannel("A")
    blurred = alpha.filter(ImageFilter.BoxBlur(3))
    shadow = np.roll(np.asarray(blurred, np.float32), 2, axis=0)[..., None] / 255 * SHADOW
    ground = _light()[..., None] * colour.astype(np.float32) * (1 - shadow)
    ink = np.asarray(alpha, np.float32)[..., None] / 255
    mixed = ground * (1 - ink) + np.asarray(layer, np.float32)[..., :3] * ink
    picture = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
    return apply_style(picture, scene.style) if scene.style else picture


@cache
def _light() -> NDArray[np.float32]:
    """Return the gentle light that makes flat backgrounds pretty, about 1, ``(SIZE, SIZE)``."""
    axis = np.linspace(-1, 1, SIZE, dtype=np.float32)
    radius = axis[:, None] ** 2 + axis[None, :] ** 2
    return (1.03 - 0.045 * radius).astype(np.float32)


def _shift(rng: np.random.Generator) -> tuple[int, int, int]:
    """Return a small change of the background colour."""
    red, green, blue = rng.integers(-5, 6, 3)
    return int(red), int(green), int(blue)
