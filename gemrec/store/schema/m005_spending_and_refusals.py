"""What providers cost per day, and how often a rule refused images."""

STATEMENTS = (
    # What providers were paid, in millionths of a US dollar so that sums stay whole.
    """CREATE TABLE spending (
        day TEXT NOT NULL,
        model_id TEXT NOT NULL,
        images INTEGER NOT NULL DEFAULT 0,
        micro_usd INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (day, model_id)
    ) WITHOUT ROWID""",
    # Images that were not made because a rule forbade them; no prompt is kept.
    """CREATE TABLE image_refusal (
        day TEXT NOT NULL,
        reason TEXT NOT NULL,
        model_id TEXT NOT NULL,
        times INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (day, reason, model_id)
    ) WITHOUT ROWID""",
)
