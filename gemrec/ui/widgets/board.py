"""The leaderboard as a table that sorts, searches and downloads; the page's script brings it to life."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from gemrec.records import Board, BoardRow, Share
from gemrec.ui.board_view import ModelFacts
from gemrec.ui.widgets.text import count, percent, plain

_SEVERAL = 2
_LAST = 1e6  # more than any rating
_WIDEST = 400.0
"""Ends further out than this, in rating points, run off the scale instead of squeezing the rest."""
_NOTHING: Final = "–"  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class _Column:
    """One column: its head, what it means, and how a row fills it.

    Attributes:
        name: What the head says.
        meaning: What hovering over the head explains.
        show: A cell's HTML.
        value: What rows are sorted by; text or a number, None stands last.
        kind: CSS classes of its cells.
    """

    name: str
    meaning: str
    show: Callable[[BoardRow, ModelFacts], str]
    value: Callable[[BoardRow, ModelFacts], float | str | None]
    kind: str = "g-n"


def board_table(
    board: Board, facts: Mapping[str, ModelFacts], download: str = "leaderboard.csv"
) -> str:
    """Rank, model, rating with its interval, votes, and what a picture costs.

    Groups of models that no votes link stand apart, each under a line that says so. Columns that
    nothing is known for are left out.

    Args:
        board: The leaderboard; must have rows.
        facts: What is known of each of its models.
        download: Address of the same table as a file.
    """
    columns = _columns(board, facts)
    bodies = "".join(
        f"<tbody>{_heading(group, board, len(columns))}"
        + "".join(_row(row, board, facts[row.model_id], columns) for row in members)
        + "</tbody>"
        for group, members in groupby(board.rows, key=lambda row: row.component)
    )
    heads = "".join(_head(column) for column in columns)
    return (
        f'<div class="g-board">{_tools(board, download)}<div class="g-scroll">'
        f'<table><caption class="g-unseen">Leaderboard</caption><thead><tr>{heads}</tr></thead>'
        f"{bodies}</table></div>{_legend(columns)}</div>"
    )


def _tools(board: Board, download: str) -> str:
    """The search box with how many models it finds, and the download."""
    return (
        '<div class="g-board-tools"><input type="search" class="g-search" data-board-search '
        f'placeholder="Find a model" aria-label="Find a model" autocomplete="off">'
        f'<span class="g-soft" data-board-found role="status">{count(len(board.rows), "model")}'
        f'</span><a class="g-quiet-button g-download" href="{plain(download)}" download>'
        "Download CSV</a></div>"
    )


def _legend(columns: list[_Column]) -> str:
    lines = "".join(
        f"<dt>{plain(column.name)}</dt><dd>{plain(column.meaning)}</dd>" for column in columns
    )
    return (
        '<details class="g-columns"><summary>What the columns mean</summary>'
        f"<dl>{lines}</dl></details>"
    )


def _head(column: _Column) -> str:
    return (
        f'<th scope="col" class="{column.kind}" aria-sort="none">'
        f'<button type="button" data-board-sort title="{plain(column.meaning)}">'
        f"{plain(column.name)}</button></th>"
    )


def _heading(group: int, board: Board, width: int) -> str:
    """The line above a group that no votes link with the others; nothing when all are linked."""
    if board.groups < _SEVERAL or group < 0:
        return ""
    return (
        f'<tr class="g-group"><th scope="rowgroup" colspan="{width}">Group {group + 1} of '
        f"{board.groups}: no votes link it with the others yet, so ranks and ratings compare only "
        "within it</th></tr>"
    )


def _row(row: BoardRow, board: Board, facts: ModelFacts, columns: list[_Column]) -> str:
    def cell(column: _Column) -> str:
        value = column.value(row, facts)
        key = "" if value in (None, math.inf) else f' data-v="{plain(value)}"'
        if column.kind == "g-who":
            return f'<th scope="row"{key}>{column.show(row, facts)}{_mark(row, board)}</th>'
        return f'<td class="{column.kind}"{key}>{column.show(row, facts)}</td>'

    state = "" if row.votes else ' class="g-none-yet"'
    return f"<tr{state}>{''.join(map(cell, columns))}</tr>"


def _mark(row: BoardRow, board: Board) -> str:
    if not row.votes:
        return ' <span class="g-tag g-quiet">no votes yet</span>'
    if not row.is_preliminary:
        return ""
    few = f"Fewer than {board.minimum_votes} votes"
    return f' <span class="g-tag g-quiet" title="{few}">preliminary</span>'


def _columns(board: Board, facts: Mapping[str, ModelFacts]) -> list[_Column]:
    return [*_quality(board), *_cost(list(facts.values()))]


def _quality(board: Board) -> Iterator[_Column]:
    """The columns that come from votes."""
    scale = rating_range(board)
    yield _Column(
        "Rank",
        "Best and worst rank in 95% of draws from the joint distribution of all ratings: models "
        "whose ranks overlap may well be equally good.",
        lambda row, _: _ranks(row) if row.votes else _NOTHING,
        lambda row, _: _place_of(row) if row.votes else None,
    )
    yield _Column("Model", "The model's name.", _model, lambda _, facts: facts.name, "g-who")
    yield _Column(
        "Rating",
        "Strength from all votes at once (Bradley-Terry with Davidson's ties), 1000 on average. "
        "400 points more mean odds of ten to one.",
        lambda row, _: f"{row.rating:.0f}" if row.votes else _NOTHING,
        lambda row, _: row.rating if row.votes else None,
        "g-n g-rating",
    )
    yield _Column(
        "95% interval",
        f"Where the rating lies with 95% confidence, given that {_who(board)} differ in taste.",
        lambda row, _: _bar(row, *scale) if row.votes else "",
        lambda row, _: row.high - row.low if row.votes else None,
        "g-wide",
    )
    yield _Column(
        "Votes",
        "Votes that the model took part in.",
        lambda row, _: f"{row.votes:,}",
        lambda row, _: row.votes,
    )
    if any(row.acceptability for row in board.rows):
        yield _Column(
            "Good",
            "Share of 'both good' among the verdicts 'both good' and 'both bad' on the model's "
            "battles, with its interval: whether it is any good, which no comparison says.",
            lambda row, _: _share(row.acceptability),
            lambda row, _: None if row.acceptability is None else row.acceptability.share,
            "g-n g-wide",
        )
    yield _Column(
        "Elo",
        "Online Elo after the newest vote. It depends on the order of the votes: for display only.",
        lambda row, _: f"{row.elo:.0f}" if row.votes else _NOTHING,
        lambda row, _: row.elo if row.votes else None,
        "g-n g-wide",
    )


def _cost(known: list[ModelFacts]) -> Iterator[_Column]:
    """The columns that come from the catalog and from the images made here, if they say anything."""
    if any(facts.seconds is not None for facts in known):
        yield _measure(
            "Seconds",
            "Median time of one image here, or the catalog's hint where none was made here.",
            lambda facts: facts.seconds,
            "{:.2g}",
        )
    if any(facts.usd is not None for facts in known):
        yield _measure(
            "Price",
            "What a provider asks for one image, US dollars.",
            lambda facts: facts.usd,
            "${:.3g}",
        )
    if any(facts.vram_gb is not None for facts in known):
        yield _measure(
            "Memory", "GPU memory that it needs, GiB.", lambda facts: facts.vram_gb, "{:.3g}"
        )
    if any(facts.licence for facts in known):
        yield _Column(
            "Licence",
            "What you may do with the model.",
            lambda _, facts: plain(facts.licence or _NOTHING),
            lambda _, facts: facts.licence or None,
            "g-wide g-licence",
        )


def _measure(
    name: str, what: str, value: Callable[[ModelFacts], float | None], form: str
) -> _Column:
    """A column of numbers that some models lack."""

    def shown(_: BoardRow, facts: ModelFacts) -> str:
        number = value(facts)
        return _NOTHING if number is None else form.format(number)

    return _Column(name, what, shown, lambda _, facts: value(facts), "g-n g-wide")


def _who(board: Board) -> str:
    return f"{board.clusters} annotators" if board.clusters > 1 else "annotators may"


def _model(row: BoardRow, facts: ModelFacts) -> str:
    name = plain(facts.name)
    if facts.url.startswith("https://"):
        name = f'<a href="{plain(facts.url)}" rel="noopener noreferrer">{name}</a>'
    if not row.votes:
        return name
    # A phone has no room for the interval's column.
    return f'{name}<small class="g-narrow">{_spoken(row)}</small>'


def _spoken(row: BoardRow) -> str:
    if math.isinf(row.high):
        return "too little is known for an interval"
    return f"between {row.low:.0f} and {row.high:.0f}"


def _place_of(row: BoardRow) -> float:
    """What sorts rows as the board does: by rating, those with few votes last."""
    return _LAST * row.is_preliminary - row.rating


def _ranks(row: BoardRow) -> str:
    best, worst = row.drawn_ranks or (row.rank, row.worst_rank or row.rank)
    return str(best) if best == worst else f"{best}–{worst}"  # noqa: RUF001


def _share(share: Share | None) -> str:
    if share is None:
        return _NOTHING
    between = f"{share.low:.0%} to {share.high:.0%}, {count(share.verdicts, 'verdict')}"
    return f'<span title="{between}">{share.share:.0%}</span>'


def _bar(row: BoardRow, low: float, high: float) -> str:
    start, end, middle = (_place(x, low, high) for x in (row.low, row.high, row.rating))
    spoken = f"{row.rating:.0f}, between {row.low:.0f} and {row.high:.0f}"
    return (
        f'<div class="g-bar" role="img" aria-label="{spoken}" title="{spoken}">'
        f'<i class="g-band" style="left:{percent(start)};width:{percent(end - start)}"></i>'
        f'<i class="g-mark" style="left:{percent(middle)}"></i></div>'
    )


def rating_range(board: Board) -> tuple[float, float]:
    """The scale of intervals: from the lowest to the highest rating, with room for most ends."""
    voted = [row for row in board.rows if row.votes]
    if not voted:
        return 0.0, 1.0
    ratings = [row.rating for row in voted]
    ends = [x for row in voted for x in (row.low, row.high) if abs(x - row.rating) < _WIDEST]
    low, high = min(ratings + ends), max(ratings + ends)
    room = max((high - low) * 0.04, 20.0)
    return low - room, high + room


def _place(value: float, low: float, high: float) -> float:
    """Where a value is on the scale, 0..1; infinite ends stick to the border."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
