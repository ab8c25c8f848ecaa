"""Batches that fit: when memory runs out, the batch is halved, down to one image at a time."""

import logging
from collections.abc import Callable, Hashable, Sequence

from gemrec.errors import GenerationError
from gemrec.generation.backend import Drawn

log = logging.getLogger(__name__)

Make = Callable[[Sequence[int]], list[Drawn]]


class Batches:
    """Makes images in the largest batches that have fitted so far.

    Args:
        release: Frees what can be freed without spoiling the pipeline that runs; returns whether
            another try at the same size may help.
    """

    def __init__(self, release: Callable[[], bool]) -> None:
        self._release = release
        self._limits: dict[Hashable, int] = {}

    def make(self, key: Hashable, name: str, seeds: Sequence[int], make: Make) -> list[Drawn]:
        """All images, in the order of ``seeds``.

        Args:
            key: What has the same appetite for memory: a pipeline and a size of image.
            name: Of the model, for messages.
            seeds: One per image; an image depends on its own seed only, so batches may differ.
            make: Makes one batch.

        Raises:
            GenerationError: Not even one image fits.
        """
        images: list[Drawn] = []
        while len(images) < len(seeds):
            limit = self._limits.get(key, len(seeds))
            batch = seeds[len(images) : len(images) + limit]
            failure: Exception | None = None
            try:
                images += make(batch)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                # Its traceback holds what the batch had in memory; nothing could be freed beside it.
                failure = error.with_traceback(None)
            if failure is not None:
                self._shrink(key, name, len(batch), failure)
        return images

    def _shrink(self, key: Hashable, name: str, size: int, error: Exception) -> None:
        freed = self._release()
        if size > 1:
            self._limits[key] = size // 2
            log.warning(
                "%s ran out of memory with %d images at once; trying %d", name, size, size // 2
            )
        elif not freed:
            raise GenerationError(
                f"{name} ran out of memory with a single image; choose a smaller size in the "
                "catalog, close other programs, or use a machine with more memory."
            ) from error
        else:
            log.warning("%s ran out of memory; other models were dropped, trying again", name)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that the device or the host has no memory left."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    # torch.OutOfMemoryError on a GPU; the CPU allocator raises a plain RuntimeError.
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text
    )
