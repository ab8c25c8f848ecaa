"""The answer of the For you tab: ranked models and ranked images."""

from collections.abc import Callable, Sequence

from gemrec.records import Image, RankedImage, RankedModel, Recommendation
from gemrec.ui.widgets.text import percent, plain

_SEVERAL = 2


def ranking(
    recommendation: Recommendation, name_of: Callable[[str], str], url_of: Callable[[Image], str]
) -> str:
    """Both lists beside each other.

    Args:
        recommendation: The answer.
        name_of: Display name of a model id.
        url_of: Address of an image.
    """
    reasons, remark = split_remark([ranked.reason for ranked in recommendation.models])
    models = "".join(
        _model(place, ranked, name_of(ranked.model_id), reason)
        for place, (ranked, reason) in enumerate(
            zip(recommendation.models, reasons, strict=True), start=1
        )
    )
    shared = f'<p class="g-soft g-remark">{plain(remark)}</p>' if remark else ""
    return (
        f'<div class="g-answer"><section aria-label="Models for you"><h2>Models</h2>{shared}'
        f'<ol class="g-models">{models}</ol>'
        '<p class="g-soft g-legend">The mark is the chance that you prefer this model to an average '
        "one, the band its 90 % interval. The line in the middle is a coin flip.</p></section>"
        f'<section aria-label="Images for you"><h2>Images</h2>{_images(recommendation, name_of, url_of)}'
        "</section></div>"
    )


def split_remark(reasons: Sequence[str]) -> tuple[list[str], str]:
    """Take the sentence with which all reasons end out of them, to say it once.

    Returns:
        The reasons without it, and the sentence; empty when they end differently.

    Example:
        >>> split_remark(["You liked it. Few votes.", "It is new. Few votes."])
        (['You liked it.', 'It is new.'], 'Few votes.')
    """
    ends = {reason.rpartition(". ")[2] for reason in reasons}
    if len(reasons) < _SEVERAL or len(ends) > 1 or any(". " not in r for r in reasons):
        return list(reasons), ""
    (end,) = ends
    return [reason.removesuffix(end).rstrip() for reason in reasons], end


def _model(place: int, ranked: RankedModel, name: str, reason: str) -> str:
    score = f"{ranked.score:.0%}"
    spoken = f"{score}, between {ranked.low:.0%} and {ranked.high:.0%}"
    return (
        f'<li class="g-model"><span class="g-place">{place}</span><div>'
        f'<p class="g-model-head"><strong>{plain(name)}</strong><span class="g-score">{score}</span></p>'
        f'<div class="g-bar" role="img" aria-label="{spoken}" title="{spoken}">'
        f'<i class="g-band" style="left:{percent(ranked.low)};'
        f'width:{percent(ranked.high - ranked.low)}"></i>'
        f'<i class="g-mark" style="left:{percent(ranked.score)}"></i></div>'
        f'<p class="g-reason">{plain(reason)}</p></div></li>'
    )


def _images(
    recommendation: Recommendation, name_of: Callable[[str], str], url_of: Callable[[Image], str]
) -> str:
    if not recommendation.images:
        return (
            '<p class="g-soft g-none">Nothing has been drawn for a prompt like this yet. '
            "Start a battle with it in the Arena and its images appear here.</p>"
        )
    cells = "".join(
        _image(place, ranked, name_of(ranked.image.model_id), url_of(ranked.image))
        for place, ranked in enumerate(recommendation.images)
    )
    return f'<div class="g-images">{cells}</div>'


def _image(place: int, ranked: RankedImage, name: str, url: str) -> str:
    what = f"{name}: {ranked.image.prompt}"
    return (
        f'<figure><button type="button" class="g-cell g-ready" data-zoom="{place}" '
        f'data-caption="{plain(what)}" aria-label="Enlarge {plain(what)}">'
        f'<img src="{plain(url)}" alt="{plain(what)}" loading="lazy" draggable="false"></button>'
        f"<figcaption><span>{plain(name)}</span><b>{ranked.score:.0%}</b></figcaption></figure>"
    )
