"""Generated pictures in one person's order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gemrec.preference import Taste
from gemrec.ranking.gates import Evidence, Objection, SetAside, check, drop_copies
from gemrec.records import Image, RankedImage

NOTHING_KNOWN: Final = Evidence()


def rank_images(
    taste: Taste,
    images: Sequence[Image],
    models: Sequence[str],
    category: str = "",
    limit: int = 12,
    evidence: Evidence = NOTHING_KNOWN,
) -> tuple[tuple[RankedImage, ...], tuple[SetAside, ...]]:
    """Order pictures, best first; each model's best seed for a prompt is marked as such.

    A picture that is not embedded yet counts as its model's usual picture. Equal scores stand in
    the order of ``images``.

    Args:
        taste: The person's taste.
        images: The pictures, all by models known to ``taste``; the same file counts once.
        models: Ids of all models on offer; their mean is what ``score`` compares with.
        category: The prompt's category, empty when unknown.
        limit: Most pictures to return.
        evidence: What the gates read; without it none is set aside.

    Returns:
        The pictures, and those that were set aside.
    """
    distinct = list({image.digest: image for image in reversed(images)}.values())[::-1]
    passed, aside = check(distinct, evidence)
    scores = taste.score_images(passed, models, category)
    ranked = [
        RankedImage(image, float(score), float(low), float(high))
        for image, score, low, high in zip(
            passed, scores.score, scores.low, scores.high, strict=True
        )
    ]
    ranked.sort(key=lambda r: -round(r.score, 9))
    kept, copies = drop_copies([r.image for r in ranked], evidence)
    aside += [SetAside(ranked[place].image, Objection.COPY) for place in copies]
    return mark_best([ranked[place] for place in kept])[: max(limit, 0)], tuple(aside)


def mark_best(best_first: Sequence[RankedImage]) -> tuple[RankedImage, ...]:
    """Say of each model's best picture for a prompt out of how many it was chosen (best of n)."""
    groups: dict[tuple[str, str], int] = {}
    for ranked in best_first:
        key = (ranked.image.model_id, ranked.image.prompt)
        groups[key] = groups.get(key, 0) + 1
    seen: set[tuple[str, str]] = set()
    marked = []
    for ranked in best_first:
        key = (ranked.image.model_id, ranked.image.prompt)
        marked.append(ranked if key in seen else replace(ranked, best_of=groups[key]))
        seen.add(key)
    return tuple(marked)
