"""Battles of more than two sides, rankings, remarks, studies."""

STATEMENTS = (
    # A battle has two or more sides, and a form besides its mode.
    """CREATE TABLE battle_side (
        battle_id TEXT NOT NULL REFERENCES battle (id),
        side INTEGER NOT NULL CHECK (side >= 0),
        model_id TEXT NOT NULL REFERENCES model (id),
        PRIMARY KEY (battle_id, side)
    ) WITHOUT ROWID""",
    "INSERT INTO battle_side SELECT id, 0, model_left FROM battle",
    "INSERT INTO battle_side SELECT id, 1, model_right FROM battle",
    """CREATE TABLE battle_2 (
        id TEXT PRIMARY KEY,
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        prompt_id INTEGER NOT NULL REFERENCES prompt (id),
        mode TEXT NOT NULL CHECK (mode IN ('blind', 'named')),
        form TEXT NOT NULL CHECK (form IN ('pair', 'king', 'ranking')),
        seeds TEXT NOT NULL,
        policy TEXT NOT NULL,
        propensity REAL,
        opened_at TEXT NOT NULL,
        campaign TEXT NOT NULL DEFAULT ''
    )""",
    "INSERT INTO battle_2 SELECT id, annotator_id, prompt_id, mode, 'pair', seeds, policy, "
    "propensity, opened_at, '' FROM battle ORDER BY rowid",
    "DROP TABLE battle",
    "ALTER TABLE battle_2 RENAME TO battle",
    "CREATE INDEX battle_annotator ON battle (annotator_id)",
    # What a vote may say besides its outcome.
    "ALTER TABLE vote ADD COLUMN ranking TEXT CHECK ((ranking IS NULL) = (outcome IS NOT 'ranking'))",
    "ALTER TABLE vote ADD COLUMN reasons TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE vote ADD COLUMN best_side INTEGER",
    "ALTER TABLE vote ADD COLUMN best_position INTEGER",
    "ALTER TABLE vote ADD COLUMN skip_reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE vote ADD COLUMN zooms INTEGER CHECK (zooms >= 0)",
    # A ranking that is not finished yet; one per battle, and no part of the trail.
    """CREATE TABLE draft (
        battle_id TEXT PRIMARY KEY REFERENCES battle (id),
        ranking TEXT NOT NULL,
        saved_at TEXT NOT NULL
    ) WITHOUT ROWID""",
    # Rankings count too, by size, so that whole numbers stay whole: the weight is applied on reading.
    """CREATE TABLE vote_count_2 (
        model_a TEXT NOT NULL,
        model_b TEXT NOT NULL,
        category TEXT NOT NULL,
        annotator_id TEXT NOT NULL,
        campaign TEXT NOT NULL,
        size INTEGER NOT NULL,
        wins_a INTEGER NOT NULL DEFAULT 0,
        wins_b INTEGER NOT NULL DEFAULT 0,
        ties INTEGER NOT NULL DEFAULT 0,
        both_good INTEGER NOT NULL DEFAULT 0,
        both_bad INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (model_a, model_b, category, annotator_id, campaign, size)
    ) WITHOUT ROWID""",
    "INSERT INTO vote_count_2 SELECT model_a, model_b, category, annotator_id, '', 2, "
    "wins_a, wins_b, ties, both_good, both_bad FROM vote_count",
    "DROP TABLE vote_count",
    "ALTER TABLE vote_count_2 RENAME TO vote_count",
)
