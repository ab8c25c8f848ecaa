"""People, prompts, models, images, battles, tickets and the append-only vote trail."""

STATEMENTS = (
    """CREATE TABLE annotator (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        created_at TEXT NOT NULL
    )""",
    "CREATE INDEX annotator_name ON annotator (name)",
    """CREATE TABLE model (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        retired INTEGER NOT NULL DEFAULT 0,
        first_seen_at TEXT NOT NULL
    )""",
    """CREATE TABLE prompt (
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        category TEXT NOT NULL,
        UNIQUE (text, category)
    )""",
    # AUTOINCREMENT wherever readers keep "the last id I have seen": ids are never used twice.
    """CREATE TABLE image (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest TEXT NOT NULL,
        model_id TEXT NOT NULL REFERENCES model (id),
        prompt_id INTEGER NOT NULL REFERENCES prompt (id),
        seed INTEGER NOT NULL,
        parameters TEXT NOT NULL,
        parameters_json TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        seconds REAL,
        created_at TEXT NOT NULL,
        UNIQUE (prompt_id, model_id, parameters, seed)
    )""",
    "CREATE INDEX image_digest ON image (digest)",
    """CREATE TABLE vector (
        encoder TEXT NOT NULL,
        digest TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (encoder, digest)
    )""",
    """CREATE TABLE text_vector (
        encoder TEXT NOT NULL,
        text TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (encoder, text)
    )""",
    """CREATE TABLE battle (
        id TEXT PRIMARY KEY,
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        prompt_id INTEGER NOT NULL REFERENCES prompt (id),
        mode TEXT NOT NULL CHECK (mode IN ('blind', 'named')),
        model_left TEXT NOT NULL REFERENCES model (id),
        model_right TEXT NOT NULL REFERENCES model (id),
        seeds TEXT NOT NULL,
        policy TEXT NOT NULL,
        propensity REAL,
        opened_at TEXT NOT NULL
    )""",
    "CREATE INDEX battle_annotator ON battle (annotator_id)",
    """CREATE TABLE showing (
        name TEXT PRIMARY KEY,
        battle_id TEXT REFERENCES battle (id),
        image_id INTEGER NOT NULL REFERENCES image (id),
        side INTEGER NOT NULL,
        position INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX showing_battle ON showing (battle_id)",
    """CREATE TABLE vote (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        battle_id TEXT NOT NULL REFERENCES battle (id),
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        kind TEXT NOT NULL CHECK (kind IN ('cast', 'edit', 'undo')),
        outcome TEXT,
        supersedes INTEGER REFERENCES vote (id),
        cast_at TEXT NOT NULL,
        dwell_ms INTEGER CHECK (dwell_ms >= 0),
        CHECK ((kind = 'cast') = (supersedes IS NULL)),
        CHECK ((kind = 'undo') = (outcome IS NULL))
    )""",
    # One chain of events per battle: one cast, and each event is superseded at most once.
    "CREATE UNIQUE INDEX vote_cast ON vote (battle_id) WHERE kind = 'cast'",
    "CREATE UNIQUE INDEX vote_supersedes ON vote (supersedes)",
    "CREATE INDEX vote_battle ON vote (battle_id)",
    "CREATE INDEX vote_annotator ON vote (annotator_id)",
    """CREATE TRIGGER vote_no_update BEFORE UPDATE ON vote
       BEGIN SELECT RAISE(ABORT, 'votes are append-only: add an edit or an undo'); END""",
    """CREATE TRIGGER vote_no_delete BEFORE DELETE ON vote
       BEGIN SELECT RAISE(ABORT, 'votes are append-only: add an edit or an undo'); END""",
    """CREATE TABLE ticket (
        id TEXT PRIMARY KEY,
        battle_id TEXT NOT NULL REFERENCES battle (id),
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        issued_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        vote_id INTEGER REFERENCES vote (id)
    ) WITHOUT ROWID""",
    "CREATE INDEX ticket_battle ON ticket (battle_id)",
    "CREATE INDEX ticket_unused ON ticket (annotator_id, issued_at) WHERE vote_id IS NULL",
    "CREATE INDEX ticket_waiting ON ticket (expires_at) WHERE vote_id IS NULL",
    """CREATE TABLE refusal (
        reason TEXT NOT NULL,
        day TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (reason, day)
    ) WITHOUT ROWID""",
    # Derived from the vote events of blind battles; Votes.rebuild_counts makes it again.
    """CREATE TABLE vote_count (
        model_a TEXT NOT NULL,
        model_b TEXT NOT NULL,
        category TEXT NOT NULL,
        annotator_id TEXT NOT NULL,
        wins_a INTEGER NOT NULL DEFAULT 0,
        wins_b INTEGER NOT NULL DEFAULT 0,
        ties INTEGER NOT NULL DEFAULT 0,
        both_good INTEGER NOT NULL DEFAULT 0,
        both_bad INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (model_a, model_b, category, annotator_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE secret (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) WITHOUT ROWID""",
)
