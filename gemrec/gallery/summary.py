"""A person's podium: their best models overall and per category, and what a model costs."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from gemrec.catalog import Catalog
from gemrec.errors import InputError
from gemrec.preference import Asked
from gemrec.recommend import Record, Refresher, Snapshot, records_of
from gemrec.records import Image, Model
from gemrec.store import Store

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """One model on somebody's podium.

    Attributes:
        model: The catalog entry.
        score: Probability that the person prefers it to the average model, 0..1.
        low: Lower end of the 90% interval of ``score``.
        high: Upper end of the 90% interval of ``score``.
        learnt: Its place by ``score``, from 1, whatever order the person has made by hand.
        record: How it fared in the person's own comparisons.
        examples: Images that the person is expected to like best, best first.
    """

    model: Model
    score: float
    low: float
    high: float
    learnt: int
    record: Record
    examples: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Somebody's models, best first.

    Attributes:
        category: Of which prompts; empty for all.
        categories: Those that have images.
        places: The models.
        by_hand: Whether the order is one that the person has made.
        votes: Comparisons of the person that count.
    """

    category: str
    categories: tuple[str, ...]
    places: tuple[Place, ...]
    by_hand: bool
    votes: int


class Summarist:
    """Makes podiums; safe to use from several threads.

    Args:
        store: Orders that were made by hand.
        catalog: The models on offer.
        refresher: Knows what people like.
        unseen: Ids of images that a person may not see.
        clock: Now, timezone-aware UTC.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        refresher: Refresher,
        unseen: Callable[[str | None], Collection[int]],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._refresher = refresher
        self._unseen = unseen
        self._clock = clock

    def of(self, annotator_id: str | None, category: str = "") -> Summary:
        """A person's podium.

        Args:
            annotator_id: Whose; None for everybody's.
            category: Of which prompts; empty for all.

        Raises:
            InputError: No image has this category.
        """
        snapshot = self._refresher.current()
        gallery = snapshot.gallery
        categories = tuple(sorted({c for c in gallery.categories.values() if c}))
        if category and category not in categories:
            raise InputError(f"category: got {category!r}; allowed: {', '.join(categories)}")
        drawn = self._drawn(snapshot, annotator_id, category)
        models = [
            model
            for model in self._catalog.active()
            if model.id in snapshot.everybody.index and model.id in drawn
        ]
        if not models:
            return Summary(category, categories, (), False, 0)
        ids = [model.id for model in models]
        taste = snapshot.taste(annotator_id)
        scores = taste.score_models(ids, Asked(category))
        votes = tuple(v for v in snapshot.votes_of(annotator_id) if category in ("", v.category))
        records = records_of(votes)
        learnt = sorted(range(len(ids)), key=lambda i: -round(float(scores.score[i]), 9))
        places = {
            ids[i]: Place(
                models[i],
                float(scores.score[i]),
                float(scores.low[i]),
                float(scores.high[i]),
                rank,
                records.get(ids[i], Record()),
                self._examples(snapshot, annotator_id, drawn[ids[i]], ids),
            )
            for rank, i in enumerate(learnt, 1)
        }
        by_hand = () if annotator_id is None else self._store.podiums.order(annotator_id, category)
        order = [m for m in by_hand if m in places]
        order += [ids[i] for i in learnt if ids[i] not in set(order)]
        return Summary(
            category,
            categories,
            tuple(places[model_id] for model_id in order),
            bool(by_hand),
            len(votes),
        )

    def reorder(self, annotator_id: str, category: str, models: list[str]) -> None:
        """Keep an order that a person has made by hand; an empty one forgets it. Moves no vote.

        Raises:
            InputError: It names a model twice, or one that is not on the podium.
        """
        known = {place.model.id for place in self.of(annotator_id, category).places}
        if len(set(models)) < len(models) or not set(models) <= known:
            raise InputError(f"order: got {models!r}; allowed: each model of the podium once")
        self._store.podiums.put(annotator_id, category, models, self._clock())

    def _drawn(
        self, snapshot: Snapshot, annotator_id: str | None, category: str
    ) -> dict[str, list[Image]]:
        """The images that may be seen, by model."""
        unseen = self._unseen(annotator_id)
        drawn: dict[str, list[Image]] = {}
        for images in snapshot.gallery.by_prompt.values():
            for image in images:
                if category in ("", image.category):
                    held = drawn.setdefault(image.model_id, [])
                    if image.id not in unseen:
                        held.append(image)
        return drawn

    def _examples(
        self, snapshot: Snapshot, annotator_id: str | None, images: list[Image], models: list[str]
    ) -> tuple[Image, ...]:
        """The newest images of a model in the person's order, each of another prompt."""
        recent = list({image.prompt: image for image in images[-60:]}.values())
        if not recent:
            return ()
        scores = snapshot.taste(annotator_id).score_images(recent, models).score
        order = sorted(range(len(recent)), key=lambda i: -round(float(scores[i]), 9))
        return tuple(recent[i] for i in order[:_EXAMPLES])
