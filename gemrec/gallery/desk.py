"""The gallery's whole service: what the page and the commands ask for."""

import logging
import threading
from collections.abc import Callable, Collection, Sequence

import numpy as np

from gemrec.catalog import Catalog
from gemrec.errors import GemrecError, InputError
from gemrec.gallery.browse import Browse, Page, Shelf
from gemrec.gallery.columns import ColumnKeeper, Columns, Floats
from gemrec.gallery.liking import Liking
from gemrec.gallery.mapping import Cartographer
from gemrec.gallery.scoring import ScoredImage, Scorer
from gemrec.ranking import KINDS, Weights, combine, popularity
from gemrec.recommend import Refresher
from gemrec.store import Store

ENOUGH_REPORTS = 3
"""From so many reports of different people on, an image is shown to nobody."""

_LOOK_SECONDS = 60.0  # between looks at a database that other processes may fill

log = logging.getLogger(__name__)


class GalleryDesk:
    """Scores and pages of all images; safe to use from several threads.

    Args:
        store: Images and scores.
        catalog: Names and downloads of the models.
        refresher: Knows what people like.
        scorer: Measures images.
        hidden: Ids of images that nobody may see now.
        cartographer: Places images on the map.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        refresher: Refresher,
        scorer: Scorer,
        hidden: Callable[[], Collection[int]],
        cartographer: Cartographer,
    ) -> None:
        self.cartographer = cartographer
        self._store = store
        self._catalog = catalog
        self._scorer = scorer
        self._hidden = hidden
        self._keeper = ColumnKeeper(store)
        self._liking = Liking(refresher, catalog)
        self._working = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Measure images in the background as they come; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="gallery", daemon=True)
            self._thread.start()

    def nudge(self) -> None:
        """Say that there are new vectors."""
        self._wake.set()

    def catch_up(self) -> None:
        """Measure and place what has come, and wait until that is done.

        Raises:
            GemrecError: The prompt cannot be embedded, the layout failed, or the database cannot be
                used.
        """
        with self._working:
            self._keeper.current()  # so that the first page need not wait for all of it
            self._scorer.catch_up(self._closing.is_set)
            self.cartographer.catch_up(self._closing.is_set)

    def close(self) -> None:
        """Stop the background work."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def shelf(self, annotator_id: str | None = None, *, liking: bool = False) -> Shelf:
        """All images as one person sees them.

        Args:
            annotator_id: For whom; None for everybody.
            liking: Whether what the person is expected to like is needed, which takes longer.
        """
        columns = self._keeper.current()
        names, downloads = self._models(columns)
        preference = self._liking.of(annotator_id, columns) if liking else None
        return Shelf(
            columns, names, downloads[columns.models], preference, self.unseen(annotator_id)
        )

    def unseen(self, annotator_id: str | None) -> frozenset[int]:
        """Ids of images that a person may not see, or does not want to.

        They are those of open blind battles, and those that this person or several people have
        reported.
        """
        reported = self._store.picks.reported(annotator_id, ENOUGH_REPORTS)
        return frozenset(self._hidden()) | reported

    def browse(self, wanted: Browse, annotator_id: str | None = None) -> tuple[Page, Shelf]:
        """A page of images, and the shelf from which it was taken."""
        shelf = self.shelf(annotator_id, liking=wanted.weights.preference > 0)
        return shelf.browse(wanted), shelf

    def images(self, shelf: Shelf, page: Page) -> tuple[ScoredImage, ...]:
        """What is on a page, read from the database."""
        return self._describe(shelf, page.places, page.scores)

    def describe(self, shelf: Shelf, image_ids: Sequence[int]) -> tuple[ScoredImage, ...]:
        """Images by id, as far as they may be seen, with the scores of the usual weights."""
        places = shelf.columns.places(np.array(image_ids, np.int64))
        places = places[shelf.visible()[places]]
        scores = combine(shelf.normalised[places], Weights())
        return self._describe(shelf, places.tolist(), scores.tolist())

    def score(
        self, prompt: str, weights: Weights, annotator_id: str | None = None
    ) -> tuple[ScoredImage, ...]:
        """Measure all images of a prompt and put them in order, best first.

        Raises:
            InputError: There is no image of this prompt.
            EmbeddingError: An image or the prompt cannot be embedded.
            WorkerError: The encoder's process died.
        """
        if not self._scorer.score(prompt):
            raise InputError(
                f"prompt: got {prompt!r}, for which there are no images; make some first with "
                "`python -m gemrec generate`"
            )
        shelf = self.shelf(annotator_id, liking=True)
        rows = np.flatnonzero(shelf.columns.prompts == shelf.columns.texts.index(prompt))
        rows = rows[shelf.visible()[rows]]
        scores = combine(shelf.normalised[rows], weights)
        order = np.argsort(-np.round(scores, 9), kind="stable")
        return self._describe(shelf, rows[order].tolist(), scores[order].tolist())

    def _describe(
        self, shelf: Shelf, places: Sequence[int], scores: Sequence[float]
    ) -> tuple[ScoredImage, ...]:
        columns = shelf.columns
        found = self._store.images.by_ids([int(columns.ids[place]) for place in places])
        normalised = shelf.normalised
        described = []
        for place, score in zip(places, scores, strict=True):
            image = found.get(int(columns.ids[place]))
            if image is None:
                continue
            match, unlike, safety = columns.measured[place]
            liked = np.nan if shelf.preference is None else shelf.preference[place]
            raw = (match, unlike, shelf.popularity[place], safety, liked)
            described.append(
                ScoredImage(
                    image,
                    {
                        k: float(v) if np.isfinite(v) else None
                        for k, v in zip(KINDS, raw, strict=True)
                    },
                    dict(zip(KINDS, map(float, normalised[place]), strict=True)),
                    float(score),
                )
            )
        return tuple(described)

    def _models(self, columns: Columns) -> tuple[tuple[str, ...], Floats]:
        models = [self._catalog.models.get(model_id) for model_id in columns.model_ids]
        names = tuple(
            model_id if model is None else model.name
            for model_id, model in zip(columns.model_ids, models, strict=True)
        )
        return names, popularity([0 if model is None else model.downloads for model in models])

    def _work(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                self.catch_up()
            except GemrecError as error:
                if not self._closing.is_set():
                    log.warning("images cannot be scored: %s", error)
            except Exception:
                log.exception("images cannot be scored")
            self._wake.wait(_LOOK_SECONDS)
