"""Both stages in a row: models worth running, then the pictures that they made."""

import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.catalog import Catalog
from gemrec.preference import Asked, Taste
from gemrec.ranking import Evidence, rank_images
from gemrec.recommend.profile import Leaning, read_profile
from gemrec.recommend.reasons import Circumstances, Reason, find_reasons
from gemrec.recommend.snapshot import Snapshot
from gemrec.recommend.steering import NamedAxis, Steered, fulfilled, steer
from gemrec.recommend.telling import in_detail, in_words
from gemrec.recommend.votes_to_go import votes_to_go
from gemrec.records import (
    Image,
    Knowledge,
    Prompt,
    RankedModel,
    Recommendation,
    TasteSettings,
    Wish,
)
from gemrec.retrieval import (
    EVERYTHING,
    Filters,
    Shelf,
    Shortlist,
    choose_slate,
    retrieve_models,
)

Array = NDArray[np.float64]

NEIGHBOURS: Final = 3
"""Most other prompts whose pictures stand in when there are none for this one."""

WORTH_RUNNING: Final = 4
"""Models that are run for a prompt when somebody asks for pictures."""

_IMAGES: Final = 12


def nothing_known(images: Sequence[Image]) -> Evidence:  # noqa: ARG001
    """Evidence for gates that stay open."""
    return Evidence()


def no_direction(wish: Wish) -> Array | None:  # noqa: ARG001
    """What wishes ask for where no text tower is at hand."""
    return None


@dataclass(frozen=True)
class Steer:
    """What a person has set, and what the words of it mean.

    Attributes:
        settings: Wishes and strengths of axes.
        direction_of: The embedding difference of a wish.
        axes: The named axes among the models on offer.
    """

    settings: TasteSettings = field(default_factory=TasteSettings)
    direction_of: Callable[[Wish], Array | None] = no_direction
    axes: Callable[[Sequence[str]], Sequence[NamedAxis]] = field(default=lambda models: ())  # noqa: ARG005


@dataclass(frozen=True)
class _Stage1:
    """What stage 1 found."""

    learnt: Taste
    steered: Steered
    shelf: Shelf
    shortlist: Shortlist
    around: Circumstances


def recommend(
    snapshot: Snapshot,
    catalog: Catalog,
    annotator_id: str | None,
    prompt: Prompt,
    prompt_vector: NDArray[np.float32] | None = None,
    k: int = 5,
    *,
    images: int = _IMAGES,
    hidden: Collection[int] = (),
    filters: Filters = Filters(),  # noqa: B008 - frozen
    steer_by: Steer = Steer(),
    evidence_of: Callable[[Sequence[Image]], Evidence] = nothing_known,
    look_ahead: bool = False,
) -> Recommendation:
    """Recommend models and pictures.

    Always answers: without votes in the order of popularity, without pictures or embeddings with
    models alone, and with nothing from an empty catalog. The same question to the same snapshot has
    the same answer.

    Args:
        snapshot: What is known.
        catalog: What is on offer; retired models are left out.
        annotator_id: For whom; None for everybody.
        prompt: What they want to see.
        prompt_vector: (d,) embedding of the prompt, or None.
        k: Most models.
        images: Most pictures. They are by the recommended models, for this prompt or, when there
            are none, for the most alike ones.
        hidden: Ids of images to leave out, such as those of a blind battle that is still open.
        filters: What models must fulfil.
        steer_by: What the person has set.
        evidence_of: Embeddings for the gates that pictures must pass.
        look_ahead: Also say which models are worth running and how many votes are to go, which
            takes tens of milliseconds.
    """
    first = _find_models(snapshot, catalog, annotator_id, prompt, prompt_vector, filters, steer_by)
    candidates = first.shortlist.candidates[: max(k, 0)]
    reasons = find_reasons(snapshot, first.learnt, annotator_id, candidates, first.around)
    wished = fulfilled(snapshot.features, steer_by.settings, first.shelf.ids, steer_by.direction_of)
    makers = {c.model.id for c in candidates}
    pictures, stand_ins = _pictures(snapshot, makers, prompt, first.around.like_prompts, hidden)
    ranked, aside = rank_images(
        first.steered.taste,
        pictures,
        first.shelf.ids,
        first.around.category,
        images,
        evidence_of(pictures),
    )
    answer = Recommendation(
        annotator_id=annotator_id,
        prompt=prompt.text,
        votes_applied=snapshot.votes_applied(annotator_id),
        last_vote_id=snapshot.last_vote_id,
        models=_say(
            [
                replace(
                    reason,
                    fulfils=wished.get(reason.model_id, ()),
                    steered=bool(steer_by.settings.wishes),
                )
                for reason in reasons
            ],
            first,
            catalog,
        ),
        images=ranked,
        knowledge=knowledge_of(first.learnt),
        like_prompts=stand_ins,
        left_out=tuple((model.id, why) for model, why in first.shelf.left_out),
        set_aside=tuple((a.image, a.objection) for a in aside),
        unheard=tuple(wish.key for wish in first.steered.unheard),
    )
    if not look_ahead:
        return answer
    return _look_ahead(answer, first, snapshot, _rng_for(snapshot, annotator_id, prompt))


def profile_of(
    snapshot: Snapshot, catalog: Catalog, annotator_id: str | None, steer_by: Steer
) -> tuple[Leaning, ...]:
    """A person's taste along the named axes, the clearest leanings first."""
    shelf = snapshot.shelves.get(catalog, snapshot.everybody.models, EVERYTHING)
    return read_profile(snapshot.taste(annotator_id), steer_by.settings, steer_by.axes(shelf.ids))


def knowledge_of(taste: Taste) -> Knowledge:
    """How well a person is known."""
    votes = taste.told.contests.cast
    told = taste.foretold
    return Knowledge(votes, votes > 0 and told.serves, told.personal, told.shared)


def _find_models(
    snapshot: Snapshot,
    catalog: Catalog,
    annotator_id: str | None,
    prompt: Prompt,
    prompt_vector: NDArray[np.float32] | None,
    filters: Filters,
    steer_by: Steer,
) -> _Stage1:
    """Stage 1: the models, by the taste as learnt and then as steered."""
    category = snapshot.gallery.category_of(prompt)
    like = snapshot.gallery.like(prompt.text, prompt_vector, snapshot.features)
    shelf = snapshot.shelves.get(catalog, snapshot.everybody.models, filters)
    axes = steer_by.axes(shelf.ids)
    learnt = snapshot.taste(annotator_id)
    steered = steer(learnt, steer_by.settings, shelf.ids, axes, steer_by.direction_of)
    asked = Asked(category, prompt.text, like)
    return _Stage1(
        learnt=learnt,
        steered=steered,
        shelf=shelf,
        shortlist=retrieve_models(steered.taste, shelf, asked),
        around=Circumstances(
            category=category,
            like_prompts=like,
            on_offer=shelf.ids,
            axes=axes,
            profile=read_profile(learnt, steer_by.settings, axes),
        ),
    )


def _say(reasons: Sequence[Reason], first: _Stage1, catalog: Catalog) -> tuple[RankedModel, ...]:
    concerned = {r.model_id for r in reasons} | {r.alike for r in reasons if r.alike}
    for reason in reasons:
        concerned.update(reason.record.rivals)
        concerned.update(m for moved in reason.moved for m in moved.vote.models)
    names = {i: catalog.models[i].name for i in concerned if i in catalog.models}
    return tuple(
        RankedModel(
            model_id=c.model.id,
            score=c.score,
            low=c.low,
            high=c.high,
            reason=in_words(reason, names),
            top3=c.top3,
            details=in_detail(reason, names),
            evidence=reason.evidence,
        )
        for c, reason in zip(first.shortlist.candidates, reasons, strict=False)
    )


def _look_ahead(
    answer: Recommendation, first: _Stage1, snapshot: Snapshot, rng: np.random.Generator
) -> Recommendation:
    slate = choose_slate(
        first.shortlist, snapshot.features, first.around.category, WORTH_RUNNING, rng
    )
    return replace(
        answer,
        votes_to_go=votes_to_go(first.shortlist.belief, rng),
        worth_running=tuple(c.model.id for c in slate.candidates),
        explored=slate.explored,
    )


def _pictures(
    snapshot: Snapshot,
    makers: Collection[str],
    prompt: Prompt,
    like_prompts: Collection[str],
    hidden: Collection[int],
) -> tuple[list[Image], tuple[str, ...]]:
    """Pictures by the makers for this prompt, or for the most alike ones, and which those are."""

    def by_makers(text: str) -> list[Image]:
        return [
            image
            for image in snapshot.gallery.by_prompt.get(text, ())
            if image.model_id in makers and image.id not in hidden
        ]

    found = by_makers(prompt.text)
    if found or not makers:
        return found, ()
    near = ((text, by_makers(text)) for text in like_prompts)
    filled = [(text, images) for text, images in near if images][:NEIGHBOURS]
    return [image for _, images in filled for image in images], tuple(text for text, _ in filled)


def _rng_for(snapshot: Snapshot, annotator_id: str | None, prompt: Prompt) -> np.random.Generator:
    """Draws that are the same whenever the same is asked."""
    words = (annotator_id or "", prompt.text)
    return np.random.default_rng(
        [snapshot.last_vote_id, *(zlib.crc32(word.encode()) for word in words)]
    )
