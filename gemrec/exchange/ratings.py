"""Leaderboards as a table."""

import math
from collections.abc import Sequence
from typing import Any, Final

from gemrec.exchange.tables import Column, Columns, Piece
from gemrec.records import Board, BoardRow

RATING_COLUMNS: Final[Columns] = (
    Column("category", "text", "topic of the prompts; empty for all of them"),
    Column("rank", "whole", "1 + number of models whose interval lies wholly above"),
    Column("model", "text", "id of the model"),
    Column("rating", "number", "strength on the Elo scale, 1000 on average"),
    Column("low", "number", "lower end of the 95% interval; none when it has no end"),
    Column("high", "number", "upper end of the 95% interval; none when it has no end"),
    Column("votes", "whole", "votes the model took part in"),
    Column("elo", "number", "online Elo, which depends on the order of votes"),
    Column("preliminary", "yes", "whether it has fewer votes than the board asks for"),
    Column("group", "whole", "models that votes link; ratings of two groups cannot be compared"),
    Column("method", "text", "how it was rated"),
    Column("last_vote_id", "whole", "newest event in it"),
)


def rating_piece(boards: Sequence[Board]) -> Piece:
    """Rows of :data:`RATING_COLUMNS`, one board after the other."""
    rows = [_row(board, row) for board in boards for row in board.rows]
    return {c.name: [row[c.name] for row in rows] for c in RATING_COLUMNS}


def _row(board: Board, row: BoardRow) -> dict[str, Any]:
    return {
        "category": board.category or "",
        "rank": row.rank,
        "model": row.model_id,
        "rating": _finite(row.rating),
        "low": _finite(row.low),
        "high": _finite(row.high),
        "votes": row.votes,
        "elo": row.elo,
        "preliminary": row.is_preliminary,
        "group": row.component,
        "method": board.method,
        "last_vote_id": board.last_vote_id,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
