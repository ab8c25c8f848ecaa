"""What turns images and texts into vectors: the protocol and its options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

Vectors = NDArray[np.float32]
EncoderKind = Literal["open_clip", "scripted"]


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """Which encoder runs, and how.

    Attributes:
        kind: ``open_clip``, or ``scripted`` for tests.
        model: What open_clip calls a model: ``local-dir:FOLDER``, ``hf-hub:ORG/REPO`` or a name.
        pretrained: Weights of a model given by name, such as ``laion2b_s34b_b79k``.
        device: Where it runs; ``auto`` takes the GPU when there is one.
        threads: CPU threads; 0 means all cores.
    """

    kind: EncoderKind = "open_clip"
    model: str = ""
    pretrained: str | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 0


class Encoder(Protocol):
    """Maps images and texts into one space where the dot product is the cosine."""

    name: str
    dim: int

    def encode_images(self, images: Sequence[PILImage.Image]) -> Vectors:
        """Vectors of images, shape (n, dim), each of length 1."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts, shape (n, dim), each of length 1."""


def unit_rows(rows: NDArray[np.floating]) -> Vectors:
    """Rows scaled to length 1, shape (n, d); a row of zeros stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled
