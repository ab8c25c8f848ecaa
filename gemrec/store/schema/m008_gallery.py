"""What people choose, report and order in the gallery, and where its map has put the images."""

STATEMENTS = (
    """CREATE TABLE pick (
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        image_id INTEGER NOT NULL REFERENCES image (id),
        picked_at TEXT NOT NULL,
        PRIMARY KEY (annotator_id, image_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE image_report (
        image_id INTEGER NOT NULL REFERENCES image (id),
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        reason TEXT NOT NULL,
        reported_at TEXT NOT NULL,
        PRIMARY KEY (image_id, annotator_id)
    ) WITHOUT ROWID""",
    # Derived from vectors. layout is how many images were laid out together when it was made.
    """CREATE TABLE image_place (
        image_id INTEGER PRIMARY KEY REFERENCES image (id),
        encoder TEXT NOT NULL,
        x REAL NOT NULL,
        y REAL NOT NULL,
        layout INTEGER NOT NULL
    )""",
    # A trail of its own: how people put models in order by hand. It is no vote and moves none.
    """CREATE TABLE podium_edit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        category TEXT NOT NULL,
        models TEXT NOT NULL,
        made_at TEXT NOT NULL
    )""",
    "CREATE INDEX podium_edit_annotator ON podium_edit (annotator_id, category)",
)
