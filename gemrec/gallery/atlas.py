"""Thumbnails of many images in one picture each, so that a map of thousands needs few requests."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from io import BytesIO
from threading import Lock
from typing import Final

from PIL import Image as PILImage

from gemrec.errors import GemrecError
from gemrec.images import ImageFiles

TILE: Final = 40
"""Pixels of a thumbnail's side."""

ACROSS: Final = 25
"""Thumbnails beside each other."""

SHEET: Final = ACROSS * ACROSS
"""Thumbnails on one sheet."""

_KEPT = 64  # sheets in memory; about 200 KB each


class Atlas:
    """Sheets of thumbnails; safe to use from several threads.

    A sheet's name says what is on it, so a browser may keep it for ever, and an image that must not
    be seen is simply on no sheet.

    Args:
        files: The image files.
    """

    def __init__(self, files: ImageFiles) -> None:
        self._files = files
        self._lock = Lock()
        self._asked: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._made: OrderedDict[str, bytes] = OrderedDict()

    def names(self, digests: Sequence[str]) -> tuple[str, ...]:
        """Names of the sheets that hold these images in this order, ``SHEET`` on each."""
        named = []
        for start in range(0, len(digests), SHEET):
            on_it = tuple(digests[start : start + SHEET])
            name = hashlib.sha256("".join(on_it).encode()).hexdigest()[:32]
            named.append(name)
            with self._lock:
                self._asked[name] = on_it
                self._asked.move_to_end(name)
        with self._lock:
            while len(self._asked) > max(_KEPT * 8, 2 * len(named)):
                self._asked.popitem(last=False)
        return tuple(named)

    def sheet(self, name: str) -> bytes | None:
        """One sheet as WebP; None when nobody has been told this name."""
        with self._lock:
            digests, made = self._asked.get(name), self._made.get(name)
        if digests is None or made is not None:
            return made
        made = self._draw(digests)
        with self._lock:
            self._made[name] = made
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made

    def _draw(self, digests: Sequence[str]) -> bytes:
        rows = -(-len(digests) // ACROSS)
        sheet = PILImage.new("RGB", (TILE * ACROSS, TILE * rows), (128, 128, 128))
        for slot, digest in enumerate(digests):
            try:
                picture = self._files.open(digest)
            except GemrecError:  # a file that is missing leaves its place grey
                continue
            side = min(picture.size)
            left, top = (picture.width - side) // 2, (picture.height - side) // 2
            tile = picture.crop((left, top, left + side, top + side)).resize(
                (TILE, TILE), PILImage.Resampling.BOX
            )
            sheet.paste(tile, (TILE * (slot % ACROSS), TILE * (slot // ACROSS)))
        buffer = BytesIO()
        sheet.save(buffer, "WEBP", quality=80, method=0)
        return buffer.getvalue()
