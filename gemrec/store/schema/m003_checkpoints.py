"""Checkpoints of what is derived from the votes, and votes by time."""

STATEMENTS = (
    # Derived state after one event, made again from the events when it is missing.
    """CREATE TABLE checkpoint (
        name TEXT PRIMARY KEY,
        vote_id INTEGER NOT NULL,
        events INTEGER NOT NULL,
        data BLOB NOT NULL
    )""",
    # By how much each vote moved the displayed ratings; taken back when the vote is superseded.
    "CREATE TABLE elo_step (vote_id INTEGER PRIMARY KEY, steps BLOB NOT NULL)",
    # For boards of a span of time.
    "CREATE INDEX vote_cast_at ON vote (cast_at)",
)
