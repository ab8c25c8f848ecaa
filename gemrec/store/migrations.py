"""The schema, as migrations that are only ever appended to.

A migration that has shipped is never edited: a change is a new function ``m00n_what``. All pending
migrations of one opening run in one transaction, so a failing one leaves the file as it was.
Foreign keys are off meanwhile, so that a table can be replaced, and checked at the end.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database as Schema
from sqlite_utils.migrations import Migrations

from gemrec.errors import StoreError

SET_NAME = "gemrec"
MIGRATIONS = Migrations(SET_NAME)

_V1 = (
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


@MIGRATIONS()
def m001_initial(db: Schema) -> None:
    """People, prompts, models, images, battles, tickets and the append-only vote trail."""
    for statement in _V1:
        db.execute(statement)


_V2 = (
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


@MIGRATIONS()
def m002_sides_and_rankings(db: Schema) -> None:
    """Battles of more than two sides, rankings, remarks, studies."""
    for statement in _V2:
        db.execute(statement)


_V3 = (
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


@MIGRATIONS()
def m003_runs_and_incidents(db: Schema) -> None:
    """King's runs; battles that came to nothing, counted."""
    for statement in _V3:
        db.execute(statement)


def check_not_newer(connection: sqlite3.Connection, path: Path, migrations: Migrations) -> None:
    """Refuse a database that this version of gemrec does not understand.

    Raises:
        StoreError: It belongs to another program, or a newer gemrec has changed its schema.
    """
    schema = Schema(connection)
    applied = [migration.name for migration in migrations.applied(schema)]
    if not applied and (foreign := schema.table_names()):
        raise StoreError(
            f"{path} is a SQLite database of another program (it has the table "
            f"{foreign[0]!r}); choose another file with --db or GEMREC_DB."
        )
    with closing(Schema(memory=True)) as empty:
        known = {migration.name for migration in migrations.pending(empty)}
    if newer := [name for name in applied if name not in known]:
        raise StoreError(
            f"{path} was written by a newer gemrec: it has {', '.join(newer)}, this one knows up "
            f"to {max(known)}. Update gemrec, or choose another file with --db or GEMREC_DB."
        )


def migrate(connection: sqlite3.Connection, migrations: Migrations) -> None:
    """Apply what is pending; inside the caller's transaction, so all of it or none.

    Raises:
        sqlite3.Error: A migration failed.
        StoreError: It left rows that point at nothing.
    """
    schema = Schema(connection)
    if not migrations.pending(schema):
        return
    migrations.apply(schema)
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise StoreError(
            f"Bringing the database up to date would leave {len(broken)} rows of the table "
            f"{broken[0][0]!r} that point at nothing; nothing was changed. Restore a copy."
        )


def schema_version(connection: sqlite3.Connection) -> str:
    """Name of the newest migration that the database has."""
    return MIGRATIONS.applied(Schema(connection))[-1].name
