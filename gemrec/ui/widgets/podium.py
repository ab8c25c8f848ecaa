"""The best three models as cards: picture, chances, reason, licence, link and snippet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gemrec.records import Image, Model, RankedImage, RankedModel, Recommendation
from gemrec.ui.widgets.text import percent, plain

PLACES = 3
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card or row says besides the recommendation.

    Attributes:
        model: The catalog entry; None when the catalog no longer has it.
        snippet: Python that runs it.
        moved: Places that it rose (positive) or fell through what the person has set.
    """

    model: Model | None
    snippet: str = ""
    moved: int = 0


def podium(
    recommendation: Recommendation,
    shown: Callable[[str], Shown],
    url_of: Callable[[Image], str],
) -> str:
    """Cards of the first three models and rows of the others.

    Args:
        recommendation: The answer.
        shown: What else to say of a model id.
        url_of: Address of an image.
    """
    models, remark = split_remark(recommendation.models)
    first, rest = models[:PLACES], models[PLACES:]
    pictures = {r.image.model_id: r for r in reversed(recommendation.images)}
    cards = "".join(
        _card(place, ranked, shown(ranked.model_id), pictures.get(ranked.model_id), url_of)
        for place, ranked in enumerate(first, start=1)
    )
    rows = "".join(
        _row(place, ranked, shown(ranked.model_id))
        for place, ranked in enumerate(rest, start=PLACES + 1)
    )
    more = f'<ol class="g-models g-rest" start="{PLACES + 1}">{rows}</ol>' if rows else ""
    said = f'<p class="g-soft g-remark">{plain(remark)}</p>' if remark else ""
    return (
        f'<section aria-label="Models for you">{said}<ol class="g-models g-podium">{cards}</ol>{more}'
        '<p class="g-soft g-legend">The mark is the chance that you prefer this model to an average '
        "one, the band its 90% interval; the dashed line is a coin flip.</p>"
        f"{_left_out(recommendation, shown)}</section>"
    )


def split_remark(models: Sequence[RankedModel]) -> tuple[tuple[RankedModel, ...], str]:
    """Take the sentence with which all reasons end out of them, to say it once.

    Returns:
        The models with what is left of their reasons, and the sentence; empty when they end
        differently.

    Example:
        >>> pair = [RankedModel(m, 0.5, 0.4, 0.6, f"{m} won. Few votes.") for m in "ab"]
        >>> rest, remark = split_remark(pair)
        >>> ([m.reason for m in rest], remark)
        (['a won.', 'b won.'], 'Few votes.')
    """
    ends = {model.reason.rpartition(". ")[2] for model in models}
    if len(models) < _SEVERAL or len(ends) > 1:
        return tuple(models), ""
    (end,) = ends
    return tuple(replace(m, reason=m.reason.removesuffix(end).rstrip()) for m in models), end


def interval(score: float, low: float, high: float) -> str:
    """A score with its interval as a bar."""
    spoken = f"{score:.0%}, between {low:.0%} and {high:.0%}"
    return (
        f'<div class="g-bar" role="img" aria-label="{spoken}" title="{spoken}">'
        f'<i class="g-band" style="left:{percent(low)};width:{percent(high - low)}"></i>'
        f'<i class="g-mark" style="left:{percent(score)}"></i></div>'
    )


def _card(
    place: int,
    ranked: RankedModel,
    shown: Shown,
    picture: RankedImage | None,
    url_of: Callable[[Image], str],
) -> str:
    name = _name(ranked, shown)
    return (
        f'<li class="g-model g-card" data-model="{plain(ranked.model_id)}">'
        f"{_picture(name, picture, url_of)}"
        f'<div class="g-card-body"><p class="g-model-head"><span class="g-place">{place}</span>'
        f'<strong>{plain(name)}</strong>{_moved(shown.moved)}<span class="g-score">'
        f"{ranked.score:.0%}</span></p>{interval(ranked.score, ranked.low, ranked.high)}"
        f"{_reason(ranked)}{_facts(shown.model)}{_snippet(shown.snippet)}</div></li>"
    )


def _row(place: int, ranked: RankedModel, shown: Shown) -> str:
    return (
        f'<li class="g-model" data-model="{plain(ranked.model_id)}"><span class="g-place">{place}'
        f'</span><div><p class="g-model-head"><strong>{plain(_name(ranked, shown))}</strong>'
        f'{_moved(shown.moved)}<span class="g-score">{ranked.score:.0%}</span></p>'
        f"{interval(ranked.score, ranked.low, ranked.high)}{_reason(ranked)}</div></li>"
    )


def _name(ranked: RankedModel, shown: Shown) -> str:
    return ranked.model_id if shown.model is None else shown.model.name


def _reason(ranked: RankedModel) -> str:
    said = f'<p class="g-reason">{plain(ranked.reason)}</p>' if ranked.reason else ""
    if not ranked.details:
        return said
    items = "".join(f"<li>{plain(sentence)}</li>" for sentence in ranked.details)
    return f'{said}<details class="g-why"><summary>Why?</summary><ul>{items}</ul></details>'


def _picture(name: str, picture: RankedImage | None, url_of: Callable[[Image], str]) -> str:
    if picture is None:
        return '<div class="g-card-art g-no-art"><span>Nothing drawn yet</span></div>'
    what = f"{name}: {picture.image.prompt}"
    return (
        f'<div class="g-card-art"><button type="button" class="g-cell g-ready" data-zoom="0" '
        f'data-caption="{plain(what)}" aria-label="Enlarge {plain(what)}">'
        f'<img src="{plain(url_of(picture.image))}" alt="{plain(what)}" draggable="false">'
        "</button></div>"
    )


def _moved(places: int) -> str:
    if not places:
        return ""
    kind, arrow, way = ("up", "▲", "up") if places > 0 else ("down", "▼", "down")
    spoken = f"{way} {abs(places)} through what you asked for"
    return (
        f'<span class="g-moved g-{kind}" title="{spoken}" aria-label="{spoken}">'
        f"{arrow}{abs(places)}</span>"
    )


def _facts(model: Model | None) -> str:
    if model is None:
        return ""
    seconds = model.cost.seconds_per_image
    facts = [plain(model.licence)]
    if seconds is not None:
        facts.append(f"about {seconds:g} s an image")
    if model.cost.vram_gb is not None:
        facts.append(f"{model.cost.vram_gb:g} GB")
    if model.url.startswith(("https://", "http://")):
        facts.append(
            f'<a href="{plain(model.url)}" target="_blank" rel="noopener noreferrer">Model page</a>'
        )
    return f'<p class="g-facts">{" · ".join(facts)}</p>'


def _snippet(code: str) -> str:
    if not code:
        return ""
    return (
        '<details class="g-code"><summary>Run it yourself</summary>'
        f'<pre tabindex="0"><code>{plain(code)}</code></pre>'
        '<button type="button" class="g-copy" data-copy>Copy</button></details>'
    )


def _left_out(recommendation: Recommendation, shown: Callable[[str], Shown]) -> str:
    if not recommendation.left_out:
        return ""
    by_reason: dict[str, list[str]] = {}
    for model_id, why in recommendation.left_out:
        model = shown(model_id).model
        by_reason.setdefault(why, []).append(model_id if model is None else model.name)
    parts = "; ".join(f"{', '.join(names)} ({why})" for why, names in by_reason.items())
    return f'<p class="g-soft g-left-out">Left out by your limits: {plain(parts)}.</p>'


def ranks(models: Sequence[RankedModel]) -> dict[str, int]:
    """Place per model id, from 0."""
    return {ranked.model_id: place for place, ranked in enumerate(models)}
