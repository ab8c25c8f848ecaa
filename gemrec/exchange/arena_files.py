"""Votes in the forms that rating libraries read unchanged.

``arena.*`` has the columns of Chatbot Arena's releases (``model_a``, ``model_b``, ``winner`` with
``model_a``, ``model_b``, ``tie``, ``both_bad``), which arena-rank takes as they are. ``evalica.csv``
has those of evalica's command line (``left``, ``right``, ``winner`` with ``left``, ``right``,
``tie``). Only blind votes are written, as only those are on the board; a ranking becomes its pairs.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from gemrec.exchange.tables import Column, Columns, Piece
from gemrec.records import ranked_pairs
from gemrec.store import Store
from gemrec.store.exports import Wanted

ARENA_COLUMNS: Final[Columns] = (
    Column("model_a", "text", "model on the left side"),
    Column("model_b", "text", "model on the right side"),
    Column("winner", "text", "model_a, model_b, tie (also when both are good) or both_bad"),
    Column("judge", "text", "pseudonym of the person"),
    Column("prompt", "text", "what both sides were asked for"),
    Column("category", "text", "topic of the prompt"),
    Column("tstamp", "number", "when it was said, seconds since 1970"),
)
EVALICA_COLUMNS: Final[Columns] = (
    Column("left", "text", "model on the left side"),
    Column("right", "text", "model on the right side"),
    Column("winner", "text", "left, right or tie"),
)
_WINNERS: Final = {
    "left": "model_a",
    "right": "model_b",
    "tie": "tie",
    "both_good": "tie",
    "both_bad": "both_bad",
}
_SIDES: Final = {"model_a": "left", "model_b": "right", "tie": "tie", "both_bad": "tie"}


def arena_pieces(store: Store, wanted: Wanted, pseudonym: Callable[[str], str]) -> Iterator[Piece]:
    """Rows of :data:`ARENA_COLUMNS`, oldest first."""
    for rows in store.exports.events(wanted, standing_only=True):
        lines = []
        for row in rows:
            if row["mode"] != "blind":
                continue
            told = (
                pseudonym(row["annotator"]),
                row["prompt"],
                row["category"],
                datetime.fromisoformat(row["created_at"]).timestamp(),
            )
            lines += [(*pair, *told) for pair in _pairs(row)]
        if lines:
            names = [column.name for column in ARENA_COLUMNS]
            yield dict(zip(names, zip(*lines, strict=True), strict=True))


def evalica_piece(piece: Piece) -> Piece:
    """The same rows with the columns of :data:`EVALICA_COLUMNS`."""
    return {
        "left": piece["model_a"],
        "right": piece["model_b"],
        "winner": [_SIDES[word] for word in piece["winner"]],
    }


def _pairs(row: Any) -> Iterator[tuple[str, str, str]]:
    if row["outcome"] in _WINNERS:
        yield row["model_a"], row["model_b"], _WINNERS[row["outcome"]]
    elif row["outcome"] == "ranking":
        models = json.loads(row["models"])
        for pair in ranked_pairs(json.loads(row["ranking"]), models):
            yield *pair.models, _WINNERS[pair.outcome]
