"""Vectors by an open_clip model."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PILImage

from gemrec.embedding.encoder import EncoderOptions, Vectors
from gemrec.errors import EmbeddingError, GemrecError

LOCAL = "local-dir:"
SAMPLE_BYTES = 1 << 20  # of each end of a weights file: enough to tell two trainings apart


class OpenClipEncoder:
    """Any model that open_clip can load with its weights; follows ``Encoder``.

    Raises:
        EmbeddingError: The model cannot be loaded; the message says why.
    """

    def __init__(self, options: EncoderOptions) -> None:
        self.name = model_name(options)
        try:
            self._load(options)
        except GemrecError:
            raise
        except Exception as error:  # the libraries below raise whatever they like
            raise EmbeddingError(
                f"The open_clip model {options.model!r} cannot be loaded: "
                f"{type(error).__name__}: {error}"
            ) from error
        self.dim = int(self._encode_texts(["a"]).shape[1])

    def _load(self, options: EncoderOptions) -> None:
        import open_clip
        import torch

        if options.threads:
            torch.set_num_threads(options.threads)
        self._device = "cpu"
        if options.device != "cpu" and torch.cuda.is_available():
            self._device = "cuda"
        # Not create_model_and_transforms: that one goes on with random weights if there are none.
        model, preprocess = open_clip.create_model_from_pretrained(
            options.model, pretrained=options.pretrained, device=self._device
        )
        self._model: Any = model.eval()
        self._preprocess: Any = preprocess
        self._tokenize: Any = open_clip.get_tokenizer(options.model)

    def encode_images(self, images: Sequence[PILImage.Image]) -> Vectors:
        """Vectors of images, shape (n, dim), each of length 1."""
        if not images:
            return np.zeros((0, self.dim), np.float32)

        import torch

        batch = torch.stack([self._preprocess(image.convert("RGB")) for image in images])
        with torch.inference_mode():
            vectors = self._model.encode_image(batch.to(self._device), normalize=True)
        return np.asarray(vectors.float().cpu().numpy(), np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts, shape (n, dim), each of length 1."""
        return self._encode_texts(texts) if texts else np.zeros((0, self.dim), np.float32)

    def _encode_texts(self, texts: Sequence[str]) -> Vectors:
        import torch

        tokens = self._tokenize(list(texts)).to(self._device)
        with torch.inference_mode():
            vectors = self._model.encode_text(tokens, normalize=True)
        return np.asarray(vectors.float().cpu().numpy(), np.float32)


def model_name(options: EncoderOptions) -> str:
    """A name that changes whenever the vectors do, made without loading anything.

    Vectors of different weights must never be compared, so a local folder's name carries a digest
    of its configuration and of a sample of its weights.
    """
    if not options.model.startswith(LOCAL):
        return f"open_clip:{options.model}" + (f":{options.pretrained}" * bool(options.pretrained))
    folder = Path(options.model.removeprefix(LOCAL))
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*")):
        if file.suffix in (".json", ".safetensors", ".bin", ".pt", ".txt"):
            digest.update(f"{file.name} {file.stat().st_size}".encode())
            digest.update(_sample(file))
    return f"open_clip:{folder.name}@{digest.hexdigest()[:12]}"


def _sample(file: Path) -> bytes:
    with file.open("rb") as stream:
        start = stream.read(SAMPLE_BYTES)
        stream.seek(max(0, file.stat().st_size - SAMPLE_BYTES))
        return start + stream.read()
