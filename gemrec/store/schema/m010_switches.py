"""What an owner turns on and off while the server runs."""

STATEMENTS = (
    """CREATE TABLE switch (
        name TEXT PRIMARY KEY,
        is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
        changed_at TEXT NOT NULL
    ) WITHOUT ROWID""",
)
