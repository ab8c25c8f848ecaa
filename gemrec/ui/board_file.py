"""The leaderboard as a CSV file, for any slice that the tab can show."""

import csv
import io
import math
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gemrec.errors import GemrecError
from gemrec.records import BoardRow
from gemrec.ui.board_view import BoardView, ModelFacts, Slice, look_up
from gemrec.ui.context import Context

_HEADS: Final = (
    "rank", "worst_rank", "best_drawn_rank", "worst_drawn_rank", "model", "name", "rating", "low",
    "high", "votes", "preliminary", "group", "good", "good_low", "good_high", "verdicts", "elo",
    "seconds_per_image", "usd_per_image", "vram_gb", "downloads", "licence",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run such a cell


def board_file_route(context: Context) -> Route:
    """``/leaderboard.csv?topic=…&voter=…&period=…&study=…``; all parts may be left out."""

    def download(request: Request) -> Response:
        """The table that the tab shows, with all digits."""
        asked = Slice(**{name: request.query_params.get(name, "") for name in Slice.__slots__})
        try:
            view = look_up(context, asked, context.identity.annotator_id(request.headers))
        except GemrecError as error:
            return PlainTextResponse(str(error), 400)
        headers = {
            "Content-Disposition": 'attachment; filename="leaderboard.csv"',
            "Cache-Control": "no-store",
        }
        return Response(as_csv(view), 200, headers, "text/csv; charset=utf-8")

    return Route("/leaderboard.csv", download, methods=["GET"])


def as_csv(view: BoardView) -> str:
    """The board as comma-separated values, one model a line, in the board's order."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADS)
    for row in view.fitted.board.rows:
        writer.writerow(map(_cell, _values(row, view.facts[row.model_id])))
    return text.getvalue()


def _values(row: BoardRow, facts: ModelFacts) -> tuple[object, ...]:
    drawn, good = row.drawn_ranks or (None, None), row.acceptability
    shares = (None,) * 4 if good is None else (good.share, good.low, good.high, good.verdicts)
    return (
        row.rank, row.worst_rank, *drawn, row.model_id, facts.name, row.rating, row.low, row.high,
        row.votes, row.is_preliminary, row.component, *shares, row.elo, facts.seconds, facts.usd,
        facts.vram_gb, facts.downloads, facts.licence,
    )  # fmt: skip


def _cell(value: object) -> object:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return round(value, 6)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
