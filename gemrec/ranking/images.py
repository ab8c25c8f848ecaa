"""Generated pictures in one person's order."""

from collections.abc import Sequence

from gemrec.preference import Taste
from gemrec.records import Image, RankedImage


def rank_images(
    taste: Taste,
    images: Sequence[Image],
    models: Sequence[str],
    category: str = "",
    limit: int = 12,
) -> tuple[RankedImage, ...]:
    """Order pictures of one prompt, best first; the same picture is listed once.

    A picture that is not embedded yet counts as its model's usual picture. Equal scores stand in
    the order of ``images``.

    Args:
        taste: The person's taste.
        images: The pictures, all by models known to ``taste``.
        models: Ids of all models on offer; their mean is what ``score`` compares with.
        category: The prompt's category, empty when unknown.
        limit: Most pictures to return.
    """
    distinct = list({image.digest: image for image in reversed(images)}.values())[::-1]
    scores = taste.score_images(distinct, models, category)
    ranked = [
        RankedImage(image, float(score))
        for image, score in zip(distinct, scores.score, strict=True)
    ]
    ranked.sort(key=lambda r: -round(r.score, 9))
    return tuple(ranked[: max(limit, 0)])
