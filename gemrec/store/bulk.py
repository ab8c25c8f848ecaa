"""Many votes at once: staged beside the database, then taken in by one transaction or not at all.

Rows are first collected in temporary tables, which takes no lock; people can go on voting. The
transaction that follows only moves them, so the database is locked for the shortest time. What is
there already is recognised by the battle's id: importing the same rows again adds nothing.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gemrec.errors import InputError
from gemrec.records import Vote
from gemrec.store.connection import Database
from gemrec.store.counts import COUNT_NEW_PAIRS, count_vote
from gemrec.store.rows import to_text
from gemrec.store.vote_rows import SELECT_VOTE, vote_row

_CACHE_KIB = 128 * 1024  # random battle ids land all over their index; keep it in memory
_ROWS_AT_ONCE = 10_000


class IncomingVote(NamedTuple):
    """One vote event to take in.

    Attributes:
        battle_id: Same id, same battle; an event that its battle has already is left out.
        annotator_id: Who voted.
        annotator_name: What they are called.
        prompt: The prompt's text.
        category: The prompt's category.
        models: Model id per side.
        outcome: A word of :class:`~gemrec.records.Outcome`; None for an undo.
        kind: ``cast``, ``edit`` or ``undo``.
        step: Place in the battle's chain of events, 0 for the cast.
        cast_at: When, as :func:`~gemrec.store.rows.to_text` writes it; empty for unknown.
        opened_at: When the battle was opened; empty for unknown.
        mode: ``blind`` or ``named``.
        form: ``pair``, ``king`` or ``ranking``.
        campaign: Id of the study; empty for none.
        seeds: JSON list of the seeds.
        policy: Who chose the models.
        propensity: With which probability; None when people chose.
        ranking: JSON tiers; None unless the outcome is a ranking.
        reasons: JSON list of tags.
        best_side: Side of the best image; None for none.
        best_position: Its place.
        skip_reason: Why it was skipped.
        dwell_ms: Milliseconds between showing and voting; None for unknown.
        zooms: How often images were enlarged; None for unknown.
    """

    battle_id: str
    annotator_id: str
    annotator_name: str
    prompt: str
    category: str
    models: tuple[str, ...]
    outcome: str | None
    kind: str = "cast"
    step: int = 0
    cast_at: str = ""
    opened_at: str = ""
    mode: str = "blind"
    form: str = "pair"
    campaign: str = ""
    seeds: str = "[]"
    policy: str = "imported"
    propensity: float | None = None
    ranking: str | None = None
    reasons: str = "[]"
    best_side: int | None = None
    best_position: int | None = None
    skip_reason: str = ""
    dwell_ms: int | None = None
    zooms: int | None = None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import did.

    Attributes:
        events: Vote events that are new.
        known: Events that were there already.
        annotators: People that are new.
        models: Models that are new.
        prompts: Prompts that are new.
    """

    events: int
    known: int
    annotators: int
    models: int
    prompts: int


class Bulk:
    """Takes in many votes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def stage(self) -> Iterator["Staging"]:
        """Lend a staging area; what is not committed leaves nothing behind."""
        with self._database.connect() as connection:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            # Every row is joined with what it points at, so asking again would only take time.
            connection.execute("PRAGMA foreign_keys = OFF")
            for statement in _STAGING:
                connection.execute(statement)
            connection.execute("BEGIN")  # writing temporary tables locks nobody out
            try:
                yield Staging(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                for table in _TABLES:
                    connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA cache_size = -2000")


class Staging:
    """Rows that wait for their transaction.

    Args:
        connection: Where the temporary tables are.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows = 0
        self._has_changes = False
        self._prompts: dict[tuple[str, str], int] = {}
        self._people: dict[str, int] = {}
        self._models: dict[str, int] = {}
        self._new: dict[str, list[tuple[object, ...]]] = {
            "prompt": [],
            "annotator": [],
            "model": [],
        }

    def add(self, votes: Iterable[IncomingVote]) -> None:
        """Collect events, in the order in which they happened."""
        batch: list[tuple[object, ...]] = []
        for vote in votes:
            batch.append(self._row(vote))
            if len(batch) >= _ROWS_AT_ONCE:
                self._flush(batch)
                batch = []
        self._flush(batch)

    def commit(self, now: datetime) -> TakenIn:
        """Take everything in by one transaction.

        Args:
            now: For events, people and models that do not say when.

        Raises:
            sqlite3.Error: Something does not fit; nothing is taken in then.
        """
        connection = self._connection
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
        try:
            taken = self._move(to_text(now))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return taken

    def _row(self, vote: IncomingVote) -> tuple[object, ...]:
        self._rows += 1
        self._has_changes |= vote.step > 0
        prompt = (vote.prompt, vote.category)
        prompt_key = self._prompts.get(prompt)
        if prompt_key is None:
            prompt_key = self._prompts[prompt] = len(self._prompts)
            self._new["prompt"].append((prompt_key, *prompt))
        person = self._people.get(vote.annotator_id)
        if person is None:
            person = self._people[vote.annotator_id] = len(self._people)
            self._new["annotator"].append((person, vote.annotator_id, vote.annotator_name))
        sides = [self._model(model_id) for model_id in vote.models]
        more = None if len(sides) == 2 else json.dumps(vote.models)
        return (
            self._rows,
            vote.battle_id,
            person,
            prompt_key,
            sides[0],
            sides[1],
            more,
            *vote[6:],
        )

    def _model(self, model_id: str) -> int:
        key = self._models.get(model_id)
        if key is None:
            key = self._models[model_id] = len(self._models)
            self._new["model"].append((key, model_id))
        return key

    def _flush(self, batch: list[tuple[object, ...]]) -> None:
        for name, rows in self._new.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO incoming_{name} VALUES ({marks})", rows)  # noqa: S608 - constants
                rows.clear()
        if batch:
            marks = ", ".join("?" * len(batch[0]))
            self._connection.executemany(
                f"INSERT INTO incoming ({_COLUMNS}) VALUES ({marks})",  # noqa: S608 - constants
                batch,
            )

    def _move(self, now: str) -> TakenIn:
        run = self._connection.execute
        values: dict[str, str | int] = {"now": now}
        known = run(_MARK_KNOWN).rowcount
        run(_MARK_OLD_BATTLES)
        people = run(_ADD_PEOPLE, values).rowcount
        models = run(_ADD_MODELS, values).rowcount
        prompts = run(_ADD_PROMPTS).rowcount
        if self._has_changes:
            run("CREATE INDEX temp.incoming_chain ON incoming (battle, step)")
        values["last"] = int(run(_LAST_ID).fetchone()[0])
        grown = [row[0] for row in run(_GROWN)]
        before = [vote for battle_id in grown if (vote := self._standing(battle_id)) is not None]
        run(_SET_PREVIOUS, values)
        self._check_chains()
        run(_ADD_BATTLES, values)
        for statement in _ADD_SIDES:
            run(statement)
        run(_ADD_VOTES, values)
        run(COUNT_NEW_PAIRS, values)
        for vote in before:
            count_vote(self._connection, vote, -1)
        for battle_id in (*grown, *(row[0] for row in run(_NEW_RANKINGS).fetchall())):
            if (newest := self._standing(battle_id)) is not None:
                count_vote(self._connection, newest, +1)
        return TakenIn(self._rows - known, known, people, models, prompts)

    def _check_chains(self) -> None:
        """Refuse an edit or undo of a vote that is neither staged nor stored."""
        row = self._connection.execute(_LOOSE).fetchone()
        if row is not None:
            raise InputError(
                f"votes: event {row['step']} of battle {row['battle']!r} has no event before it; "
                "allowed: the whole trail of a battle, or its vote as it stands"
            )

    def _standing(self, battle_id: str) -> Vote | None:
        row = self._connection.execute(
            SELECT_VOTE + "WHERE vote.battle_id = ? ORDER BY vote.id DESC LIMIT 1", (battle_id,)
        ).fetchone()
        return None if row is None else vote_row(row)


_TABLES = ("incoming", "incoming_prompt", "incoming_annotator", "incoming_model")
_STAGING = (
    *(f"DROP TABLE IF EXISTS temp.{table}" for table in _TABLES),
    """CREATE TEMP TABLE incoming (
        n INTEGER PRIMARY KEY, battle TEXT, person INTEGER, prompt INTEGER, a INTEGER, b INTEGER,
        sides TEXT, outcome TEXT, kind TEXT, step INTEGER, cast_at TEXT, opened_at TEXT, mode TEXT,
        form TEXT, campaign TEXT, seeds TEXT, policy TEXT, propensity REAL, ranking TEXT,
        reasons TEXT, best_side INTEGER, best_position INTEGER, skip_reason TEXT,
        dwell_ms INTEGER, zooms INTEGER, known INTEGER NOT NULL DEFAULT 0,
        old INTEGER NOT NULL DEFAULT 0, previous INTEGER
    )""",
    "CREATE INDEX temp.incoming_previous ON incoming (previous) WHERE previous IS NOT NULL",
    "CREATE TEMP TABLE incoming_prompt (key INTEGER PRIMARY KEY, text TEXT, category TEXT)",
    "CREATE TEMP TABLE incoming_annotator (key INTEGER PRIMARY KEY, id TEXT, name TEXT)",
    "CREATE TEMP TABLE incoming_model (key INTEGER PRIMARY KEY, id TEXT)",
)
_COLUMNS = (
    "n, battle, person, prompt, a, b, sides, outcome, kind, step, cast_at, opened_at, mode, form, "
    "campaign, seeds, policy, propensity, ranking, reasons, best_side, best_position, "
    "skip_reason, dwell_ms, zooms"
)
_LAST_ID = "SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'vote'"
_ADD_PEOPLE = (
    "INSERT OR IGNORE INTO annotator (id, name, created_at) "
    "SELECT id, name, :now FROM incoming_annotator "
    "WHERE key IN (SELECT person FROM incoming WHERE NOT old) ORDER BY key"
)
_ADD_MODELS = (
    "INSERT OR IGNORE INTO model (id, name, first_seen_at) "
    "SELECT id, id, :now FROM incoming_model ORDER BY key"
)
_ADD_PROMPTS = (
    "INSERT OR IGNORE INTO prompt (text, category) "
    "SELECT text, category FROM incoming_prompt ORDER BY key"
)
_MARK_KNOWN = (
    "UPDATE incoming SET known = 1 "
    "WHERE step < (SELECT count(*) FROM vote WHERE vote.battle_id = incoming.battle)"
)
_MARK_OLD_BATTLES = (
    "UPDATE incoming SET old = 1 WHERE EXISTS (SELECT 1 FROM battle WHERE id = incoming.battle)"
)
# Battles that are here already and get further events: their counts are corrected one by one.
_GROWN = "SELECT DISTINCT battle FROM incoming WHERE old AND NOT known"
_SET_PREVIOUS = (
    "UPDATE incoming SET previous = coalesce("
    "(SELECT :last + earlier.n FROM incoming AS earlier WHERE earlier.battle = incoming.battle "
    "AND earlier.step = incoming.step - 1 AND NOT earlier.known), "
    "(SELECT max(id) FROM vote WHERE battle_id = incoming.battle)) WHERE step > 0 AND NOT known"
)
_ADD_BATTLES = (
    "INSERT INTO battle (id, annotator_id, prompt_id, mode, form, seeds, policy, propensity, "
    "opened_at, campaign) SELECT battle, person.id, prompt.id, mode, form, seeds, policy, "
    "propensity, iif(opened_at = '', iif(cast_at = '', :now, cast_at), opened_at), campaign "
    "FROM incoming JOIN incoming_annotator AS person ON person.key = incoming.person "
    "JOIN incoming_prompt AS said ON said.key = incoming.prompt "
    "JOIN prompt ON prompt.text = said.text AND prompt.category = said.category "
    "WHERE step = 0 AND NOT old ORDER BY battle"
)
_ADD_SIDES = (
    "INSERT INTO battle_side (battle_id, side, model_id) SELECT battle, side.n, model.id "
    "FROM incoming JOIN (SELECT 0 AS n UNION ALL SELECT 1) AS side "
    "JOIN incoming_model AS model ON model.key = iif(side.n = 0, a, b) "
    "WHERE step = 0 AND NOT old AND sides IS NULL ORDER BY battle, side.n",
    "INSERT INTO battle_side (battle_id, side, model_id) SELECT battle, each.key, each.value "
    "FROM incoming, json_each(sides) AS each WHERE step = 0 AND NOT old AND sides IS NOT NULL",
)
_ADD_VOTES = (
    "INSERT INTO vote (id, battle_id, annotator_id, kind, outcome, supersedes, cast_at, ranking, "
    "reasons, best_side, best_position, skip_reason, dwell_ms, zooms) "
    "SELECT :last + n, battle, iif(old, (SELECT annotator_id FROM battle WHERE id = incoming.battle), "
    "person.id), kind, outcome, previous, "
    "iif(cast_at = '', :now, cast_at), ranking, reasons, best_side, best_position, skip_reason, "
    "dwell_ms, zooms FROM incoming JOIN incoming_annotator AS person "
    "ON person.key = incoming.person WHERE NOT known ORDER BY n"
)
_LOOSE = (
    "SELECT battle, step FROM incoming WHERE step > 0 AND NOT known AND previous IS NULL LIMIT 1"
)
_NEW_RANKINGS = "SELECT DISTINCT battle FROM incoming WHERE NOT old AND outcome = 'ranking'"
