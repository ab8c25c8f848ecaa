"""Studies, consent, exported files, and the one exception from append-only: a person who leaves."""

STATEMENTS = (
    """CREATE TABLE campaign (
        id TEXT PRIMARY KEY,
        spec TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
        created_at TEXT NOT NULL,
        closed_at TEXT
    ) WITHOUT ROWID""",
    # What is judged: two models on one prompt. Gold items have an answer that is known.
    """CREATE TABLE campaign_item (
        campaign_id TEXT NOT NULL REFERENCES campaign (id),
        number INTEGER NOT NULL,
        prompt TEXT NOT NULL,
        category TEXT NOT NULL,
        model_first TEXT NOT NULL,
        model_second TEXT NOT NULL,
        seeds TEXT NOT NULL,
        gold TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (campaign_id, number)
    ) WITHOUT ROWID""",
    # Who judges what, until when. Its battle is opened later, and votes say whether it was answered.
    """CREATE TABLE assignment (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        campaign_id TEXT NOT NULL,
        item INTEGER NOT NULL,
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        kind TEXT NOT NULL CHECK (kind IN ('item', 'gold', 'repeat')),
        is_turned INTEGER NOT NULL,
        battle_id TEXT NOT NULL UNIQUE,
        leased_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        lapsed INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY (campaign_id, item) REFERENCES campaign_item (campaign_id, number)
    )""",
    "CREATE INDEX assignment_item ON assignment (campaign_id, item)",
    "CREATE INDEX assignment_annotator ON assignment (annotator_id, campaign_id)",
    "CREATE INDEX battle_campaign ON battle (campaign) WHERE campaign <> ''",
    """CREATE TABLE consent (
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        digest TEXT NOT NULL,
        agreed_at TEXT NOT NULL,
        PRIMARY KEY (annotator_id, digest)
    ) WITHOUT ROWID""",
    """CREATE TABLE export_file (
        path TEXT PRIMARY KEY,
        digest TEXT NOT NULL,
        last_vote_id INTEGER NOT NULL,
        made_at TEXT NOT NULL
    ) WITHOUT ROWID""",
    # Holds somebody's id only within the transaction that forgets them.
    "CREATE TABLE forgetting (annotator_id TEXT PRIMARY KEY) WITHOUT ROWID",
    "DROP TRIGGER vote_no_update",
    "DROP TRIGGER vote_no_delete",
    """CREATE TRIGGER vote_no_update BEFORE UPDATE ON vote
       WHEN NOT EXISTS (SELECT 1 FROM forgetting WHERE annotator_id = OLD.annotator_id)
       BEGIN SELECT RAISE(ABORT, 'votes are append-only: add an edit or an undo'); END""",
    """CREATE TRIGGER vote_no_delete BEFORE DELETE ON vote
       WHEN NOT EXISTS (SELECT 1 FROM forgetting WHERE annotator_id = OLD.annotator_id)
       BEGIN SELECT RAISE(ABORT, 'votes are append-only: add an edit or an undo'); END""",
)
