"""The two grids of a battle, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from gemrec.records import RatingChange
from gemrec.ui.widgets.text import plain

Names = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class SideView:
    """One grid as the page shows it.

    Attributes:
        label: ``A`` or ``B``.
        urls: Address of every image in order; None while it is not ready.
        name: The model's name after the vote, or in a named comparison; None while hidden.
        change: Rating before and after the vote.
        picked: Whether the vote preferred this side.
    """

    label: str
    urls: tuple[str | None, ...]
    name: str | None = None
    change: RatingChange | None = None
    picked: bool = False


def stage(sides: Sequence[SideView], prompt: str) -> str:
    """Both grids; ``prompt`` describes the images to people who cannot see them."""
    return f'<div class="g-stage">{"".join(_side(side, prompt) for side in sides)}</div>'


def _side(side: SideView, prompt: str) -> str:
    columns = ceil(sqrt(len(side.urls))) or 1
    rows = ceil(len(side.urls) / columns) or 1
    cells = "".join(_cell(side, position, url, prompt) for position, url in enumerate(side.urls))
    picked = " g-picked" if side.picked else ""
    return (
        f'<section class="g-side{picked}" aria-label="Side {plain(side.label)}">'
        f"<header>{_heading(side)}</header>"
        f'<div class="g-grid" style="--cols:{columns};--rows:{rows}">{cells}</div></section>'
    )


def _heading(side: SideView) -> str:
    letter = f'<span class="g-letter" aria-hidden="true">{plain(side.label)}</span>'
    if side.name is None:
        return f'{letter}<span class="g-name g-hidden">Model {plain(side.label)}</span>'
    pick = '<span class="g-tag">Your pick</span>' if side.picked else ""
    return f'{letter}<span class="g-name">{plain(side.name)}</span>{pick}{_change(side.change)}'


def _change(change: RatingChange | None) -> str:
    if change is None:
        return ""
    step = round(change.after) - round(change.before)
    kind = "up" if step > 0 else "down" if step < 0 else "same"
    sign = "+" if step > 0 else "−" if step < 0 else "±"  # noqa: RUF001
    return (
        '<span class="g-change" title="Rating before and after your vote">'
        f"{change.before:.0f} → {change.after:.0f} "
        f'<b class="g-{kind}">{sign}{abs(step)}</b></span>'
    )


def _cell(side: SideView, position: int, url: str | None, prompt: str) -> str:
    if url is None:
        return '<div class="g-cell g-waiting" aria-hidden="true"></div>'
    what = f"Side {side.label}, image {position + 1} of {len(side.urls)}: {prompt}"
    return (
        f'<button type="button" class="g-cell g-ready" data-zoom="{position}" '
        f'aria-label="Enlarge {plain(what)}">'
        f'<img src="{plain(url)}" alt="{plain(what)}" draggable="false"></button>'
    )
