"""The count table: standing blind votes added up per pair, category and person.

It is derived from the vote events and kept in step inside each vote's own transaction, so that a
board is read from a few rows instead of from every vote.
"""

import sqlite3

from gemrec.records import BattleMode, Outcome, Vote

_COLUMN = {
    Outcome.LEFT: "wins_a",
    Outcome.RIGHT: "wins_b",
    Outcome.TIE: "ties",
    Outcome.BOTH_GOOD: "both_good",
    Outcome.BOTH_BAD: "both_bad",
}

_TALLY = ("wins_a", "wins_b", "ties", "both_good", "both_bad")

_ADD = (
    "INSERT INTO vote_count (model_a, model_b, category, annotator_id, "
    "wins_a, wins_b, ties, both_good, both_bad) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (model_a, model_b, category, annotator_id) DO UPDATE SET "
    "wins_a = wins_a + excluded.wins_a, wins_b = wins_b + excluded.wins_b, "
    "ties = ties + excluded.ties, both_good = both_good + excluded.both_good, "
    "both_bad = both_bad + excluded.both_bad"
)

_DROP_EMPTY = (
    "DELETE FROM vote_count WHERE model_a = ? AND model_b = ? AND category = ? "
    "AND annotator_id = ? AND wins_a = 0 AND wins_b = 0 AND ties = 0 AND both_good = 0 "
    "AND both_bad = 0"
)


def count_vote(connection: sqlite3.Connection, vote: Vote, by: int) -> None:
    """Add a vote to its row, or take it out again, inside the caller's transaction.

    Args:
        connection: Where.
        vote: A cast or an edit; undo events, skips and named battles count nothing.
        by: 1 to add, -1 to take out.
    """
    if vote.outcome is None or not vote.outcome.is_preference or vote.mode is not BattleMode.BLIND:
        return
    left, right = vote.models
    column = _COLUMN[vote.outcome]
    if left > right:
        left, right = right, left
        column = {"wins_a": "wins_b", "wins_b": "wins_a"}.get(column, column)
    key = (left, right, vote.category, vote.annotator_id)
    connection.execute(_ADD, (*key, *(by if name == column else 0 for name in _TALLY)))
    if by < 0:
        connection.execute(_DROP_EMPTY, key)
