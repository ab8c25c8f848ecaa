"""Follows the generated images and what they look like, without making votes wait."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future

from gemrec.preference import FeatureTable, build_features, guess_looks
from gemrec.preference.features import Floats32
from gemrec.recommend.gallery import Gallery
from gemrec.recommend.rest import Rest
from gemrec.records import Image
from gemrec.store import Store


class Looks:
    """The gallery and the features of its images; one owner calls it, others get its values.

    Args:
        store: Where images and vectors are.
        encoder_name: Whose vectors to use.
        tags: Words that describe each model, by which those without pictures are guessed.
        done: Called from another thread when features that were made there can be fetched.
    """

    def __init__(
        self,
        store: Store,
        encoder_name: str,
        tags: Mapping[str, Collection[str]],
        done: Callable[[], None],
    ) -> None:
        self.gallery = Gallery()
        self.features = FeatureTable()
        self._store = store
        self._encoder_name = encoder_name
        self._tags = tags
        self._done = done
        self._vectors: dict[str, Floats32] = {}
        self._stale = False
        self._job: Future[FeatureTable] | None = None
        self._rest = Rest()

    def read(self) -> bool:
        """Read new images and the vectors that are there; never waits for missing ones.

        Returns:
            Whether there are new images.

        Raises:
            StoreError: The database cannot be read.
        """
        fresh = self._store.images.after(self.gallery.last_image_id)
        gallery = self.gallery.with_images(fresh)
        missing = {image.digest for image in gallery.images()} - self._vectors.keys()
        found = self._store.vectors.get(self._encoder_name, sorted(missing))
        self.gallery = gallery
        self._stale |= bool(found) or any(image.digest in self._vectors for image in fresh)
        self._vectors.update(found)
        return bool(fresh)

    def settle(self, executor: Executor | None) -> bool:
        """Bring the features up to date with what was read.

        Args:
            executor: Where to make them; the call then returns at once and ``done`` tells when to
                call again. None makes them here and now.

        Returns:
            Whether there are new features.
        """
        if executor is None:
            stale = self._stale or self._job is not None
            self._stale, self._job = False, None
            if stale:
                self.features = self._build(self.gallery.images(), self._vectors)
            return stale
        fetched = False
        if self._job is not None and self._job.done():
            job, self._job = self._job, None
            self.features = job.result()
            fetched = True
        if self._stale and self._job is None and self._rest.is_over:
            self._stale = False
            self._job = executor.submit(
                self._build_aside, self.gallery.images(), dict(self._vectors)
            )
            self._job.add_done_callback(lambda _: self._done())
        return fetched

    def _build_aside(
        self, images: Sequence[Image], vectors: Mapping[str, Floats32]
    ) -> FeatureTable:
        with self._rest.after():
            return self._build(images, vectors)

    def _build(self, images: Sequence[Image], vectors: Mapping[str, Floats32]) -> FeatureTable:
        return guess_looks(build_features(images, vectors), self._tags)
