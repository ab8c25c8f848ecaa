"""The models' sketches, made when somebody first asks by a picture, and again when there are more."""

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gemrec.recommend.gallery import Gallery
from gemrec.retrieval import Sketches, sketch_models
from gemrec.store import Store

Floats32 = NDArray[np.float32]

_PICTURES = 200  # per model; more do not change a sketch of ten points


class Sketchbook:
    """Keeps the sketches of one gallery; safe to share between threads.

    Args:
        store: Where vectors are.
        encoder_name: Whose vectors to use.
    """

    def __init__(self, store: Store, encoder_name: str) -> None:
        self._store = store
        self._encoder_name = encoder_name
        self._lock = threading.Lock()
        self._made: tuple[int, Sketches] | None = None

    def sketches(self, gallery: Gallery) -> Sketches:
        """The sketches of every model with embedded pictures.

        Raises:
            StoreError: The database cannot be read.
        """
        with self._lock:
            if self._made is None or self._made[0] != gallery.last_image_id:
                made = sketch_models(self._vectors(gallery))
                # Vectors may still be missing; then the next question looks again.
                self._made = (gallery.last_image_id if self._complete else -1, made)
            return self._made[1]

    def _vectors(self, gallery: Gallery) -> Mapping[str, list[Floats32]]:
        by_model: dict[str, list[str]] = {}
        for image in gallery.images():
            by_model.setdefault(image.model_id, []).append(image.digest)
        chosen = {m: found[:: -(-len(found) // _PICTURES)] for m, found in by_model.items()}
        wanted = {digest for digests in chosen.values() for digest in digests}
        vectors = self._store.vectors.get(self._encoder_name, wanted)
        self._complete = len(vectors) == len(wanted)
        return {m: [vectors[d] for d in found if d in vectors] for m, found in chosen.items()}
