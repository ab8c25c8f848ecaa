"""King's runs; battles that came to nothing, counted."""

STATEMENTS = (
    # King-of-the-hill: battles of one run share prompt and seeds, and stay blind until it ends.
    """CREATE TABLE king_run (
        id TEXT PRIMARY KEY,
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        started_at TEXT NOT NULL,
        ended_at TEXT
    ) WITHOUT ROWID""",
    "CREATE INDEX king_run_open ON king_run (annotator_id) WHERE ended_at IS NULL",
    "ALTER TABLE battle ADD COLUMN run_id TEXT REFERENCES king_run (id)",
    "ALTER TABLE battle ADD COLUMN king INTEGER CHECK (king >= 0)",
    "CREATE INDEX battle_run ON battle (run_id) WHERE run_id IS NOT NULL",
    # What kept a battle from being voted on, counted by day; models is a JSON list in order.
    """CREATE TABLE incident (
        kind TEXT NOT NULL,
        models TEXT NOT NULL,
        day TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (kind, models, day)
    ) WITHOUT ROWID""",
)
