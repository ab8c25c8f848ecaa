"""What people do in the gallery besides looking: choose, report, send to a ranking."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gemrec.arena import Arena
from gemrec.errors import InputError
from gemrec.gallery.desk import GalleryDesk
from gemrec.records import Image
from gemrec.store import Store

MOST_PICKS = 200
REASONS = ("unsafe", "broken", "not the prompt", "other")


class Choices:
    """A person's chosen images; safe to use from several threads.

    Args:
        store: Where choices and reports are kept.
        desk: Knows what may be seen.
        arena: Opens rankings.
        clock: Now, timezone-aware UTC.
    """

    def __init__(
        self, store: Store, desk: GalleryDesk, arena: Arena, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._desk = desk
        self._arena = arena
        self._clock = clock

    def of(self, annotator_id: str | None) -> tuple[int, ...]:
        """Ids of the images that a person has chosen and may see, in the order of choosing."""
        if annotator_id is None:
            return ()
        unseen = self._desk.unseen(annotator_id)
        return tuple(i for i in self._store.picks.of(annotator_id) if i not in unseen)

    def choose(self, annotator_id: str, image_ids: Sequence[int]) -> None:
        """Choose images.

        Raises:
            InputError: One may not be seen or is not there, or there would be too many.
        """
        self._check_seen(annotator_id, image_ids)
        held = set(self._store.picks.of(annotator_id)) | set(image_ids)
        if len(held) > MOST_PICKS:
            raise InputError(f"selection: got {len(held)} images; allowed: {MOST_PICKS}")
        self._store.picks.add(annotator_id, image_ids, self._clock())

    def drop(self, annotator_id: str, image_ids: Sequence[int]) -> None:
        """Choose images no longer."""
        self._store.picks.drop(annotator_id, image_ids)

    def report(self, annotator_id: str, image_id: int, reason: str) -> None:
        """Report an image: this person sees it no more, and the owner learns of it.

        Raises:
            InputError: No such reason or image.
        """
        if reason not in REASONS:
            raise InputError(f"reason: got {reason!r}; allowed: {', '.join(REASONS)}")
        self._check_seen(annotator_id, [image_id])
        self._store.picks.report(annotator_id, image_id, reason, self._clock())
        self._store.picks.drop(annotator_id, [image_id])

    def rank(self, annotator_id: str) -> None:
        """Open a comparison of the chosen images in the Arena, where it waits for its vote.

        Raises:
            InputError: They are not 2 to 8 images of one prompt by different models.
        """
        wanted = self.of(annotator_id)
        found = self._store.images.by_ids(wanted)
        self._arena.compare(annotator_id, [found[i] for i in wanted if i in found])

    def _check_seen(self, annotator_id: str, image_ids: Sequence[int]) -> None:
        unseen = self._desk.unseen(annotator_id)
        there: dict[int, Image] = self._store.images.by_ids(list(image_ids))
        for image_id in image_ids:
            if image_id in unseen or image_id not in there:
                raise InputError(f"image: got {image_id}; allowed: one that the gallery shows")
