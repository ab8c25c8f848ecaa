"""Keeps the map up to date: new images are placed at once, all are laid out anew when it has grown."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gemrec.gallery.host import lay_out_elsewhere
from gemrec.gallery.layout import Floats, between, flatten
from gemrec.store import Places, Store

GROWTH = 1.3
"""How much larger than at the last full layout the map may become before the next one."""

ENOUGH = 10
"""Images on the map from which new ones are placed between them."""

Layout = Callable[[NDArray[np.float32], Callable[[], bool]], Floats]


class Cartographer:
    """Places images; one thread calls it, others read what it stores.

    Args:
        store: Vectors and places.
        encoder: Whose vectors.
        lay_out: Makes a full layout.
    """

    def __init__(self, store: Store, encoder: str, lay_out: Layout = lay_out_elsewhere) -> None:
        self._store = store
        self._encoder = encoder
        self._lay_out = lay_out

    def places(self) -> Places:
        """Every image on the map."""
        return self._store.image_places.all(self._encoder)

    def catch_up(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Place what has a vector and no place.

        Args:
            stopped: Asked now and then.

        Returns:
            How many images got a place, or another one.

        Raises:
            WorkerError: A full layout failed.
            StoreError: The database cannot be used.
        """
        fresh = self._store.image_places.unplaced(self._encoder)
        known = self.places()
        if not fresh and (known.layout or not len(known.ids)):
            return 0
        # People need not wait for the layout: new images are on the map at once, if roughly.
        placed = self._quickly(fresh, known) if fresh else 0
        if len(known.ids) + len(fresh) > GROWTH * known.layout:
            return self._everything(stopped)
        return placed

    def _quickly(self, fresh: Sequence[tuple[int, str]], known: Places) -> int:
        before = self._store.images.by_ids(known.ids.tolist())
        digests = [(int(i), before[int(i)].digest) for i in known.ids if int(i) in before]
        _, other = self._vectors(digests)
        if len(other) == len(known.ids) >= ENOUGH:
            ids, rows = self._vectors(fresh)
            xy = between(rows, other.astype(np.float64), known.xy)
        else:
            ids, rows = self._vectors(self._store.image_places.placeable(self._encoder))
            xy = flatten(rows)
        self._store.image_places.put(self._encoder, ids, xy, known.layout, replace_all=False)
        return len(ids)

    def _everything(self, stopped: Callable[[], bool]) -> int:
        ids, rows = self._vectors(self._store.image_places.placeable(self._encoder))
        xy = self._lay_out(rows, stopped)
        self._store.image_places.put(self._encoder, ids, xy, len(ids), replace_all=True)
        return len(ids)

    def _vectors(self, images: Sequence[tuple[int, str]]) -> tuple[list[int], NDArray[np.float32]]:
        """Ids of those of the images whose vector is there, and the vectors."""
        found = self._store.vectors.get(self._encoder, {digest for _, digest in images})
        held = [(image_id, digest) for image_id, digest in images if digest in found]
        rows = np.stack([found[digest] for _, digest in held]) if held else np.zeros((0, 1))
        return [image_id for image_id, _ in held], rows.astype(np.float32)
