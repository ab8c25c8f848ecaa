"""Recommendations for people: their settings applied, by words and by pictures.

Everything that a page or a command asks of a person's taste goes through here; what the votes say
comes from the snapshot, what the person says from the store.
"""

import base64
import io
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage
from PIL import ImageOps

from gemrec.catalog import Catalog
from gemrec.embedding import EmbeddingService
from gemrec.errors import InputError
from gemrec.preference import FeatureTable
from gemrec.ranking import Evidence
from gemrec.recommend.directions import Directions
from gemrec.recommend.pipeline import Steer, profile_of, recommend
from gemrec.recommend.profile import Leaning
from gemrec.recommend.refresher import Refresher
from gemrec.recommend.safety import SafetyWords
from gemrec.recommend.sketchbook import Sketchbook
from gemrec.recommend.steering import NamedAxis, name_axes
from gemrec.recommend.taste_map import MapPoint, map_models
from gemrec.recommend.words import axes, read_wishes
from gemrec.records import Image, Prompt, Recommendation, TasteSettings, Wish, WishKind
from gemrec.retrieval import Filters
from gemrec.store import Store

Array = NDArray[np.float64]
Floats32 = NDArray[np.float32]

STRENGTHS: Final = (0.0, 0.5, 1.0, 2.0)
"""What an axis can be set to: off, weaker, as learnt, stronger."""

MOST_WISHES: Final = 12
_THUMBNAIL: Final = 48  # pixels

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wished:
    """What became of a sentence.

    Attributes:
        added: Wishes that were understood.
        unknown: Those whose words the encoder does not know; they were not added.
    """

    added: tuple[Wish, ...]
    unknown: tuple[Wish, ...]


class Recommender:
    """Answers and settings of all people; safe to use from many threads.

    Args:
        store: Settings and vectors.
        catalog: The models.
        refresher: Knows the current snapshot.
        embeddings: Makes vectors of words and pictures.
        knows: Whether the encoder knows every word of a phrase.
        clock: Now, timezone-aware UTC.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        refresher: Refresher,
        embeddings: EmbeddingService,
        knows: Callable[[str], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._refresher = refresher
        self._embeddings = embeddings
        self._clock = clock
        self._directions = Directions(embeddings, knows)
        self._safety = SafetyWords(embeddings, knows)
        self._sketchbook = Sketchbook(store, embeddings.name)
        self._named: tuple[FeatureTable, tuple[str, ...], tuple[NamedAxis, ...]] | None = None

    def prepare(self) -> None:
        """Have the words of taste read in the background; returns at once."""
        self._directions.prepare()
        self._safety.prepare()

    def recommend(
        self,
        annotator_id: str | None,
        prompt: Prompt,
        prompt_vector: Floats32 | None,
        k: int,
        *,
        hidden: Collection[int] = (),
        filters: Filters | None = None,
        look_ahead: bool = False,
        settings: TasteSettings | None = None,
    ) -> Recommendation:
        """Both stages' answer from the current snapshot, see :func:`recommend`.

        Args:
            annotator_id: For whom; None for everybody.
            prompt: What they want to see.
            prompt_vector: (d,) its embedding, or None.
            k: Most models.
            hidden: Ids of images to leave out.
            filters: What models must fulfil; None lets all pass but unsafe ones.
            look_ahead: Also say what is worth running and how many votes are to go.
            settings: Instead of those that the person has set.
        """
        limits = filters or Filters()
        return recommend(
            self._refresher.current(),
            self._catalog,
            annotator_id,
            prompt,
            prompt_vector,
            k,
            hidden=hidden,
            filters=limits,
            steer_by=self._steer(self.settings(annotator_id) if settings is None else settings),
            evidence_of=partial(self._evidence, prompt, prompt_vector, limits.unsafe),
            look_ahead=look_ahead,
        )

    def settings(self, annotator_id: str | None) -> TasteSettings:
        """What a person has set."""
        return TasteSettings() if annotator_id is None else self._store.tastes.get(annotator_id)

    def profile(self, annotator_id: str | None) -> tuple[Leaning, ...]:
        """A person's taste in words, the clearest leanings first."""
        steer_by = self._steer(self.settings(annotator_id))
        return profile_of(self._refresher.current(), self._catalog, annotator_id, steer_by)

    def map_of(
        self, annotator_id: str | None, settings: TasteSettings | None = None
    ) -> tuple[MapPoint, ...]:
        """Every model on a plane where like pictures lie together, with the person's liking."""
        chosen = self.settings(annotator_id) if settings is None else settings
        return map_models(
            self._refresher.current(), self._catalog, annotator_id, self._steer(chosen)
        )

    def wish(self, annotator_id: str, text: str) -> Wished:
        """Add the wishes of a sentence to a person's settings.

        Raises:
            InputError: Nothing can be read from it, or there are too many wishes.
            EmbeddingError: The text tower cannot read it.
        """
        wished = self.understand(text)
        self._put(annotator_id, self.settings(annotator_id).with_wishes(*wished.added))
        return wished

    def understand(self, text: str) -> Wished:
        """Read the wishes of a sentence, without anybody's settings changing.

        Raises:
            InputError: Nothing can be read from it.
            EmbeddingError: The text tower cannot read it.
        """
        said = read_wishes(text)
        if not said:
            raise InputError(
                "words: got nothing that says what you like; try “more colourful, less cartoon”."
            )
        known = tuple(w for w in said if self._directions.is_known(w.what))
        for wish in known:
            self._directions.of(wish.what, wait=True)
        return Wished(known, tuple(w for w in said if w not in known))

    def wish_for_picture(
        self, annotator_id: str, picture: PILImage.Image, sign: int = 1
    ) -> tuple[tuple[str, float], ...]:
        """Wish for pictures like an example, and find the models that make such pictures.

        The picture itself is not kept, only its vector and a small thumbnail.

        Raises:
            InputError: There are too many wishes.
            EmbeddingError: It cannot be embedded.
        """
        wish = self.understand_picture(picture, sign)
        self._put(annotator_id, self.settings(annotator_id).with_wishes(wish))
        return self.models_like(picture)

    def understand_picture(self, picture: PILImage.Image, sign: int = 1) -> Wish:
        """A wish for pictures like an example, without anybody's settings changing.

        Raises:
            EmbeddingError: It cannot be embedded.
        """
        digest, _ = self._embeddings.picture_vector(picture)
        return Wish(WishKind.PICTURE, digest, sign, _thumbnail(picture))

    def models_like(self, picture: PILImage.Image) -> tuple[tuple[str, float], ...]:
        """The models on offer that make pictures like this one, best first, with their share."""
        return self._nearest(self._embeddings.picture_vector(picture)[1])

    def drop_wish(self, annotator_id: str, key: str) -> None:
        """Take one wish back."""
        self._put(annotator_id, self.settings(annotator_id).without_wish(key))

    def set_strength(self, annotator_id: str, axis: str, strength: float) -> None:
        """Set how much an axis of taste counts.

        Raises:
            InputError: No such axis, or no such strength.
        """
        if axis not in {known.id for known in axes()}:
            allowed = ", ".join(known.id for known in axes())
            raise InputError(f"axis: got {axis!r}; allowed: {allowed}")
        if strength not in STRENGTHS:
            raise InputError(f"strength: got {strength!r}; allowed: {STRENGTHS}")
        self._put(annotator_id, self.settings(annotator_id).with_strength(axis, strength))

    def undo(self, annotator_id: str) -> TasteSettings:
        """Take the last change of the settings back."""
        return self._store.tastes.undo(annotator_id, self._clock())

    def can_undo(self, annotator_id: str | None) -> bool:
        """Whether there is a change to take back."""
        return annotator_id is not None and self._store.tastes.can_undo(annotator_id)

    def reset(self, annotator_id: str) -> None:
        """Forget all settings; a change like any other, so it can be taken back."""
        self._put(annotator_id, TasteSettings())

    def _put(self, annotator_id: str, settings: TasteSettings) -> None:
        if len(settings.wishes) > MOST_WISHES:
            raise InputError(
                f"wishes: got {len(settings.wishes)}; allowed: {MOST_WISHES}. Remove one first."
            )
        self._store.tastes.put(annotator_id, settings, self._clock())

    def _steer(self, settings: TasteSettings) -> Steer:
        features = self._refresher.current().features
        return Steer(settings, self._direction, partial(self._axes, features))

    def _axes(self, features: FeatureTable, models: Sequence[str]) -> tuple[NamedAxis, ...]:
        """The named axes, kept until the pictures or the models on offer change."""
        kept = self._named
        if kept is not None and kept[0] is features and kept[1] == tuple(models):
            return kept[2]
        found = name_axes(features, models, self._directions.of)
        if found:
            self._named = (features, tuple(models), found)
        return found

    def _direction(self, wish: Wish) -> Array | None:
        """What a wish asks for; None as long as its vectors are not there."""
        if wish.kind is WishKind.WORDS:
            return self._directions.of(wish.what)
        vector = self._store.vectors.get(self._embeddings.name, [wish.what]).get(wish.what)
        mean = self._sketchbook.sketches(self._refresher.current().gallery).mean
        if vector is None or mean.shape != vector.shape:
            return None
        return vector.astype(np.float64) - mean

    def _nearest(self, vector: Floats32) -> tuple[tuple[str, float], ...]:
        sketches = self._sketchbook.sketches(self._refresher.current().gallery)
        if vector.shape != sketches.mean.shape:
            return ()
        every = sketches.nearest(vector, len(sketches.models))
        offered = {model.id for model in self._catalog.active()}
        return tuple((model_id, share) for model_id, share in every if model_id in offered)

    def _evidence(
        self,
        prompt: Prompt,
        prompt_vector: Floats32 | None,
        unguarded: bool,
        images: Sequence[Image],
    ) -> Evidence:
        """Vectors of the pictures, and of prompts and words to compare them with, where known."""
        if not images:
            return Evidence()
        gallery = self._refresher.current().gallery
        texts = [*{image.prompt for image in images}, *list(gallery.by_prompt)[:_PROMPTS]]
        prompts: Mapping[str, Floats32] = self._store.vectors.get_text(
            self._embeddings.name, dict.fromkeys(texts)
        )
        if prompt_vector is not None:
            prompts = {**prompts, prompt.text: prompt_vector}
        vectors = self._store.vectors.get(
            self._embeddings.name, dict.fromkeys(image.digest for image in images)
        )
        words = None if unguarded else self._safety.vectors()
        unsafe, safe = words or (None, None)
        return Evidence(vectors, prompts, unsafe, safe)


_PROMPTS: Final = 40  # prompts that a picture is compared with


def _thumbnail(picture: PILImage.Image) -> str:
    small = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), (_THUMBNAIL, _THUMBNAIL))
    kept = io.BytesIO()
    small.save(kept, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(kept.getvalue()).decode()}"
