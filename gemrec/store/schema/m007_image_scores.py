"""Raw scores of images, and scores that a data set published for its own."""

STATEMENTS = (
    # Derived from vectors. A score that changes gets a new id, so readers can ask for "what came
    # after the last one I have seen". NULL is unknown.
    """CREATE TABLE image_score (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        image_id INTEGER NOT NULL UNIQUE REFERENCES image (id),
        encoder TEXT NOT NULL,
        prompt_match REAL,
        distinctiveness REAL,
        safety REAL
    )""",
)
