"""The leaderboard as a table."""

from collections.abc import Callable
from itertools import groupby

from gemrec.records import Board, BoardRow
from gemrec.ui.widgets.text import count, percent, plain

_SEVERAL = 2
_WIDEST = 400.0
"""Ends further out than this, in rating points, run off the scale instead of squeezing the rest."""


def board_table(board: Board, name_of: Callable[[str], str]) -> str:
    """Rank, model, rating with its interval, votes and Elo.

    Groups of models that no votes link stand apart, each under a line that says so.

    Args:
        board: The leaderboard; must have rows.
        name_of: Display name of a model id.
    """
    low, high = _range(board)
    rows = "".join(
        _heading(group, board)
        + "".join(_row(row, board, name_of(row.model_id), low, high) for row in members)
        for group, members in groupby(board.rows, key=lambda row: row.component)
    )
    where = f" in {board.category}" if board.category else ""
    return (
        f'<div class="g-board"><p class="g-soft">{count(board.votes, "vote")}{plain(where)}. '
        "Models whose intervals overlap may well be equally good, so they can share a rank.</p>"
        '<table><caption class="g-unseen">Leaderboard</caption><thead><tr>'
        '<th scope="col" class="g-n">Rank</th><th scope="col">Model</th>'
        '<th scope="col" class="g-n">Rating</th>'
        '<th scope="col" class="g-wide">95 % interval</th>'
        '<th scope="col" class="g-n">Votes</th><th scope="col" class="g-n">Elo</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _heading(group: int, board: Board) -> str:
    """The line above a group that no votes link with the others; nothing when all are linked."""
    if board.groups < _SEVERAL or group < 0:
        return ""
    return (
        f'<tr class="g-group"><th scope="rowgroup" colspan="6">Group {group + 1} of {board.groups}: '
        "no votes link it with the others yet, so ranks and ratings compare only within it</th></tr>"
    )


def _row(row: BoardRow, board: Board, name: str, low: float, high: float) -> str:
    if not row.votes:
        return (
            f'<tr class="g-none-yet"><td class="g-n">–</td><th scope="row">{plain(name)} '  # noqa: RUF001
            '<span class="g-tag g-quiet">no votes yet</span></th><td class="g-n">–</td>'  # noqa: RUF001
            '<td class="g-wide"></td><td class="g-n">0</td><td class="g-n">–</td></tr>'  # noqa: RUF001
        )
    start, end, middle = (_place(x, low, high) for x in (row.low, row.high, row.rating))
    spoken = f"{row.rating:.0f}, between {row.low:.0f} and {row.high:.0f}"
    return (
        f'<tr><td class="g-n">{row.rank}</td><th scope="row">{plain(name)} {_mark(row, board)}</th>'
        f'<td class="g-n g-rating">{row.rating:.0f}</td>'
        f'<td class="g-wide"><div class="g-bar" role="img" aria-label="{spoken}" title="{spoken}">'
        f'<i class="g-band" style="left:{percent(start)};width:{percent(end - start)}"></i>'
        f'<i class="g-mark" style="left:{percent(middle)}"></i></div></td>'
        f'<td class="g-n">{row.votes:,}</td><td class="g-n">{row.elo:.0f}</td></tr>'
    )


def _mark(row: BoardRow, board: Board) -> str:
    if not row.is_preliminary:
        return ""
    few = f"Fewer than {board.minimum_votes} votes"
    return f'<span class="g-tag g-quiet" title="{few}">preliminary</span>'


def _range(board: Board) -> tuple[float, float]:
    """The scale of the bars: from the lowest to the highest rating, with room for intervals."""
    voted = [row for row in board.rows if row.votes]
    ratings = [row.rating for row in voted]
    ends = [x for row in voted for x in (row.low, row.high) if abs(x - row.rating) < _WIDEST]
    low, high = min(ratings + ends), max(ratings + ends)
    room = max((high - low) * 0.04, 20.0)
    return low - room, high + room


def _place(value: float, low: float, high: float) -> float:
    """Where a value is on the scale, 0..1; infinite ends stick to the border."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
