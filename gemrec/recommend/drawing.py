"""Runs the models that are worth it for a prompt, and says what is there while they draw."""

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gemrec.embedding import EmbeddingService
from gemrec.errors import GemrecError
from gemrec.generation import GridFailed, GridImages, GridProgress, GridRequest, GridService
from gemrec.recommend.refresher import Refresher
from gemrec.records import Image, Model, Prompt

_SEED_LIMIT: Final = 2**31 - 64
_PATIENCE: Final = 3.0  # seconds to wait for the looks of new pictures; without, they come later
_POLL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Drawing:
    """How far the models are.

    Attributes:
        fraction: 0..1.
        message: What is happening, for people.
        images: All images so far, in the order in which they came.
        failures: Why a model makes no more, in words.
        news: Whether there are more images than last time.
        done: Whether this is the end.
    """

    fraction: float = 0.0
    message: str = ""
    images: tuple[Image, ...] = ()
    failures: tuple[str, ...] = ()
    news: bool = False
    done: bool = False


class Drawer:
    """Makes pictures for a recommendation; safe to use from many threads.

    Args:
        grids: Makes images, each once.
        embeddings: Looks at them.
        refresher: Takes them into the snapshot.
    """

    def __init__(
        self, grids: GridService, embeddings: EmbeddingService, refresher: Refresher
    ) -> None:
        self._grids = grids
        self._embeddings = embeddings
        self._refresher = refresher

    def draw(
        self,
        prompt: Prompt,
        models: Sequence[Model],
        seeds: Sequence[int],
        cancelled: Callable[[], bool],
    ) -> Iterator[Drawing]:
        """Let every model draw the prompt with every seed.

        A model that fails does not stop the others; what is there already is not made again.
        Closing the iterator stops the work.

        Args:
            prompt: What to draw.
            models: Who draws.
            seeds: The same for every model.
            cancelled: Asked several times a second.

        Raises:
            GenerationCancelledError: ``cancelled()`` said so; what was made stays.
        """
        so_far = Drawing(message="Getting ready")
        requests = [GridRequest(model, prompt, tuple(seeds)) for model in models]
        for event in self._grids.stream(requests, cancelled, pairwise=False):
            if isinstance(event, GridProgress):
                so_far = replace(so_far, fraction=event.fraction, message=event.message, news=False)
            elif isinstance(event, GridImages):
                added = tuple(image for image in event.images if image is not None)
                so_far = replace(so_far, images=(*so_far.images, *added), news=bool(added))
                self._refresher.nudge_images()
            elif isinstance(event, GridFailed):
                so_far = replace(so_far, failures=(*so_far.failures, event.reason), news=False)
            else:
                continue
            yield so_far
        yield replace(so_far, fraction=1.0, message="Looking at the pictures", news=False)
        self._look_at(prompt, so_far.images)
        yield replace(so_far, fraction=1.0, message="", news=True, done=True)

    def _look_at(self, prompt: Prompt, images: Sequence[Image]) -> None:
        """Embed what is new and wait a moment until the snapshot knows its looks."""
        try:
            self._embeddings.text_vector(prompt.text)
            self._embeddings.image_vectors(images)
        except GemrecError:
            return  # they count as their models' usual pictures
        self._refresher.nudge_images()
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            features = self._refresher.current().features
            if all(features.image(image.id) is not None for image in images):
                return
            time.sleep(_POLL)


def seeds_for(prompt: str, count: int) -> range:
    """Seeds that are the same whenever somebody asks for the same prompt."""
    start = zlib.crc32(prompt.encode()) % _SEED_LIMIT
    return range(start, start + count)
