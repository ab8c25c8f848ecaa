"""An encoder behind a process of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as PILImage

from gemrec.embedding.color import ColorEncoder
from gemrec.embedding.encoder import Encoder, EncoderOptions, Vectors
from gemrec.embedding.open_clip_encoder import OpenClipEncoder, model_name
from gemrec.errors import EmbeddingError
from gemrec.worker import WorkerProcess

BATCH = 16  # images per pass; small enough to look up between passes, large enough to be quick


@dataclass(frozen=True, slots=True)
class EncodeImages:
    """Files to encode; the child reads them, so that pixels need not travel."""

    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class EncodeTexts:
    """Texts to encode."""

    texts: tuple[str, ...]


class EncoderHandler:
    """The child's side. The encoder is loaded by the warm-up or by the first job."""

    def __init__(self, options: EncoderOptions) -> None:
        self._options = options
        self._encoder: Encoder | None = None

    def warm_up(self, cancelled: Callable[[], bool]) -> None:
        """Load the encoder and run it once on each kind of input."""
        encoder = self._ready()
        if not cancelled():
            encoder.encode_images([PILImage.new("RGB", (64, 64))])

    def handle(
        self, job: object, emit: Callable[[object], None], cancelled: Callable[[], bool]
    ) -> None:
        """Answer one job; emits one array per batch."""
        encoder = self._ready()
        if isinstance(job, EncodeTexts):
            emit(encoder.encode_texts(job.texts))
        elif isinstance(job, EncodeImages):
            for start in range(0, len(job.files), BATCH):
                if cancelled():
                    raise EmbeddingError("The embedding was cancelled.")
                files = job.files[start : start + BATCH]
                emit(encoder.encode_images([_open(file) for file in files]))
        else:
            raise EmbeddingError(f"A {type(job).__name__} is no embedding job.")

    def _ready(self) -> Encoder:
        if self._encoder is None:
            self._encoder = build_encoder(self._options)
        return self._encoder


def build_encoder(options: EncoderOptions) -> Encoder:
    """The encoder that ``options`` describe."""
    if options.kind == "scripted":
        return ColorEncoder(options)
    return OpenClipEncoder(options)


def encoder_name(options: EncoderOptions) -> str:
    """The name under which its vectors are kept, found without loading anything heavy."""
    return ColorEncoder.name if options.kind == "scripted" else model_name(options)


def build_handler(options: EncoderOptions) -> EncoderHandler:
    """The factory that the child calls."""
    return EncoderHandler(options)


class EncoderWorker:
    """Encodes in a child, one job after the other.

    Args:
        options: Which encoder.
        nice: How much lower the child's priority is, 0..19. The default leaves the cores to the
            models, which somebody is waiting for.
    """

    def __init__(self, options: EncoderOptions, nice: int = 12) -> None:
        self.name = encoder_name(options)
        self._process = WorkerProcess(
            "gemrec.embedding.host:build_handler", (options,), "embedding", nice
        )

    def start(self) -> None:
        """Start the child and its warm-up; returns at once."""
        self._process.start()

    def close(self) -> None:
        """Stop the child."""
        self._process.close()

    def images(self, files: Sequence[Path], timeout: float | None = None) -> Vectors:
        """Vectors of image files, shape (n, d).

        Args:
            files: What to encode.
            timeout: Seconds it may take once its turn has come.

        Raises:
            EmbeddingError: The encoder cannot be loaded or a file cannot be read.
            WorkerError: The process died or took too long.
        """
        return self._run(EncodeImages(tuple(files)), timeout)

    def texts(self, texts: Sequence[str], timeout: float | None = None) -> Vectors:
        """Vectors of texts, shape (n, d); arguments and errors as for :meth:`images`."""
        return self._run(EncodeTexts(tuple(texts)), timeout)

    def _run(self, job: EncodeImages | EncodeTexts, timeout: float | None) -> Vectors:
        batches = [
            batch for batch in self._process.run(job, timeout) if isinstance(batch, np.ndarray)
        ]
        return np.concatenate(batches) if batches else np.zeros((0, 0), np.float32)


def _open(file: Path) -> PILImage.Image:
    try:
        with PILImage.open(file) as image:
            return image.convert("RGB")
    except OSError as error:
        raise EmbeddingError(f"The image file {file.name} cannot be read: {error}") from error
