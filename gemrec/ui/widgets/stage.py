"""The grids of a battle, side by side, or as cards when more than two are ranked."""

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
        label: ``A``, ``B``, …
        urls: Address of every image in order; None while it is not ready.
        name: The model's name after the vote, or in a named comparison; None while hidden.
        change: Rating before and after the vote.
        picked: Whether the vote put this side first, alone.
        note: A short remark in the heading, such as a place or a king's run.
        best: Position of the image that was picked as the best of the battle; None for none.
    """

    label: str
    urls: tuple[str | None, ...]
    name: str | None = None
    change: RatingChange | None = None
    picked: bool = False
    note: str = ""
    best: int | None = None


@dataclass(frozen=True, slots=True)
class StageView:
    """All grids of one battle, and what can be done with them; the script shows the right bar.

    Attributes:
        sides: In the order of the labels.
        prompt: Describes the images to people who cannot see them.
        phase: ``drawing``, ``voting``, ``revealed`` or ``changing``.
        form: ``pair``, ``king`` or ``ranking``.
        round: The battle's id once its images can be judged; empty before.
        flags: Further facts for the bars: ``rolled`` (the dice gave the prompt), ``undone`` (the
            vote is taken back), ``reigning`` (a king's run goes on), ``waiting`` (an open battle
            waits behind this one).
        said: The outcome of the vote that is being changed; empty otherwise.
    """

    sides: Sequence[SideView]
    prompt: str
    phase: str
    form: str = "pair"
    round: str = ""
    flags: tuple[str, ...] = ()
    said: str = ""

    @property
    def ranks(self) -> bool:
        """Whether the sides are put in order rather than compared as a pair."""
        return self.form == "ranking"

    @property
    def is_open(self) -> bool:
        """Whether it waits for a judgement, a first or a changed one."""
        return self.phase in ("voting", "changing")


def stage(view: StageView) -> str:
    """The grids as HTML."""
    kind = " g-cards" if view.ranks else ""
    columns = across(len(view.sides))
    sides = "".join(_side(place, side, view) for place, side in enumerate(view.sides))
    return (
        f'<div class="g-stage{kind}" style="--across:{columns};'
        f'--down:{ceil(len(view.sides) / columns)}" data-phase="{view.phase}" '
        f'data-form="{view.form}" data-flags="{" ".join(view.flags)}" '
        f'data-said="{plain(view.said)}" data-round="{plain(view.round)}"'
        f"{' data-open' if view.is_open else ''}>{sides}</div>"
    )


def across(sides: int) -> int:
    """How many sides stand beside each other where there is room."""
    return sides if sides <= 4 else ceil(sides / 2)


def _side(place: int, side: SideView, view: StageView) -> str:
    columns = ceil(sqrt(len(side.urls))) or 1
    rows = ceil(len(side.urls) / columns) or 1
    cells = "".join(_cell(place, side, position, view) for position in range(len(side.urls)))
    picked = " g-picked" if side.picked else ""
    return (
        f'<section class="g-side{picked}" aria-label="Side {plain(side.label)}" data-side="{place}">'
        f"<header>{_heading(place, side, view)}</header>"
        f'<div class="g-grid" style="--cols:{columns};--rows:{rows}">{cells}</div></section>'
    )


def _heading(place: int, side: SideView, view: StageView) -> str:
    letter = f'<span class="g-letter" aria-hidden="true">{plain(side.label)}</span>'
    note = f'<span class="g-tag g-quiet">{plain(side.note)}</span>' if side.note else ""
    rank = _rank_button(place, side.label) if view.ranks and view.is_open else ""
    if side.name is None:
        hidden = "" if view.ranks else f"Model {plain(side.label)}"
        return f'{letter}<span class="g-name g-hidden">{hidden}</span>{note}{rank}'
    pick = '<span class="g-tag">Your pick</span>' if side.picked and not view.ranks else ""
    name = f'<span class="g-name" title="{plain(side.name)}">{plain(side.name)}</span>'
    return f"{letter}{name}{pick}{note}{_change(side.change)}{rank}"


def _rank_button(place: int, label: str) -> str:
    return (
        f'<button type="button" class="g-rank-button" data-rank="{place}" '
        f'aria-keyshortcuts="{place + 1}" aria-label="Give {plain(label)} the next place"></button>'
    )


def _change(change: RatingChange | None) -> str:
    if change is None:
        return ""
    step = round(change.after) - round(change.before)
    kind = "up" if step > 0 else "down" if step < 0 else "same"
    sign = "+" if step > 0 else "−" if step < 0 else "±"  # noqa: RUF001
    return (
        '<span class="g-change" title="Rating before and after your vote">'
        f"<span>{change.before:.0f} → {change.after:.0f} </span>"
        f'<b class="g-{kind}">{sign}{abs(step)}</b></span>'
    )


def _cell(place: int, side: SideView, position: int, view: StageView) -> str:
    url = side.urls[position]
    if url is None:
        return '<div class="g-cell g-waiting" aria-hidden="true"></div>'
    where = f"Side {side.label}, image {position + 1} of {len(side.urls)}"
    what = f"{where}: {view.prompt}"
    pressed = "true" if side.best == position else "false"
    star = (
        f'<button type="button" class="g-star" data-best="{place}-{position}" '
        f'aria-pressed="{pressed}" aria-label="{plain(where)} is the best image"></button>'
    )
    return (
        f'<div class="g-cell g-ready"><button type="button" class="g-look" data-zoom="{position}" '
        f'aria-label="Enlarge {plain(what)}">'
        f'<img src="{plain(url)}" alt="{plain(what)}" draggable="false"></button>'
        f"{star if view.round else ''}</div>"
    )
