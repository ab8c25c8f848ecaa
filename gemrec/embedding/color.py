"""An encoder that sees colours only: deterministic, at once, numpy alone. For tests."""

import hashlib
from collections.abc import Sequence

import numpy as np
from PIL import Image as PILImage

from gemrec.embedding.encoder import EncoderOptions, Vectors, unit_rows

LEVELS = 4  # per channel of the histogram
TILES = 4  # per side of the map of mean colours
WORD_NOISE = 0.1  # how much a word that is no colour moves a text

COLOURS = {
    "red": (220, 40, 40),
    "orange": (240, 150, 40),
    "yellow": (240, 220, 60),
    "green": (60, 170, 70),
    "blue": (50, 90, 220),
    "purple": (140, 60, 190),
    "pink": (240, 140, 190),
    "brown": (130, 85, 50),
    "black": (15, 15, 15),
    "white": (245, 245, 245),
    "gray": (128, 128, 128),
}


class ColorEncoder:
    """A colour histogram beside a coarse map of mean colours; follows ``Encoder``."""

    name = "scripted-color"
    dim = LEVELS**3 + TILES * TILES * 3

    def __init__(self, options: EncoderOptions | None = None) -> None:
        self.options = options or EncoderOptions(kind="scripted")

    def encode_images(self, images: Sequence[PILImage.Image]) -> Vectors:
        """Vectors of images, shape (n, dim), each of length 1."""
        if not images:
            return np.zeros((0, self.dim), np.float32)
        return unit_rows(np.stack([_describe(image) for image in images]))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """A text is the sum of plain images of its colour words and a little of each other word."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().replace(",", " ").split():
                row += self._word(word)
        return unit_rows(rows)

    def _word(self, word: str) -> Vectors:
        if word in COLOURS:
            return _describe(PILImage.new("RGB", (8, 8), COLOURS[word]))
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
        noise = np.random.default_rng(seed).standard_normal(self.dim)
        scaled: Vectors = (WORD_NOISE * noise / np.sqrt(self.dim)).astype(np.float32)
        return scaled


def _describe(image: PILImage.Image) -> Vectors:
    """Square roots of histogram shares, then mean colours minus grey, shape (dim,)."""
    pixels = np.asarray(image.convert("RGB").resize((32, 32), PILImage.Resampling.BOX))
    bins = (pixels.reshape(-1, 3).astype(int) * LEVELS // 256) @ (LEVELS**2, LEVELS, 1)
    histogram = np.sqrt(np.bincount(bins, minlength=LEVELS**3) / bins.size)
    size = 32 // TILES
    means = pixels.reshape(TILES, size, TILES, size, 3).mean(axis=(1, 3)) / 255 - 0.5
    joined: Vectors = np.concatenate([histogram, means.ravel() / TILES]).astype(np.float32)
    return joined
