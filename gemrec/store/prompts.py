"""Prompts that were used, each with its category."""

import sqlite3

from gemrec.records import Prompt
from gemrec.store.connection import Database


def prompt_row(connection: sqlite3.Connection, prompt: Prompt) -> int:
    """Return the prompt's row number inside the caller's transaction, adding it when new."""
    connection.execute(
        "INSERT INTO prompt (text, category) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (prompt.text, prompt.category),
    )
    row = connection.execute(
        "SELECT id FROM prompt WHERE text = ? AND category = ?", (prompt.text, prompt.category)
    ).fetchone()
    return int(row["id"])


class Prompts:
    """The ``prompt`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, prompt: Prompt) -> int:
        """Add a prompt and return its row number; the same text and category are one row."""
        with self._database.transaction() as connection:
            return prompt_row(connection, prompt)

    def all(self) -> tuple[Prompt, ...]:
        """Return every prompt, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute("SELECT text, category FROM prompt ORDER BY id").fetchall()
        return tuple(Prompt(row["text"], row["category"]) for row in rows)
