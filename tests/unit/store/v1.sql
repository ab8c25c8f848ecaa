BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'gemrec','m001_initial','2026-01-02 03:04:05.000000+00:00');
CREATE TABLE annotator (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        created_at TEXT NOT NULL
    );
INSERT INTO "annotator" VALUES('ann','Ann','2026-01-02T03:04:05.000000+00:00');
CREATE TABLE battle (
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
    );
INSERT INTO "battle" VALUES('battle1','ann',1,'blind','ada','bob','[7, 8]','uniform',0.5,'2026-01-02T03:04:05.000000+00:00');
INSERT INTO "battle" VALUES('battle3','ann',1,'blind','cyd','ada','[7, 8]','uniform',0.5,'2026-01-02T03:04:10.000000+00:00');
CREATE TABLE image (
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
    );
INSERT INTO "image" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','ada',1,7,'ffffffffffffffff','{"steps": 20}',128,128,1.5,'2026-01-02T03:04:05.000000+00:00');
INSERT INTO "image" VALUES(2,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','bob',1,7,'ffffffffffffffff','{"steps": 20}',128,128,1.5,'2026-01-02T03:04:05.000000+00:00');
CREATE TABLE model (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        retired INTEGER NOT NULL DEFAULT 0,
        first_seen_at TEXT NOT NULL
    );
INSERT INTO "model" VALUES('ada','Ada',0,'2026-01-02T03:04:05.000000+00:00');
INSERT INTO "model" VALUES('bob','Bob',0,'2026-01-02T03:04:05.000000+00:00');
INSERT INTO "model" VALUES('cyd','Cyd',0,'2026-01-02T03:04:05.000000+00:00');
CREATE TABLE prompt (
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        category TEXT NOT NULL,
        UNIQUE (text, category)
    );
INSERT INTO "prompt" VALUES(1,'a fox','animal');
CREATE TABLE refusal (
        reason TEXT NOT NULL,
        day TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (reason, day)
    ) WITHOUT ROWID;
INSERT INTO "refusal" VALUES('used','2026-01-02',1);
CREATE TABLE secret (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) WITHOUT ROWID;
INSERT INTO "secret" VALUES('tickets',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
CREATE TABLE showing (
        name TEXT PRIMARY KEY,
        battle_id TEXT REFERENCES battle (id),
        image_id INTEGER NOT NULL REFERENCES image (id),
        side INTEGER NOT NULL,
        position INTEGER NOT NULL
    ) WITHOUT ROWID;
INSERT INTO "showing" VALUES('s1','battle1',1,0,0);
INSERT INTO "showing" VALUES('s2','battle1',2,1,0);
CREATE TABLE text_vector (
        encoder TEXT NOT NULL,
        text TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (encoder, text)
    );
INSERT INTO "text_vector" VALUES('tiny','a fox',X'000000000000803F');
CREATE TABLE ticket (
        id TEXT PRIMARY KEY,
        battle_id TEXT NOT NULL REFERENCES battle (id),
        annotator_id TEXT NOT NULL REFERENCES annotator (id),
        issued_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        vote_id INTEGER REFERENCES vote (id)
    ) WITHOUT ROWID;
INSERT INTO "ticket" VALUES('ticket2','battle1','ann','2026-01-02T03:04:05.000000+00:00','2026-01-02T03:09:05.000000+00:00',1);
INSERT INTO "ticket" VALUES('ticket4','battle3','ann','2026-01-02T03:04:10.000000+00:00','2026-01-02T03:09:10.000000+00:00',3);
CREATE TABLE vector (
        encoder TEXT NOT NULL,
        digest TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (encoder, digest)
    );
INSERT INTO "vector" VALUES('tiny','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'0000803F0000003F');
CREATE TABLE vote (
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
    );
INSERT INTO "vote" VALUES(1,'battle1','ann','cast','left',NULL,'2026-01-02T03:04:05.000000+00:00',1200);
INSERT INTO "vote" VALUES(2,'battle1','ann','edit','right',1,'2026-01-02T03:04:10.000000+00:00',1200);
INSERT INTO "vote" VALUES(3,'battle3','ann','cast','both_bad',NULL,'2026-01-02T03:04:10.000000+00:00',NULL);
INSERT INTO "vote" VALUES(4,'battle3','ann','undo',NULL,3,'2026-01-02T03:04:10.000000+00:00',NULL);
CREATE TABLE vote_count (
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
    ) WITHOUT ROWID;
INSERT INTO "vote_count" VALUES('ada','bob','animal','ann',0,1,0,0,0);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX annotator_name ON annotator (name);
CREATE INDEX image_digest ON image (digest);
CREATE INDEX battle_annotator ON battle (annotator_id);
CREATE INDEX showing_battle ON showing (battle_id);
CREATE UNIQUE INDEX vote_cast ON vote (battle_id) WHERE kind = 'cast';
CREATE UNIQUE INDEX vote_supersedes ON vote (supersedes);
CREATE INDEX vote_battle ON vote (battle_id);
CREATE INDEX vote_annotator ON vote (annotator_id);
CREATE TRIGGER vote_no_update BEFORE UPDATE ON vote
       BEGIN SELECT RAISE(ABORT, 'votes are append-only: add an edit or an undo'); END;
CREATE TRIGGER vote_no_delete BEFORE DELETE ON vote
       BEGIN SELECT RAISE(ABORT, 'votes are append-only: add an edit or an undo'); END;
CREATE INDEX ticket_battle ON ticket (battle_id);
CREATE INDEX ticket_unused ON ticket (annotator_id, issued_at) WHERE vote_id IS NULL;
CREATE INDEX ticket_waiting ON ticket (expires_at) WHERE vote_id IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('image',2);
INSERT INTO "sqlite_sequence" VALUES('vote',4);
COMMIT;
