"""Who voted on a board, as a table: what stands out is shown and decides nothing."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from gemrec.leaderboard import POINTS_PER_LOGIT, Ratings, Voters, most_moved
from gemrec.ui.widgets.text import count, percent, plain

_MOST: Final = 200
"""Lines on the page; people whose votes stand out are always among them."""
_REMARKS: Final[Mapping[str, tuple[str, str]]] = {
    "random": ("like chance", "The votes fit the others' ratings no better than thrown coins."),
    "contrarian": ("turned round", "The votes prefer what the others like less, with certainty."),
    "one-sided": ("one side", "One side of the page wins far more often than by chance."),
}
_HEADS: Final = (
    ("Annotator", "Who voted.", "g-who"),
    ("Votes", "Votes of this annotator on this board.", "g-n"),
    (
        "Agreement",
        "1 votes like the others, 0 at random, below 0 the other way round; with its interval.",
        "g-n",
    ),
    ("", "Agreement drawn from -1 to 2; the dashed line is 0.", "g-wide"),
    ("Ties", "Share of ties of any kind.", "g-n g-wide"),
    ("Left", "Share of decided votes that went to the left side.", "g-n g-wide"),
    (
        "Swaps without",
        "Pairs of models that would change places without this annotator's votes.",
        "g-n g-wide",
    ),
    (
        "Moves most",
        "The model that would change most without this annotator, and by how many points.",
        "g-wide",
    ),
    ("Remark", "What stands out.", "g-remarked"),
)
_SCALE: Final = (-1.0, 2.0)


def voters_table(
    voters: Voters,
    ratings: Ratings,
    names: Mapping[str, str],
    model_name: Callable[[str], str],
) -> str:
    """Everybody who voted, the busiest first.

    Args:
        voters: What was found.
        ratings: The fit of the same board.
        names: Display name by annotator id.
        model_name: Display name of a model id.
    """
    odd = [i for i, remark in enumerate(voters.remark) if remark in _REMARKS]
    size = len(voters.names)
    shown = sorted({*range(min(size, _MOST)), *odd})
    rows = "".join(_row(voters, i, ratings, names, model_name) for i in shown)
    heads = "".join(
        f'<th scope="col" class="{kind}" aria-sort="none"><button type="button" data-board-sort '
        f'title="{plain(meaning)}">{name or "<span class=g-unseen>Agreement drawn</span>"}'
        "</button></th>"
        for name, meaning, kind in _HEADS
    )
    stand = "stands" if len(odd) == 1 else "stand"
    stands_out = f"{len(odd):,} of {count(size, 'annotator')} {stand} out"
    more = f"<p>And {size - len(shown):,} more.</p>" if size > len(shown) else ""
    return (
        f'<div class="g-board"><p class="g-soft">{stands_out}. Remarks are shown, never applied: '
        "every vote counts the same. They are made so that among honest annotators one board in a "
        f'hundred shows any.</p><div class="g-scroll"><table><caption class="g-unseen">Who voted'
        f"</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{more}</div>"
    )


def _row(
    voters: Voters,
    i: int,
    ratings: Ratings,
    names: Mapping[str, str],
    model_name: Callable[[str], str],
) -> str:
    agreement, low, high = (float(part[i]) for part in (voters.agreement, voters.low, voters.high))
    left = float(voters.left_share[i])
    model_id, rise = most_moved(voters, ratings, i)
    points = POINTS_PER_LOGIT * rise
    name = names.get(voters.names[i]) or "nameless"
    between = f"between {low:.2f} and {high:.2f}"
    few = voters.remark[i] == "few"
    return (
        f"<tr{' class=g-none-yet' if few else ''}>"
        f'<th scope="row" data-v="{plain(name)}">{plain(name)}</th>'
        f"{_cell('g-n', round(float(voters.votes[i])), f'{voters.votes[i]:,.0f}')}"
        f'<td class="g-n" data-v="{agreement:.6f}" title="{between}">{_signed(agreement)}</td>'
        f'<td class="g-wide" data-v="{agreement:.6f}">{_drawn(agreement, low, high)}</td>'
        f"{_cell('g-n g-wide', float(voters.tie_share[i]), f'{voters.tie_share[i]:.0%}')}"
        f"{_cell('g-n g-wide', left, '' if math.isnan(left) else f'{left:.0%}')}"
        f"{_cell('g-n g-wide', int(voters.swaps[i]), f'{voters.swaps[i]:,.0f}')}"
        f"{_cell('g-wide', abs(points), f'{plain(model_name(model_id))} {_signed(points, 0)}')}"
        f'<td class="g-remarked">{_remark(voters.remark[i])}</td></tr>'
    )


def _cell(kind: str, value: float, text: str) -> str:
    key = "" if math.isnan(value) else f' data-v="{value}"'
    return f'<td class="{kind}"{key}>{text}</td>'


def _remark(word: str) -> str:
    if word == "few":
        return '<span class="g-soft">too few votes to tell</span>'
    if word not in _REMARKS:
        return ""
    short, meaning = _REMARKS[word]
    return f'<span class="g-tag g-odd" title="{plain(meaning)}">{short}</span>'


def _drawn(agreement: float, low: float, high: float) -> str:
    start, middle, end = (_place(value) for value in (low, agreement, high))
    spoken = f"{agreement:.2f}, between {low:.2f} and {high:.2f}"
    return (
        f'<div class="g-bar g-zeroed" role="img" aria-label="{spoken}" title="{spoken}">'
        f'<i class="g-band" style="left:{percent(start)};width:{percent(end - start)}"></i>'
        f'<i class="g-mark" style="left:{percent(middle)}"></i></div>'
    )


def _place(value: float) -> float:
    low, high = _SCALE
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _signed(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}".replace("-", "−") if digits else f"{value:+.0f}".replace("-", "−")  # noqa: RUF001
