"""Twelve picture styles, each a deterministic filter on an RGB picture.

Filters use only fixed patterns that repeat every 4, 8 or 16 pixels and no random noise, so that
a VAE with one latent per 8x8 pixels can hold them.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

Picture = NDArray[np.uint8]
Planes = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weight of red, green and blue in brightness (ITU-R BT.601)."""


def _planes(picture: Picture | Image.Image) -> Planes:
    """Return the picture as 0..1 floats."""
    return np.asarray(picture, np.float32) / np.float32(255)


def _finish(planes: NDArray[np.floating]) -> Picture:
    """Return 0..1 floats as bytes."""
    scaled: Picture = (np.clip(planes, 0, 1) * 255 + 0.5).astype(np.uint8)
    return scaled


def _blur(planes: Planes, radius: float) -> Planes:
    """Return the planes blurred by a Gaussian of the given radius in pixels."""
    return _planes(Image.fromarray(_finish(planes)).filter(ImageFilter.GaussianBlur(radius)))


def _luma(planes: Planes) -> Planes:
    """Return brightness, ``(height, width, 1)``."""
    grey: Planes = (planes @ LUMA)[..., None]
    return grey


def _edges(planes: Planes, gain: float) -> Planes:
    """Return the strength of outlines, 0..1, ``(height, width, 1)``."""
    grey = np.pad(planes, ((1, 1), (1, 1), (0, 0)), mode="edge")
    across = np.abs(grey[1:-1, 2:] - grey[1:-1, :-2]).max(-1)
    down = np.abs(grey[2:, 1:-1] - grey[:-2, 1:-1]).max(-1)
    strength: Planes = np.clip(np.hypot(across, down) * gain, 0, 1)[..., None]
    return strength


def _saturate(planes: Planes, amount: float) -> Planes:
    """Return the planes with colourfulness multiplied by ``amount``."""
    grey = _luma(planes)
    return np.clip(grey + (planes - grey) * amount, 0, 1)


def _grid(shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column numbers, broadcastable to the picture."""
    return np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]


def watercolor(picture: Picture) -> Picture:
    """Flat washes with darker rims that fade out to white paper."""
    flat = Image.fromarray(picture).filter(ImageFilter.MedianFilter(7))
    wash = _blur(_planes(flat), 1.2)
    rims = _blur(_edges(wash, 0.8).repeat(3, -1), 0.8)
    wash = 1 - (1 - wash) * 0.72
    wash = wash * (1 - 0.45 * rims)
    rows, columns = _grid(picture.shape)
    height, width = picture.shape[:2]
    ripple = 5 * np.sin(rows / 7.0) + 5 * np.sin(columns / 9.0 + 1)
    margin = np.minimum(
        np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns)
    )
    paper = np.clip((margin + ripple - 4) / 8, 0, 1)[..., None].astype(np.float32)
    return _finish(wash * paper + 0.985 * (1 - paper))


def pixel_art(picture: Picture) -> Picture:
    """Squares of four pixels in a small palette."""
    height, width = picture.shape[:2]
    small = Image.fromarray(picture).resize((width // 4, height // 4), Image.Resampling.BOX)
    planes = np.round(_saturate(_planes(small), 1.25) * 5) / 5
    return _finish(planes.repeat(4, 0).repeat(4, 1))


def neon(picture: Picture) -> Picture:
    """Glowing coloured outlines on a dark night."""
    planes = _planes(picture)
    lines = np.clip(_blur(_edges(planes, 1.6).repeat(3, -1), 0.7) * 1.5, 0, 1)
    top = planes.max(-1, keepdims=True)
    low = planes.min(-1, keepdims=True)
    hue = np.clip((planes - low) / (top - low + 0.08), 0, 1) * 0.8 + np.array([0.2, 0.1, 0.3])
    glow = lines * hue.astype(np.float32)
    night = np.array([0.05, 0.02, 0.12], np.float32)
    return _finish(night + 0.12 * planes + glow + 0.9 * _blur(glow, 4))


def pencil_sketch(picture: Picture) -> Picture:
    """Graphite outlines and light hatching on off-white paper."""
    planes = _blur(_planes(picture), 0.7)
    grey = _luma(planes)
    lines = _edges(planes, 1.5)
    rows, columns = _grid(picture.shape)
    hatch = (0.5 + 0.5 * np.cos((rows + columns) * (2 * np.pi / 8)))[..., None]
    tone = 0.97 - 0.4 * (1 - grey) * (0.45 + 0.55 * hatch)
    sheet = tone * (1 - 0.8 * lines)
    return _finish((sheet * np.array([1.0, 0.99, 0.95])).astype(np.float32))


def mosaic(picture: Picture) -> Picture:
    """Glossy eight-pixel tiles between pale joints."""
    height, width = picture.shape[:2]
    small = Image.fromarray(picture).resize((width // 8, height // 8), Image.Resampling.BOX)
    planes = _saturate(_planes(small), 1.3).repeat(8, 0).repeat(8, 1)
    rows, columns = _grid(picture.shape)
    joint = ((rows % 8 == 0) | (columns % 8 == 0))[..., None]
    shine = 1.1 - 0.025 * ((rows % 8) + (columns % 8))[..., None]
    return _finish(np.where(joint, 0.82, planes * shine).astype(np.float32))


def noir(picture: Picture) -> Picture:
    """Hard black and white under a spotlight."""
    grey = _luma(_planes(picture))
    hard = 1 / (1 + np.exp(-9 * (grey - 0.5)))
    rows, columns = _grid(picture.shape)
    height, width = picture.shape[:2]
    far = ((rows / height - 0.5) ** 2 + (columns / width - 0.5) ** 2)[..., None]
    spot = np.clip(1.1 - 2.3 * far, 0, 1)
    return _finish((hard * spot).repeat(3, -1).astype(np.float32))


def pastel(picture: Picture) -> Picture:
    """Milky, soft and pale."""
    planes = _saturate(_blur(_planes(picture), 1.0), 0.75)
    milk = np.array([1.0, 0.955, 0.94], np.float32)
    return _finish(planes * 0.42 + milk * 0.58)


def comic(picture: Picture) -> Picture:
    """Few loud colours, black outlines and a dotted ground."""
    planes = _saturate(_planes(picture), 1.7)
    flat = np.round(planes * 3) / 3
    lines = np.clip((_edges(_blur(_planes(picture), 0.8), 1.9) - 0.35) * 2, 0, 1)
    rows, columns = _grid(picture.shape)
    near = ((rows % 8) - 3.5) ** 2 + ((columns % 8) - 3.5) ** 2
    dots = np.clip(3.2 - np.sqrt(near), 0, 1)[..., None] * 0.18
    return _finish((flat * (1 - dots) * (1 - lines)).astype(np.float32))


def blueprint(picture: Picture) -> Picture:
    """White drawing lines on blue squared paper."""
    planes = _planes(picture)
    lines = _edges(_blur(planes, 0.6), 1.5)
    rows, columns = _grid(picture.shape)
    ruled = ((rows % 16 == 0) | (columns % 16 == 0))[..., None] * 0.16
    ink = np.clip(lines + ruled + 0.14 * _luma(planes), 0, 1)
    blue = np.array([0.07, 0.22, 0.52], np.float32)
    return _finish((blue * (1 - ink) + np.array([0.93, 0.97, 1.0]) * ink).astype(np.float32))


def embroidery(picture: Picture) -> Picture:
    """Slanted stitches that catch the light, on cloth."""
    flat = Image.fromarray(picture).filter(ImageFilter.ModeFilter(5))
    planes = _saturate(_planes(flat), 0.9)
    rows, columns = _grid(picture.shape)
    phase = (rows + 2 * columns) % 8
    light = (0.74 + 0.36 * np.sin(np.pi * (phase + 0.5) / 8))[..., None]
    gap = 1 - 0.2 * (((columns - rows) % 16) == 0)[..., None]
    return _finish((planes * light * gap).astype(np.float32))


def vintage(picture: Picture) -> Picture:
    """A faded brown photograph with dark corners."""
    planes = _planes(ImageOps.autocontrast(Image.fromarray(picture), cutoff=1))
    grey = _luma(planes)
    brown = grey * np.array([0.98, 0.82, 0.58]) + np.array([0.06, 0.03, 0.0])
    toned = 0.85 * brown + 0.15 * planes
    rows, columns = _grid(picture.shape)
    height, width = picture.shape[:2]
    far = ((rows / height - 0.5) ** 2 + (columns / width - 0.5) ** 2)[..., None]
    return _finish((toned * (1.04 - 0.9 * far)).astype(np.float32))


def pop_art(picture: Picture) -> Picture:
    """Brightness as four flat loud colours."""
    grey = _luma(_blur(_planes(picture), 0.8))[..., 0]
    inks = np.array([[44, 20, 96], [226, 32, 120], [255, 142, 40], [255, 240, 110]], np.float32)
    steps = np.clip(grey * 4 - 0.5, 0, 3)
    low = np.floor(steps).astype(np.int64)
    part = np.clip((steps - low - 0.38) / 0.24, 0, 1)[..., None]
    mixed = inks[low] * (1 - part) + inks[np.minimum(low + 1, 3)] * part
    return _finish((mixed / 255).astype(np.float32))


STYLES: dict[str, Callable[[Picture], Picture]] = {
    "watercolor": watercolor,
    "pixel art": pixel_art,
    "neon": neon,
    "pencil sketch": pencil_sketch,
    "mosaic": mosaic,
    "noir": noir,
    "pastel": pastel,
    "comic": comic,
    "blueprint": blueprint,
    "embroidery": embroidery,
    "vintage": vintage,
    "pop art": pop_art,
}
"""Style names, as captions say them, and their filters."""


def apply_style(picture: Picture, style: str) -> Picture:
    """Return the picture in a style.

    Args:
        picture: RGB bytes, ``(height, width, 3)``, both sides divisible by 8.
        style: A key of `STYLES`.
    """
    return STYLES[style](picture)
