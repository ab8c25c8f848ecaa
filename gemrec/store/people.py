"""What is kept about one person: all of it shown, or all of it gone.

Tables that speak of people have a column ``annotator_id``, and those that hang on a battle or an
image point at it; both are found in the schema, so that a table which is added later is not
forgotten here.
"""

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from gemrec.store.connection import Database
from gemrec.store.rows import to_text

Leaving = Literal["anonymise", "delete"]
REMOVED = "(removed)"
"""Stands for a prompt that only somebody who left has used."""

_PRIVATE = ("consent", "taste_setting", "draft", "king_run")  # of no use without the person
# Prompts that this person alone has typed.
_OWN_PROMPTS = (
    "INSERT INTO temp.own_prompt SELECT DISTINCT prompt_id FROM battle "
    "JOIN prompt ON prompt.id = prompt_id WHERE annotator_id = :person AND prompt.text <> :removed "
    "AND prompt.text NOT IN (SELECT value FROM json_each(:shared)) "
    "AND prompt.text NOT IN (SELECT prompt FROM campaign_item) AND NOT EXISTS "
    "(SELECT 1 FROM battle AS other JOIN prompt AS said ON said.id = other.prompt_id "
    "WHERE said.text = prompt.text AND other.annotator_id <> :person)"
)


@dataclass(frozen=True, slots=True)
class Gone:
    """What a deletion removed.

    Attributes:
        votes: Vote events that are gone, or now say nothing of the person.
        prompts: Prompts that only they used, which are gone.
        digests: Image files that nothing needs any more.
    """

    votes: int
    prompts: int
    digests: tuple[str, ...]


class People:
    """Everything about one person, across all tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def data(self, annotator_id: str) -> dict[str, Any]:
        """Return every row about a person by table, as JSON can hold it."""
        with self._database.connect() as connection:
            found: dict[str, Any] = {
                "annotator": _rows(connection, "SELECT * FROM annotator WHERE id = ?", annotator_id)
            }
            for table in _tables(connection):
                rows = _rows(
                    connection,
                    f"SELECT * FROM {table} WHERE annotator_id = ?",  # noqa: S608 - a table's name
                    annotator_id,
                )
                if rows:
                    found[table] = rows
            found["prompt"] = _rows(
                connection,
                "SELECT * FROM prompt WHERE id IN "
                "(SELECT prompt_id FROM battle WHERE annotator_id = ?)",
                annotator_id,
            )
            found["battle_side"] = _rows(
                connection,
                "SELECT battle_side.* FROM battle_side JOIN battle ON battle.id = battle_id "
                "WHERE annotator_id = ?",
                annotator_id,
            )
        return found

    def inactive(self, before: datetime) -> tuple[str, ...]:
        """Return the ids of people who have said nothing since, those who left already excepted."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT id FROM annotator WHERE created_at < :before AND id NOT LIKE 'gone-%' "
                "AND id NOT LIKE 'imported-%' AND NOT EXISTS (SELECT 1 FROM vote "
                "WHERE annotator_id = annotator.id AND cast_at >= :before)",
                {"before": to_text(before)},
            ).fetchall()
        return tuple(row[0] for row in rows)

    def forget(
        self, annotator_id: str, how: Leaving, shared_prompts: Collection[str], now: datetime
    ) -> Gone:
        """Remove a person by one transaction.

        Args:
            annotator_id: Who; somebody unknown is gone already.
            how: Whether their votes stay, without them, or go.
            shared_prompts: Texts that are not theirs, such as those of the dice.
            now: When.
        """
        with self._database.connect() as connection:
            # What is deleted is overwritten, so that no page of the file holds it any more.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute("PRAGMA defer_foreign_keys = ON")
                gone = _forget(connection, annotator_id, how, shared_prompts, to_text(now))
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA secure_delete = OFF")
        return gone


def _forget(
    connection: sqlite3.Connection,
    person: str,
    how: Leaving,
    shared_prompts: Collection[str],
    now: str,
) -> Gone:
    connection.execute("INSERT INTO forgetting VALUES (?)", (person,))
    votes = connection.execute(
        "SELECT count(*) FROM vote WHERE annotator_id = ?", (person,)
    ).fetchone()[0]
    prompts = _mark_prompts(connection, person, shared_prompts)
    digests = _drop_images(connection)
    if how == "delete":
        _drop_battles(connection, "annotator_id = :person", person)
    else:
        _anonymise(connection, person, now)
    _drop_prompts(connection)
    for table in _tables(connection):
        connection.execute(f"DELETE FROM {table} WHERE annotator_id = ?", (person,))  # noqa: S608
    connection.execute("DELETE FROM annotator WHERE id = ?", (person,))
    # What is derived speaks of people too; it is made again from the events.
    connection.execute("DELETE FROM checkpoint")
    connection.execute("DELETE FROM elo_step")
    return Gone(votes, prompts, digests)


def _mark_prompts(connection: sqlite3.Connection, person: str, shared: Collection[str]) -> int:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS own_prompt (id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM temp.own_prompt")
    return connection.execute(
        _OWN_PROMPTS,
        {"person": person, "removed": REMOVED, "shared": json.dumps(sorted(shared))},
    ).rowcount


def _drop_images(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Remove the images of the marked prompts; return the files that nothing else needs."""
    theirs = "prompt_id IN (SELECT id FROM temp.own_prompt)"
    rows = connection.execute(f"SELECT DISTINCT digest FROM image WHERE {theirs}").fetchall()  # noqa: S608
    for table, column in _pointing_at(connection, "image"):
        connection.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM image WHERE {theirs})"  # noqa: S608
        )
    connection.execute(f"DELETE FROM image WHERE {theirs}")  # noqa: S608
    gone = [
        row[0]
        for row in rows
        if not connection.execute("SELECT 1 FROM image WHERE digest = ?", row[:1]).fetchone()
    ]
    connection.executemany("DELETE FROM vector WHERE digest = ?", [(digest,) for digest in gone])
    return tuple(gone)


def _drop_battles(connection: sqlite3.Connection, which: str, person: str) -> None:
    """Remove battles with all that hangs on them; ``which`` is a constant condition."""
    values = {"person": person}
    chosen = f"SELECT id FROM battle WHERE {which}"  # noqa: S608
    connection.execute(
        f"DELETE FROM assignment WHERE battle_id IN ({chosen})",  # noqa: S608
        values,
    )
    for table, column in _pointing_at(connection, "battle"):
        connection.execute(f"DELETE FROM {table} WHERE {column} IN ({chosen})", values)  # noqa: S608
    connection.execute(f"DELETE FROM battle WHERE {which}", values)  # noqa: S608


def _anonymise(connection: sqlite3.Connection, person: str, now: str) -> None:
    """Let the votes stay under an id that nothing links to the person."""
    unvoted = (
        "annotator_id = :person AND NOT EXISTS (SELECT 1 FROM vote WHERE battle_id = battle.id)"
    )
    _drop_battles(connection, unvoted, person)
    stranger = f"gone-{secrets.token_hex(12)}"
    connection.execute(
        "INSERT INTO annotator (id, name, created_at) VALUES (?, '', ?)", (stranger, now)
    )
    connection.execute("INSERT INTO forgetting VALUES (?)", (stranger,))
    connection.execute("UPDATE battle SET run_id = NULL WHERE annotator_id = ?", (person,))
    connection.execute(
        "DELETE FROM draft WHERE battle_id IN (SELECT id FROM battle WHERE annotator_id = ?)",
        (person,),
    )
    connection.execute("UPDATE vote SET skip_reason = '' WHERE annotator_id = ?", (person,))
    for table in _tables(connection):
        if table not in (*_PRIVATE, "forgetting"):
            connection.execute(
                f"UPDATE {table} SET annotator_id = ? WHERE annotator_id = ?",  # noqa: S608
                (stranger, person),
            )
    connection.execute("DELETE FROM forgetting WHERE annotator_id = ?", (stranger,))


def _drop_prompts(connection: sqlite3.Connection) -> None:
    """Remove the marked prompts; battles that stay point at one that says nothing."""
    for row in connection.execute(
        "SELECT id, text, category FROM prompt WHERE id IN (SELECT id FROM temp.own_prompt)"
    ).fetchall():
        connection.execute(
            "INSERT OR IGNORE INTO prompt (text, category) VALUES (?, ?)",
            (REMOVED, row["category"]),
        )
        connection.execute(
            "UPDATE battle SET prompt_id = (SELECT id FROM prompt WHERE text = ? AND category = ?) "
            "WHERE prompt_id = ?",
            (REMOVED, row["category"], row["id"]),
        )
        connection.execute("DELETE FROM prompt WHERE id = ?", (row["id"],))
        connection.execute(
            "DELETE FROM text_vector WHERE text = :text "
            "AND NOT EXISTS (SELECT 1 FROM prompt WHERE prompt.text = :text)",
            {"text": row["text"]},
        )
    connection.execute("DELETE FROM temp.own_prompt")


def _all_tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [row[0] for row in rows]


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Tables that speak of people."""
    return [
        table
        for table in _all_tables(connection)
        if any(row["name"] == "annotator_id" for row in _info(connection, table))
    ]


def _info(connection: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    yield from connection.execute("SELECT * FROM pragma_table_info(?)", (table,))


def _pointing_at(connection: sqlite3.Connection, parent: str) -> list[tuple[str, str]]:
    """Tables and columns that refer to a table."""
    return [
        (table, row["from"])
        for table in _all_tables(connection)
        for row in connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table,))
        if row["table"] == parent
    ]


def _rows(connection: sqlite3.Connection, sql: str, value: str) -> list[dict[str, Any]]:
    rows = connection.execute(sql, (value,)).fetchall()
    return [
        {name: row[name] for name in row.keys() if not isinstance(row[name], bytes)}  # noqa: SIM118
        for row in rows
    ]
