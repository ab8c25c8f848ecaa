"""A person's podium: cards of the best three, rows of the others, what they cost."""

from collections.abc import Callable

import numpy as np

from gemrec.gallery import Place, Summary
from gemrec.leaderboard.pareto import pareto_front
from gemrec.records import Image, Model
from gemrec.ui.widgets.empty import empty
from gemrec.ui.widgets.podium import interval
from gemrec.ui.widgets.text import count, plain

_PODIUM = 3
_CHART = (420, 230)
_EDGE = 40
_LETTER = 6.2


def summary(
    found: Summary, snippet_of: Callable[[Model], str], url_of: Callable[[Image], str]
) -> str:
    """The whole view.

    Args:
        found: The podium.
        snippet_of: Python that runs a model.
        url_of: Address of an image.
    """
    if not found.places:
        return empty(
            "No models yet",
            "Once models have drawn something, those that suit you best stand here.",
            "Ten votes in the Arena are enough to make it yours.",
        )
    tabs = "".join(
        f'<option value="{plain(c)}"{" selected" if c == found.category else ""}>'
        f"{plain(c) if c else 'Overall'}</option>"
        for c in ("", *found.categories)
    )
    cards = "".join(
        _card(rank, place, snippet_of(place.model), url_of)
        for rank, place in enumerate(found.places[:_PODIUM], 1)
    )
    rows = "".join(
        _row(rank, place, snippet_of(place.model), voted=bool(found.votes))
        for rank, place in enumerate(found.places[_PODIUM:], _PODIUM + 1)
    )
    back = (
        '<span class="g-tag">in your own order</span><button type="button" class="g-link" '
        'data-order="learnt">Back to the learnt order</button>'
        if found.by_hand
        else ""
    )
    whose = (
        f"From {count(found.votes, 'vote')} of yours."
        if found.votes
        else "You have not voted yet, so this is everybody’s order."  # noqa: RUF001
    )
    rest = f'<ol class="g-models g-rest" start="{_PODIUM + 1}">{rows}</ol>' if rows else ""
    return (
        f'<section class="g-summary" aria-label="My models"><div class="g-summary-head">'
        f'<select data-podium-category aria-label="Topic">{tabs}</select>'
        f'<p class="g-soft">{whose}</p>{back}</div>'
        f'<ol class="g-models g-podium">{cards}</ol>{rest}'
        '<p class="g-soft g-legend">The mark is the chance that you prefer a model to an average '
        "one, the band its 90% interval. The arrows put models in your own order; that is kept "
        f"beside your votes and never changes them.</p>{_cost_chart(found)}</section>"
    )


def _card(rank: int, place: Place, snippet: str, url_of: Callable[[Image], str]) -> str:
    pictures = "".join(
        f'<button type="button" class="g-cell g-ready" data-zoom="{k}" '
        f'data-caption="{plain(f"{place.model.name}: {image.prompt}")}" '
        f'aria-label="Enlarge {plain(f"{place.model.name}: {image.prompt}")}">'
        f'<img src="{plain(url_of(image))}?w=320" data-full="{plain(url_of(image))}" '
        f'alt="{plain(image.prompt)}" loading="lazy" draggable="false"></button>'
        for k, image in enumerate(place.examples)
    )
    art = pictures or '<div class="g-no-art"><span>Nothing to show yet</span></div>'
    return (
        f'<li class="g-model g-card" data-model="{plain(place.model.id)}">'
        f'<div class="g-card-art g-images g-examples">{art}</div><div class="g-card-body">'
        f"{_head(rank, place)}{interval(place.score, place.low, place.high)}"
        f'<p class="g-reason">{_why(place)}</p>{_facts(place.model)}{_snippet(snippet)}</div></li>'
    )


def _row(rank: int, place: Place, snippet: str, *, voted: bool) -> str:
    # Without any vote the line above says for all models why they stand where they stand.
    why = "Not compared by you yet." if not place.record.comparisons else _why(place)
    reason = f'<p class="g-reason">{why}</p>' if voted else ""
    return (
        f'<li class="g-model" data-model="{plain(place.model.id)}">{_head(rank, place)}'
        f'<div class="g-row-bar">{interval(place.score, place.low, place.high)}</div>'
        f'<div class="g-row-text">{reason}{_facts(place.model)}</div>{_snippet(snippet)}</li>'
    )


def _head(rank: int, place: Place) -> str:
    name = plain(place.model.name)
    moved = f' <span class="g-soft">learnt: {place.learnt}</span>' if place.learnt != rank else ""
    return (
        f'<p class="g-model-head"><span class="g-place">{rank}</span><strong>{name}</strong>{moved}'
        f'<span class="g-score">{place.score:.0%}</span><span class="g-moves">'
        f'<button type="button" data-move="-1" aria-label="Move {name} up">↑</button>'
        f'<button type="button" data-move="1" aria-label="Move {name} down">↓</button></span></p>'
    )


def _why(place: Place) -> str:
    record = place.record
    if not record.comparisons:
        return "You have not compared it: this is what its images and other people’s votes say."  # noqa: RUF001
    ties = f", and {count(record.ties, 'tie')}" if record.ties else ""
    return (
        f"You preferred it in {record.wins} of "
        f"{count(record.wins + record.losses, 'decided comparison')}{ties}."
    )


def _facts(model: Model) -> str:
    facts = [plain(model.licence)]
    if model.cost.seconds_per_image is not None:
        facts.append(f"about {model.cost.seconds_per_image:g} s an image")
    if model.cost.vram_gb is not None:
        facts.append(f"{model.cost.vram_gb:g} GB")
    if model.cost.usd_per_image is not None:
        facts.append(f"{model.cost.usd_per_image:g} USD an image")
    for address, name in ((model.url, "Model page"), (model.download, "Download")):
        if address.startswith(("https://", "http://")):
            facts.append(
                f'<a href="{plain(address)}" target="_blank" rel="noopener noreferrer">{name}</a>'
            )
    return f'<p class="g-facts">{" · ".join(facts)}</p>'


def _snippet(code: str) -> str:
    return (
        '<details class="g-code"><summary>Run it yourself</summary>'
        f'<pre tabindex="0"><code>{plain(code)}</code></pre>'
        '<button type="button" class="g-copy" data-copy>Copy</button></details>'
    )


def _cost_chart(found: Summary) -> str:
    """Seconds an image against the score, as far as the catalog knows them."""
    known = [
        (place.model.cost.seconds_per_image, place)
        for place in found.places
        if place.model.cost.seconds_per_image
    ]
    if not known:
        return (
            '<p class="g-soft g-legend">What the models cost is not known: their catalog entries say '
            "nothing of seconds per image.</p>"
        )
    width, height = _CHART
    base, most = height - _EDGE, max(seconds for seconds, _ in known) * 1.08
    costs, scores = zip(*((seconds, place.score) for seconds, place in known), strict=True)
    front = set(pareto_front(np.array(costs), np.array(scores)).tolist())
    dots, names = [], []
    for number, (seconds, place) in enumerate(known):
        x = _EDGE + seconds / most * (width - _EDGE - 12)
        y, low, high = (
            base - value * (base - 14) for value in (place.score, place.low, place.high)
        )
        best = number in front
        said = plain(f"{place.model.name}: {seconds:g} s an image, {place.score:.0%}")
        dots.append(
            f'<g class="{"g-front" if best else ""}"><title>{said}</title><line x1="{x:.1f}" '
            f'x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="5"/></g>'
        )
        if best:
            end = x + len(place.model.name) * _LETTER + 10 > width
            names.append(
                f'<text x="{x + (-9 if end else 9):.1f}" y="{y + 4:.1f}" '
                f'text-anchor="{"end" if end else "start"}">{plain(place.model.name)}</text>'
            )
    return (
        '<figure class="g-cost"><figcaption><h2>Cost against quality</h2><p class="g-soft">Named are '
        "the models that no other one beats in both.</p></figcaption>"
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Seconds an image against the '
        f'chance that you prefer the model"><path d="M{_EDGE} 8V{base}H{width - 6}"/>'
        f'<text x="{width - 6}" y="{height - 12}" text-anchor="end">seconds an image, up to '
        f'{most:.2g}</text><text x="{_EDGE - 6}" y="18" text-anchor="end">100%</text>'
        f'<text x="{_EDGE - 6}" y="{base}" text-anchor="end">0%</text>{"".join(dots)}'
        f"{''.join(names)}</svg></figure>"
    )
