"""Encoded training pictures, kept on disk in chunks, so that no codec runs in the training loop."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemrec.pocket.training import draw_many, say
from gemrec.pocket.vae import encode
from gemrec.pocket.world import Mixture, Scene, rng_for, sample_scene

CHUNK = 4_000
"""Pictures in one chunk, unless a small budget asks for less."""


def chunk_scenes(chunk: int, mixture: Mixture | None = None, count: int = CHUNK) -> list[Scene]:
    """Return the scenes of a chunk, always the same for the same number.

    Args:
        chunk: Number of the chunk, which is its seed in the split ``latents``.
        mixture: How often pairs and styles occur; the usual mixture if None.
        count: Number of scenes.
    """
    rng = rng_for("latents", chunk)
    return [sample_scene(rng, mixture) for _ in range(count)]


def encode_scenes(vae: Any, scenes: list[Scene], device: str = "cpu") -> NDArray[np.float16]:
    """Draw and encode scenes, ``(n, channels, 16, 16)``, a few at a time."""
    parts = [
        encode(vae, draw_many(scenes[start : start + 100]), device)
        for start in range(0, len(scenes), 100)
    ]
    return np.concatenate(parts)


def write_chunks(
    out: Path, vae: Any, chunks: range, device: str = "cpu", count: int = CHUNK
) -> None:
    """Encode the chunks that are not on disk yet, each written whole or not at all.

    Args:
        out: Working folder.
        vae: The codec.
        chunks: Numbers of the chunks.
        device: ``cpu`` or ``cuda``.
        count: Pictures in each chunk.
    """
    folder = out / "latents"
    folder.mkdir(parents=True, exist_ok=True)
    for chunk in chunks:
        path = folder / f"{chunk:04d}.npy"
        if not path.is_file():
            partial = folder / f".{chunk:04d}.partial.npy"
            np.save(partial, encode_scenes(vae, chunk_scenes(chunk, count=count), device))
            partial.replace(path)
            say(f"latents chunk {chunk} of {chunks.stop}")


class LatentStore:
    """The chunks on disk, read as they appear.

    Args:
        out: Working folder that holds ``latents``.
    """

    def __init__(self, out: Path) -> None:
        self._folder = out / "latents"
        self._latents: dict[int, NDArray[np.float16]] = {}
        self._scenes: dict[int, list[Scene]] = {}
        self.refresh()

    @property
    def size(self) -> int:
        """Number of pictures on hand."""
        return sum(map(len, self._latents.values()))

    def refresh(self) -> None:
        """Read chunks that were written since the last look."""
        for path in sorted(self._folder.glob("[0-9]*.npy")):
            chunk = int(path.stem)
            if chunk not in self._latents:
                self._latents[chunk] = np.load(path)
                self._scenes[chunk] = chunk_scenes(chunk, count=len(self._latents[chunk]))

    def sample(
        self, rng: np.random.Generator, count: int
    ) -> tuple[NDArray[np.float32], list[Scene]]:
        """Return random latents ``(count, channels, 16, 16)`` and their scenes."""
        chunks = sorted(self._latents)
        chosen = [chunks[number] for number in rng.integers(len(chunks), size=count)]
        picks = [(chunk, rng.integers(len(self._latents[chunk]))) for chunk in chosen]
        latents = np.stack([self._latents[chunk][row] for chunk, row in picks])
        return latents.astype(np.float32), [self._scenes[chunk][row] for chunk, row in picks]
