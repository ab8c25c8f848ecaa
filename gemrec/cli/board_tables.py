"""Leaderboards, voters and the findings of a rebuild as tables for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from gemrec.documents import Document

_METHODS = {
    "davidson": "Bradley-Terry with Davidson's ties",
    "half_win": "Bradley-Terry, each tie half a win for both (half-win)",
    "elo": "online Elo, which depends on the order of votes and has no intervals",
}
_CLUSTERS = {
    "annotator": "intervals allow for {} who differ",
    "prompt": "intervals allow for {} that differ",
    "none": "intervals take every vote for independent",
}
_NOUNS = {"annotator": "annotator", "prompt": "prompt", "none": ""}
_REMARKS = {"few": "too few votes to tell"}
_BAR = 26  # characters of an interval's drawing
_ROOM_FOR_BARS = 112  # columns
_WIDEST = 400.0  # points from the rating at which a drawn interval runs off the scale
_VOTERS_SHOWN = 20

Row = Mapping[str, Any]


class BoardTable:
    """A leaderboard; wide terminals also see the intervals drawn to scale."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Heading, one table per group of linked models, notes, and the voters if asked for."""
        document = self._document
        yield Text(_title(document), style="bold")
        voted = [row for row in document["rows"] if row["votes"]]
        if not document["rows"]:
            yield Text("No models yet: see `python -m gemrec models`.")
        elif not voted:
            yield Text("No votes yet: every blind vote in the Arena moves this board at once.")
        yield Text(_explanation(document), style="dim")
        scale = _scale(voted) if options.max_width >= _ROOM_FOR_BARS else None
        for number in range(document["groups"]):
            if document["groups"] > 1:
                yield Text(f"\nGroup {number + 1}: nothing links it to the others", style="bold")
            yield _table([row for row in voted if row["group"] == number], scale)
        yield from _notes(document)
        if "voters" in document:
            yield from _voters(document["voters"])


def board(document: Document) -> RenderableType:
    """A leaderboard."""
    return BoardTable(document)


def rebuilt(document: Document) -> RenderableType:
    """What a rebuild found."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.title, table.title_justify, table.title_style = _verdict(document), "left", "bold"
    for name, justify in (("derived", "left"), ("compared", "right"), ("wrong", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("first difference", overflow="fold")
    for finding in document["findings"]:
        wrong = Text(str(finding["wrong"]), style="red" if finding["wrong"] else "green")
        compared = f"{finding['checked']:,}" if finding["checked"] else "not there yet"
        table.add_row(finding["name"], compared, wrong, Text(finding["example"]))
    return table


def _verdict(document: Document) -> str:
    read = f"{document['events']:,} events, {document['votes']:,} votes on the board"
    if document["equal"]:
        return f"Everything derived equals the events ({read})."
    return f"Some of what was derived was wrong and has been put right ({read})."


def _title(document: Document) -> str:
    parts = [f"{document['votes']:,} vote{'s' * (document['votes'] != 1)}"]
    if document["category"]:
        parts.append(f"{document['category']} prompts")
    if document["annotator"]:
        parts.append(f"by {document['annotator']}")
    if document["campaign"]:
        parts.append(f"study {document['campaign']}")
    return f"Leaderboard: {', '.join(parts)}"


def _explanation(document: Document) -> str:
    lines = [_METHODS[document["method"]]]
    if document["tie_chance"] is not None and document["votes"]:
        lines.append(f"equal models tie {document['tie_chance']:.0%} of the time")
    if document["method"] != "elo" and document["votes"]:
        number, noun = document["clusters"], _NOUNS[document["cluster"]]
        if document["cluster"] != "none" and number == 1:
            lines.append(f"one {noun} alone says nothing of how they differ")
        else:
            counted = f"{number:,} {noun}s"
            lines.append(_CLUSTERS[document["cluster"]].format(counted))
    return "; ".join(lines)


def _table(rows: Sequence[Row], scale: tuple[float, float] | None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("model", overflow="fold")
    for name in ("rating", "95% interval"):
        table.add_column(name, justify="right", no_wrap=True)
    if scale is not None:
        table.add_column("", no_wrap=True, min_width=_BAR)
    judged = any(row["acceptability"] is not None for row in rows)
    for name in ("votes", *(["good"] if judged else []), "Elo"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row, scale, judged), style="dim" if row["preliminary"] else "")
    return table


def _cells(row: Row, scale: tuple[float, float] | None, judged: bool) -> Iterator[Text]:
    yield Text(_range(row["drawn_ranks"] or [row["rank"], row["worst_rank"]]))
    yield Text(row["model"])
    yield Text(_whole(row["rating"]), style="bold")
    yield Text("" if row["low"] is None else f"{_whole(row['low'])} … {_whole(row['high'])}")
    if scale is not None:
        yield _bar(row, *scale)
    yield Text(f"{row['votes']:,}")
    if judged:
        good = row["acceptability"]
        yield Text("" if good is None else f"{good['share']:.0%}")
    yield Text(_whole(row["elo"]))


def _bar(row: Row, low: float, high: float) -> Text:
    """The interval drawn to scale, the rating as a dot in it."""
    if row["low"] is None:
        return Text("")

    def place(value: float) -> int:
        share = (value - low) / (high - low)
        return round(min(max(share, 0.0), 1.0) * (_BAR - 1))

    start, middle, end = (place(row[name]) for name in ("low", "rating", "high"))
    text = Text(" " * start + "─" * (end - start + 1) + " " * (_BAR - 1 - end), style="cyan")
    return text[:middle] + Text("●", style="bold cyan") + text[middle + 1 :]


def _scale(rows: Sequence[Row]) -> tuple[float, float] | None:
    ends = [
        row[name]
        for row in rows
        for name in ("low", "rating", "high")
        if row[name] is not None and abs(row[name] - row["rating"]) < _WIDEST
    ]
    return (min(ends), max(max(ends), min(ends) + 1)) if ends else None


def _notes(document: Document) -> Iterator[Text]:
    few = sum(row["preliminary"] for row in document["rows"])
    none = [row["model"] for row in document["rows"] if not row["votes"]]
    if few:
        yield Text(
            f"{few} preliminary (grey): fewer than {document['minimum_votes']} votes", style="dim"
        )
    if none and len(none) < len(document["rows"]):
        yield Text(f"Without votes: {', '.join(none)}", style="dim")


def _voters(voters: Sequence[Row]) -> Iterator[RenderableType]:
    yield Text(f"\nWho voted: {len(voters):,}", style="bold")
    yield Text(
        "agreement: 1 like the others, 0 at random, below 0 turned round; shown, never applied",
        style="dim",
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("annotator", overflow="fold")
    for name in ("votes", "agreement", "ties", "left", "swaps", "most moved without"):
        table.add_column(name, justify="right", no_wrap=name != "most moved without")
    table.add_column("remark")
    odd = [v for v in voters if v["remark"] not in ("", "few")]
    shown = list(voters[:_VOTERS_SHOWN]) + [v for v in odd if v not in voters[:_VOTERS_SHOWN]]
    for voter in shown:
        left = voter["left_share"]
        table.add_row(
            Text(str(voter["annotator"])),
            f"{voter['votes']:,}",
            f"{voter['agreement']:.2f}",
            f"{voter['tie_share']:.0%}",
            "" if left is None else f"{left:.0%}",
            str(voter["swaps_without"]),
            Text(f"{voter['most_moved']} {voter['points_without']:+.0f}"),
            Text(_REMARKS.get(voter["remark"], str(voter["remark"]))),
            style="yellow" if voter in odd else "",
        )
    yield table
    if len(shown) < len(voters):
        yield Text(f"and {len(voters) - len(shown):,} more; --json lists all", style="dim")


def _range(ranks: Sequence[int]) -> str:
    best, worst = ranks
    return str(best) if best == worst else f"{best}–{worst}"  # noqa: RUF001


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"
