"""The count table: standing blind votes added up per pair, category and person.

It is derived from the vote events and kept in step inside each vote's own transaction, so that a
board is read from a few rows instead of from every vote.
"""

import sqlite3

from gemrec.records import BattleMode, Outcome, Vote
from gemrec.store.rows import CountRow

_COLUMN = {
    Outcome.LEFT: "wins_a",
    Outcome.RIGHT: "wins_b",
    Outcome.TIE: "ties",
    Outcome.BOTH_GOOD: "both_good",
    Outcome.BOTH_BAD: "both_bad",
}

_TALLY = ("wins_a", "wins_b", "ties", "both_good", "both_bad")

_KEY = ("model_a", "model_b", "category", "annotator_id", "campaign", "size")

# Column names cannot be parameters; these are constants of this module.
_ADD = (
    f"INSERT INTO vote_count ({', '.join((*_KEY, *_TALLY))}) "  # noqa: S608
    f"VALUES ({', '.join('?' * len((*_KEY, *_TALLY)))}) "
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _TALLY)
)

_DROP_EMPTY = (
    f"DELETE FROM vote_count WHERE {' AND '.join(f'{name} = ?' for name in _KEY)} "  # noqa: S608
    f"AND {' AND '.join(f'{name} = 0' for name in _TALLY)}"
)

# The same for whole tables of new pairs at once (see gemrec.store.bulk): the last event of each new
# battle, put so that the first model is the smaller one. Rankings are counted one by one.
_NEW_PAIRS = (
    "SELECT min(a.id, b.id) AS model_a, max(a.id, b.id) AS model_b, said.category AS category, "
    "person.id AS person, campaign, "
    "CASE WHEN outcome = 'left' THEN iif(a.id < b.id, 'wins_a', 'wins_b') "
    "WHEN outcome = 'right' THEN iif(a.id < b.id, 'wins_b', 'wins_a') "
    "WHEN outcome = 'tie' THEN 'ties' ELSE outcome END AS said_so, count(*) AS times "
    "FROM incoming JOIN incoming_model AS a ON a.key = incoming.a "
    "JOIN incoming_model AS b ON b.key = incoming.b "
    "JOIN incoming_prompt AS said ON said.key = incoming.prompt "
    "JOIN incoming_annotator AS person ON person.key = incoming.person "
    "WHERE NOT old AND mode = 'blind' AND sides IS NULL AND incoming.a <> incoming.b "
    "AND outcome IN ('left', 'right', 'tie', 'both_good', 'both_bad') "
    "AND NOT EXISTS (SELECT 1 FROM incoming AS later WHERE later.previous = :last + incoming.n) "
    "GROUP BY 1, 2, 3, 4, 5, 6"
)
COUNT_NEW_PAIRS = (
    f"INSERT INTO vote_count ({', '.join((*_KEY, *_TALLY))}) "  # noqa: S608
    "SELECT model_a, model_b, category, person, campaign, 2, "
    + ", ".join(f"sum(iif(said_so = '{name}', times, 0))" for name in _TALLY)
    + f" FROM ({_NEW_PAIRS}) WHERE true GROUP BY 1, 2, 3, 4, 5 "
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _TALLY)
)


def count_vote(connection: sqlite3.Connection, vote: Vote, by: int) -> None:
    """Add a vote's pairs to their rows, or take them out again, inside the caller's transaction.

    Args:
        connection: Where.
        vote: A cast or an edit; undo events, skips and named battles count nothing.
        by: 1 to add, -1 to take out.
    """
    if vote.mode is not BattleMode.BLIND:
        return
    for pair in vote.pairs:
        first, second = pair.models
        column = _COLUMN[pair.outcome]
        if first > second:
            first, second = second, first
            column = {"wins_a": "wins_b", "wins_b": "wins_a"}.get(column, column)
        key = (first, second, vote.category, vote.annotator_id, vote.campaign, pair.size)
        connection.execute(_ADD, (*key, *(by if name == column else 0 for name in _TALLY)))
        if by < 0:
            connection.execute(_DROP_EMPTY, key)


def count_rows(connection: sqlite3.Connection) -> tuple[CountRow, ...]:
    """Return the whole table."""
    rows = connection.execute(
        "SELECT model_a, model_b, category, annotator_id, "
        "wins_a, wins_b, ties, both_good, both_bad, campaign, size FROM vote_count "
        "ORDER BY model_a, model_b, category, annotator_id, campaign, size"
    ).fetchall()
    return tuple(CountRow(*row) for row in rows)
