"""The worker's side of a build: makes one grid, looks at it, and sends files and scores."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image as PILImage

from gemrec.embedding import Encoder, EncoderOptions
from gemrec.embedding.encoder import Vectors
from gemrec.embedding.host import build_encoder
from gemrec.errors import GenerationError
from gemrec.generation import Backend, BackendOptions, GenerationJob
from gemrec.generation.host import StepDone, check_pictures
from gemrec.generation.registry import build_backend
from gemrec.images import encode_picture
from gemrec.ranking import prompt_match

TEXTS_KEPT = 512


@dataclass(frozen=True)
class MadeGrid:
    """A finished grid.

    Attributes:
        files: WebP files in the order of the seeds.
        safety: What a safety checker made of each, 0..1, more is safer; None where none looked.
        vectors: (n, d) unit vectors of the files.
        matches: (n,) raw prompt match.
        seconds: That the whole grid took.
    """

    files: tuple[bytes, ...]
    safety: tuple[float | None, ...]
    vectors: Vectors
    matches: tuple[float, ...]
    seconds: float


class Maker:
    """Answers generation jobs with finished grids; follows the worker's ``Handler``.

    Args:
        backend: Makes images.
        encoder: Builds what looks at them; called with the first job.
    """

    def __init__(self, backend: Backend, encoder: Callable[[], Encoder]) -> None:
        self._backend = backend
        self._build_encoder = encoder
        self._encoder: Encoder | None = None
        self._texts: OrderedDict[str, Vectors] = OrderedDict()

    def warm_up(self, cancelled: Callable[[], bool]) -> None:
        """Nothing: which model comes first is not known yet."""

    def handle(
        self, job: object, emit: Callable[[object], None], cancelled: Callable[[], bool]
    ) -> None:
        """Make one grid; emits ``StepDone`` and, last, ``MadeGrid``."""
        if not isinstance(job, GenerationJob):
            raise GenerationError(f"A {type(job).__name__} is no generation job.")
        started = time.monotonic()
        images = self._backend.generate(
            job, lambda step, steps: emit(StepDone(step, steps)), cancelled
        )
        check_pictures(images, job)
        seconds = time.monotonic() - started
        # The vectors are those of the files, as everybody who opens them will see them.
        files = tuple(encode_picture(drawn.image) for drawn in images)
        safety = tuple(drawn.safety for drawn in images)
        vectors = self._encode(files)
        matches = prompt_match(vectors, self._text(job.prompt))
        emit(MadeGrid(files, safety, vectors, tuple(map(float, matches)), seconds))

    def _encode(self, files: Sequence[bytes]) -> Vectors:
        return self._ready().encode_images(
            [PILImage.open(BytesIO(file)).convert("RGB") for file in files]
        )

    def _text(self, text: str) -> Vectors:
        if text not in self._texts:
            self._texts[text] = self._ready().encode_texts([text])[0]
            if len(self._texts) > TEXTS_KEPT:
                self._texts.popitem(last=False)
        self._texts.move_to_end(text)
        return self._texts[text]

    def _ready(self) -> Encoder:
        if self._encoder is None:
            self._encoder = self._build_encoder()
        return self._encoder


def build_maker(backend: str, options: BackendOptions, encoder: EncoderOptions) -> Maker:
    """The factory that workers call."""
    return Maker(build_backend(backend, options), lambda: build_encoder(encoder))
