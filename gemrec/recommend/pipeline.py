"""Both stages in a row: models worth running, then the pictures that they made."""

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.catalog import Catalog
from gemrec.ranking import rank_images
from gemrec.recommend.reasons import find_reasons, in_words
from gemrec.recommend.snapshot import Snapshot
from gemrec.records import Image, Prompt, RankedModel, Recommendation
from gemrec.retrieval import Candidate, retrieve_models

NEIGHBOURS: Final = 3
"""Most other prompts whose pictures stand in when there are none for this one."""

_IMAGES: Final = 12


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
) -> Recommendation:
    """Recommend models and pictures.

    Always answers: without votes in the order of popularity, without pictures or embeddings with
    models alone, and with nothing from an empty catalog.

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
    """
    category = snapshot.gallery.category_of(prompt)
    taste = snapshot.taste(annotator_id)
    offered = [model for model in catalog.active() if model.id in snapshot.prior.index]
    candidates = retrieve_models(taste, offered, category, k)
    names = {model.id: model.name for model in catalog.models.values()}
    reasons = find_reasons(snapshot, annotator_id, candidates, category)
    pictures = _pictures(snapshot, candidates, prompt, prompt_vector, hidden)
    return Recommendation(
        annotator_id=annotator_id,
        prompt=prompt.text,
        votes_applied=snapshot.votes_applied(annotator_id),
        last_vote_id=snapshot.last_vote_id,
        models=tuple(
            RankedModel(c.model.id, c.score, c.low, c.high, in_words(reason, names))
            for c, reason in zip(candidates, reasons, strict=True)
        ),
        images=rank_images(taste, pictures, [m.id for m in offered], category, images),
    )


def _pictures(
    snapshot: Snapshot,
    candidates: tuple[Candidate, ...],
    prompt: Prompt,
    prompt_vector: NDArray[np.float32] | None,
    hidden: Collection[int],
) -> list[Image]:
    """Pictures by the candidates for this prompt, or for the most alike ones."""
    wanted = {candidate.model.id for candidate in candidates}
    gallery = snapshot.gallery

    def by_candidates(text: str) -> list[Image]:
        return [
            image
            for image in gallery.by_prompt.get(text, ())
            if image.model_id in wanted and image.id not in hidden
        ]

    found = by_candidates(prompt.text)
    if found or not wanted:
        return found
    near = (
        by_candidates(text) for text in gallery.like(prompt.text, prompt_vector, snapshot.features)
    )
    filled = [images for images in near if images]
    return [image for images in filled[:NEIGHBOURS] for image in images]
