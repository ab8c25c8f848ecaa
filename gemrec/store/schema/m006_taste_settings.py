"""What people have set about their taste."""

STATEMENTS = (
    # A trail: each row points at the one that it replaced.
    """CREATE TABLE taste_setting (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        settings TEXT NOT NULL,
        before INTEGER REFERENCES taste_setting (id),
        made_at TEXT NOT NULL
    )""",
    "CREATE INDEX taste_setting_annotator ON taste_setting (annotator_id)",
)
