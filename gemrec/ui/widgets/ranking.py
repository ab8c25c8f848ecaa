"""The pictures of a recommendation in the person's order."""

from collections.abc import Callable

from gemrec.records import Image, RankedImage, Recommendation
from gemrec.ui.widgets.text import count, plain

_QUOTED = 2


def images(
    recommendation: Recommendation, name_of: Callable[[str], str], url_of: Callable[[Image], str]
) -> str:
    """Every picture with its model, its score, and whether it is its model's best seed.

    Args:
        recommendation: The answer.
        name_of: Display name of a model id.
        url_of: Address of an image.
    """
    cells = "".join(
        _image(place, ranked, name_of(ranked.image.model_id), url_of(ranked.image))
        for place, ranked in enumerate(recommendation.images)
    )
    shown = (
        f'<div class="g-images">{cells}</div>'
        if cells
        else '<p class="g-soft g-none">Nothing has been drawn for a prompt like this yet. '
        "Press Draw it, and the best models draw it now.</p>"
    )
    return (
        f'<section aria-label="Images for you"><h2>Images</h2>{_where_from(recommendation)}{shown}'
        f"{_aside(recommendation)}</section>"
    )


def _where_from(recommendation: Recommendation) -> str:
    if not recommendation.like_prompts:
        return ""
    quoted = " and ".join(f"“{text}”" for text in recommendation.like_prompts[:_QUOTED])
    return (
        f'<p class="g-soft g-from">Nobody has drawn this prompt yet. These are for {plain(quoted)}'
        f"{' and others' if len(recommendation.like_prompts) > _QUOTED else ''}.</p>"
    )


def _image(place: int, ranked: RankedImage, name: str, url: str) -> str:
    what = f"{name}: {ranked.image.prompt}, seed {ranked.image.seed}"
    best = (
        f'<span class="g-tag" title="The best of {ranked.best_of} by this model">'
        f"best of {ranked.best_of}</span>"
        if ranked.best_of > 1
        else ""
    )
    spoken = f"{ranked.score:.0%}, between {ranked.low:.0%} and {ranked.high:.0%}"
    return (
        f'<figure><button type="button" class="g-cell g-ready" data-zoom="{place}" '
        f'data-caption="{plain(what)}" aria-label="Enlarge {plain(what)}">'
        f'<img src="{plain(url)}" alt="{plain(what)}" loading="lazy" draggable="false">{best}'
        f'</button><figcaption><span>{plain(name)}</span><b title="{spoken}">{ranked.score:.0%}</b>'
        "</figcaption></figure>"
    )


def _aside(recommendation: Recommendation) -> str:
    if not recommendation.set_aside:
        return ""
    reasons: dict[str, int] = {}
    for _, why in recommendation.set_aside:
        reasons[why] = reasons.get(why, 0) + 1
    said = "; ".join(f"{count(number, 'picture')} {plain(why)}" for why, number in reasons.items())
    return f'<p class="g-soft g-left-out">Set aside: {said}.</p>'
