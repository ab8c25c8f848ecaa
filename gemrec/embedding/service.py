"""Vectors of images and texts, each computed once and kept in the store."""

import contextlib
import hashlib
import itertools
import logging
import queue
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PIL import Image as PILImage
from PIL import ImageOps

from gemrec.embedding.encoder import Vectors
from gemrec.embedding.host import EncoderWorker
from gemrec.errors import EmbeddingError, GemrecError
from gemrec.images import ImageFiles
from gemrec.records import Image
from gemrec.store import Store

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 120.0  # for one job; 32 images take seconds

EXAMPLE_SIZE = 512  # longest side of an example picture, pixels; no encoder sees more

JOB_IMAGES = 32  # images per job of the encoder, so that a text waits for a second at most


@dataclass(frozen=True, slots=True, order=True)
class _Task:
    """Background work; texts go first, because a person may be waiting for theirs."""

    priority: int
    number: int
    work: Callable[[], object] = field(compare=False)
    then: Callable[[], None] = field(compare=False)


TEXT, IMAGES, LAST = range(3)  # priorities


def do_nothing() -> None:
    """What follows when nobody waits."""


class EmbeddingService:
    """Answers from the store when it can and from the encoder when it must.

    Safe to use from many threads.

    Args:
        worker: Where the encoder runs.
        store: Where vectors are kept, by encoder and by digest or text.
        images: Where image files are.
    """

    def __init__(self, worker: EncoderWorker, store: Store, images: ImageFiles) -> None:
        self.name = worker.name
        self._worker = worker
        self._store = store
        self._images = images
        self._tasks: queue.PriorityQueue[_Task] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def warm_up(self, after: Callable[[], None] | None = None) -> None:
        """Begin to load the encoder; returns at once.

        Args:
            after: Something to wait for first, so that the encoder's slow import does not take
                the cores from what a person is waiting for. Vectors asked for meanwhile start the
                encoder all the same.
        """
        if after is None:
            self._worker.start()
        else:
            threading.Thread(
                target=self._warm_up_after, args=(after,), name="embedding-warm-up", daemon=True
            ).start()

    def close(self) -> None:
        """Stop the background work and the encoder's process."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        self._worker.close()
        if thread is not None:
            self._tasks.put(_Task(LAST, next(self._numbers), do_nothing, do_nothing))
            thread.join()

    def image_vectors(self, images: Sequence[Image], wait: bool = True) -> dict[int, Vectors]:
        """Vectors of images by image id, each of shape (d,) and length 1.

        Args:
            images: Any images of the store.
            wait: Compute what is missing; otherwise leave it out.

        Raises:
            EmbeddingError: A vector cannot be computed.
            WorkerError: The encoder's process died.
        """
        digests = list(dict.fromkeys(image.digest for image in images))
        known = dict(self._store.vectors.get(self.name, digests))
        missing = [digest for digest in digests if digest not in known]
        if missing and wait:
            known |= self._encode_images(missing)
        return {image.id: known[image.digest] for image in images if image.digest in known}

    def text_vector(self, text: str, wait: bool = True) -> Vectors | None:
        """The vector of a text, of shape (d,) and length 1.

        Args:
            text: Usually a prompt.
            wait: Compute it if it is missing; otherwise answer None and compute it meanwhile.

        Raises:
            EmbeddingError: It cannot be computed.
            WorkerError: The encoder's process died.
        """
        known = self._store.vectors.get_text(self.name, [text])
        if text in known:
            return known[text]
        if wait:
            return self._encode_text(text)
        self._in_background(TEXT, lambda: self._encode_text(text), do_nothing)
        return None

    def text_vector_within(self, text: str, patience: float) -> Vectors | None:
        """The vector of a text, if it comes in good time.

        Args:
            text: Usually a prompt.
            patience: Seconds to wait.

        Returns:
            None when it takes longer or fails, which costs precision only; a late one is there for
            the next to ask.
        """
        known = self._store.vectors.get_text(self.name, [text])
        if text in known:
            return known[text]
        answer: Future[Vectors] = Future()

        def encode() -> None:
            try:
                answer.set_result(self._encode_text(text))
            except GemrecError as error:
                answer.set_exception(error)

        threading.Thread(target=encode, name="prompt-vector", daemon=True).start()
        try:
            return answer.result(patience)
        except TimeoutError:
            return None
        except GemrecError as error:
            log.warning("no vector for the prompt: %s", error)
            return None

    def picture_vector(self, picture: PILImage.Image) -> tuple[str, Vectors]:
        """The vector of a picture that somebody shows as an example; the picture is not kept.

        Args:
            picture: Any mode.

        Returns:
            A digest of its pixels, under which the vector is kept, and the vector.

        Raises:
            EmbeddingError: It cannot be computed.
            WorkerError: The encoder's process died.
        """
        plain = ImageOps.exif_transpose(picture).convert("RGB")
        plain.thumbnail((EXAMPLE_SIZE, EXAMPLE_SIZE))
        size = f"{plain.width}x{plain.height}"
        digest = hashlib.sha256(size.encode() + plain.tobytes()).hexdigest()
        known = self._store.vectors.get(self.name, [digest])
        if digest not in known:
            with tempfile.TemporaryDirectory(prefix="gemrec-") as folder:
                file = Path(folder) / "example.png"
                plain.save(file)
                rows = self._worker.images([file], TIMEOUT_SECONDS)
            known = {digest: rows[0]}
            self._store.vectors.put(self.name, known)
        return digest, known[digest]

    def embed_in_background(self, images: Sequence[Image], then: Callable[[], None]) -> None:
        """Compute missing vectors in a thread of its own, in batches.

        A failure is logged; the images stay without vectors until they are asked for again.

        Args:
            images: Any images of the store.
            then: Called in that thread after each batch of at most 32 images is stored.
        """
        for start in range(0, max(len(images), 1), JOB_IMAGES):
            batch = tuple(images[start : start + JOB_IMAGES])
            self._in_background(IMAGES, partial(self.image_vectors, batch), then)

    def _warm_up_after(self, wait: Callable[[], None]) -> None:
        # Without the other, or once this one is closed, there is nobody to be considerate of.
        with contextlib.suppress(GemrecError):
            wait()
            self._worker.start()

    def _encode_images(self, digests: Sequence[str]) -> dict[str, Vectors]:
        vectors: dict[str, Vectors] = {}
        for start in range(0, len(digests), JOB_IMAGES):
            batch = digests[start : start + JOB_IMAGES]
            files = [self._images.path(digest) for digest in batch]
            rows = self._worker.images(files, TIMEOUT_SECONDS)
            made = dict(zip(batch, rows, strict=True))
            self._store.vectors.put(self.name, made)
            vectors |= made
        return vectors

    def _encode_text(self, text: str) -> Vectors:
        rows = self._worker.texts([text], TIMEOUT_SECONDS)
        if len(rows) != 1:
            raise EmbeddingError(f"The encoder answered {len(rows)} vectors for one text.")
        vector: Vectors = rows[0]
        self._store.vectors.put_text(self.name, {text: vector})
        return vector

    def _in_background(
        self, priority: int, work: Callable[[], object], then: Callable[[], None]
    ) -> None:
        with self._lock:
            if self._closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve_tasks, name="embedding-tasks", daemon=True
                )
                self._thread.start()
            self._tasks.put(_Task(priority, next(self._numbers), work, then))

    def _serve_tasks(self) -> None:
        while True:
            task = self._tasks.get()
            if self._closed:
                return
            try:
                task.work()
                task.then()
            except GemrecError as error:
                if not self._closed:
                    log.warning("embedding in the background failed: %s", error)
            except Exception:
                log.exception("embedding in the background failed")
