"""What is known of a person's taste: how well, in words that can be corrected, and as a map."""

import math
from collections.abc import Callable, Sequence

from gemrec.recommend import STRENGTHS, Leaning, MapPoint, in_words
from gemrec.records import Knowledge, TasteSettings, Wish, WishKind
from gemrec.ui.widgets.labels import Dot, place_labels
from gemrec.ui.widgets.text import count, percent, plain

_STRENGTH_NAMES = dict(zip(STRENGTHS, ("Off", "Less", "As learnt", "More"), strict=True))
_SHOWN = 5
_MAP = (300, 208)
_MARGIN = 16
_Z_90 = 1.6449
_BAR_SCALE = 3.0  # leanings are a fraction of a logit


def known(knowledge: Knowledge, votes_to_go: int | None) -> str:
    """How well the person is known, and how long until the top pick is settled."""
    if not knowledge.votes:
        return (
            '<p class="g-known">No votes of yours yet: this is everybody’s order. '  # noqa: RUF001
            "Ten votes in the Arena are enough to see it change.</p>"
        )
    parts = [f"{count(knowledge.votes, 'comparison')} of yours count."]
    if knowledge.personal_loss is not None and knowledge.shared_loss is not None:
        served = "your own taste is used" if knowledge.personal else "everybody’s order is used"  # noqa: RUF001
        parts.append(
            f"Predicting each vote from all your others, your taste was off by "
            f"{knowledge.personal_loss:.3f} and everybody’s order by "  # noqa: RUF001
            f"{knowledge.shared_loss:.3f} (log-loss, lower is better), so {served}."
        )
    return f'<p class="g-known">{" ".join(parts)} {_to_go(votes_to_go)}</p>'


def _to_go(votes: int | None) -> str:
    if votes is None:
        return "It will take many more votes until your top pick is stable."
    if votes == 0:
        return "<b>Your top pick is stable.</b>"
    return f"<b>About {count(votes, 'vote')} until your top pick is stable.</b>"


def chips(settings: TasteSettings, unheard: Sequence[str], can_undo: bool) -> str:
    """The wishes as chips that can be removed, and the way back."""
    held = "".join(_chip(wish, wish.key in unheard) for wish in settings.wishes)
    undo = (
        '<button type="button" class="g-link" data-taste="undo">Undo last change</button>'
        if can_undo
        else ""
    )
    reset = (
        '<button type="button" class="g-link" data-taste="reset">Back to my votes alone</button>'
        if not settings.is_plain
        else ""
    )
    if not held and not undo and not reset:
        return ""
    return f'<div class="g-wishes">{held}{undo}{reset}</div>'


def _chip(wish: Wish, unheard: bool) -> str:
    said = in_words(wish)
    kind = "g-wish-more" if wish.sign > 0 else "g-wish-less"
    picture = (
        f'<img src="{plain(wish.thumbnail)}" alt="">'
        if wish.kind is WishKind.PICTURE and wish.thumbnail.startswith("data:image/webp;base64,")
        else ""
    )
    note = (
        '<span class="g-unheard" title="The models here do not differ in this, so it changes '
        'nothing.">changes nothing</span>'
        if unheard
        else ""
    )
    return (
        f'<span class="g-wish {kind}">{picture}{plain(said)}{note}<button type="button" '
        f'data-taste="drop" data-key="{plain(wish.key)}" aria-label="Remove {plain(said)}">×'  # noqa: RUF001
        "</button></span>"
    )


def profile(leanings: Sequence[Leaning], votes: int) -> str:
    """The taste in words, one line per axis, each with a switch."""
    if not leanings:
        return (
            '<section class="g-profile" aria-label="Your taste"><h2>Your taste in words</h2>'
            '<p class="g-soft">Once the models have drawn a few prompts, what you vote for is '
            "described here in words, and you can correct it.</p></section>"
        )
    first = "".join(_leaning(leaning) for leaning in leanings[:_SHOWN])
    rest = "".join(_leaning(leaning) for leaning in leanings[_SHOWN:])
    more = (
        f'<details class="g-why"><summary>{len(leanings) - _SHOWN} more</summary>{rest}</details>'
        if rest
        else ""
    )
    intro = (
        "Learnt from your votes. If a line is wrong, turn it down or off."
        if votes
        else "Nothing is known yet. You can still switch off what should never count."
    )
    return (
        '<section class="g-profile" aria-label="Your taste"><h2>Your taste in words</h2>'
        f'<p class="g-soft">{intro}</p>{first}{more}</section>'
    )


def _leaning(leaning: Leaning) -> str:
    middle = _squash(leaning.lean)
    low, high = (_squash(leaning.lean + sign * _Z_90 * leaning.deviation) for sign in (-1, 1))
    said = leaning.in_words
    switches = "".join(
        f'<button type="button" data-taste="strength" data-axis="{plain(leaning.axis)}" '
        f'data-strength="{strength:g}" aria-pressed="{str(leaning.strength == strength).lower()}">'
        f"{name}</button>"
        for strength, name in _STRENGTH_NAMES.items()
    )
    off = " g-off" if leaning.strength == 0 else ""
    return (
        f'<div class="g-leaning{off}"><p>{plain(said[0].upper() + said[1:])}</p>'
        f'<div class="g-poles"><span>{plain(leaning.less)}</span>'
        f'<div class="g-bar" role="img" aria-label="{plain(said)}">'
        f'<i class="g-band" style="left:{percent(low)};width:{percent(high - low)}"></i>'
        f'<i class="g-mark" style="left:{percent(middle)}"></i></div>'
        f"<span>{plain(leaning.more)}</span></div>"
        f'<div class="g-switch" role="group" aria-label="How much {plain(leaning.more)} or '
        f'{plain(leaning.less)} counts">{switches}</div></div>'
    )


def _squash(logits: float) -> float:
    """Logits on a bar, 0..1."""
    return (1 + math.tanh(_BAR_SCALE * logits / 2)) / 2


def taste_map(points: Sequence[MapPoint], name_of: Callable[[str], str]) -> str:
    """Models as dots: like pictures lie together, the fill says how much the person likes them."""
    if not points:
        return ""
    width, height = _MAP
    best = sorted(points, key=lambda point: -point.liking)
    low, high = best[-1].liking, best[0].liking
    dots = [_dot(point, name_of(point.model_id), low, high) for point in best]
    circles = "".join(map(_circle, best, dots))
    names = "".join(
        f'<text x="{label.x:.1f}" y="{label.y:.1f}" text-anchor="{label.anchor}">'
        f"{plain(dot.name)}</text>"
        for dot, label in zip(dots, place_labels(dots, _MAP), strict=True)
        if label is not None
    )
    return (
        '<section class="g-map" aria-label="Map of your taste"><h2>Map of your taste</h2>'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Models by what their pictures '
        f'look like; your favourite is {plain(name_of(best[0].model_id))}">'
        f"{circles}{names}</svg>"
        '<p class="g-soft">Models whose pictures look alike lie close together. The fuller the dot, '
        "the more you are expected to like it; a ring means that you have not compared it.</p>"
        "</section>"
    )


def _dot(point: MapPoint, name: str, low: float, high: float) -> Dot:
    """Larger for what is liked more; ``low`` and ``high`` are the least and the most liked."""
    width, height = _MAP
    share = (point.liking - low) / (high - low) if high > low else 0.5
    return Dot(
        x=_MARGIN + (point.x + 1) / 2 * (width - 2 * _MARGIN),
        y=_MARGIN + (1 - point.y) / 2 * (height - 2 * _MARGIN),
        radius=5 + 4 * share,
        name=name,
    )


def _circle(point: MapPoint, dot: Dot) -> str:
    said = f"{dot.name}: {point.liking:.0%}{'' if point.compared else ', not compared yet'}"
    return (
        f'<circle cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="{dot.radius:.1f}" class="'
        f'{"g-seen" if point.compared else "g-unseen-dot"}" '
        f'style="--liking:{percent((dot.radius - 5) / 4)}"><title>{plain(said)}</title></circle>'
    )
