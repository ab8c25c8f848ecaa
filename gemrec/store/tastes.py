"""What people have set about their taste, as a trail that can be walked back."""

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from gemrec.records import TasteSettings, Wish, WishKind
from gemrec.store.connection import Database
from gemrec.store.rows import to_text


class Tastes:
    """The ``taste_setting`` table: append-only, a row per change, each pointing at the one before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, annotator_id: str) -> TasteSettings:
        """Return what stands; plain settings for somebody who has set nothing."""
        with self._database.connect() as connection:
            return _current(connection, annotator_id).settings

    def can_undo(self, annotator_id: str) -> bool:
        """Return whether there is a change to take back."""
        with self._database.connect() as connection:
            row = _current(connection, annotator_id)
        return row.before is not None or not row.settings.is_plain

    def put(self, annotator_id: str, settings: TasteSettings, now: datetime) -> None:
        """Replace what stands; the trail keeps what stood before.

        Raises:
            StoreError: There is no such annotator.
        """
        with self._database.transaction() as connection:
            row = _current(connection, annotator_id)
            if row.settings != settings:
                _append(connection, annotator_id, _Row(settings, row.id), now)

    def undo(self, annotator_id: str, now: datetime) -> TasteSettings:
        """Take the last change back, and further calls those before it; return what then stands."""
        with self._database.transaction() as connection:
            row = _current(connection, annotator_id)
            earlier = _Row() if row.before is None else _row(connection, row.before)
            if row.settings != earlier.settings or row.before is not None:
                _append(connection, annotator_id, earlier, now)
        return earlier.settings


@dataclass(frozen=True, slots=True)
class _Row:
    """Settings, and the id of the row that they replaced; None when that was nothing."""

    settings: TasteSettings = field(default_factory=TasteSettings)
    before: int | None = None
    id: int | None = None


def _current(connection: sqlite3.Connection, annotator_id: str) -> _Row:
    found = connection.execute(
        "SELECT max(id) FROM taste_setting WHERE annotator_id = ?", (annotator_id,)
    ).fetchone()[0]
    return _Row() if found is None else _row(connection, found)


def _row(connection: sqlite3.Connection, row_id: int) -> _Row:
    row = connection.execute(
        "SELECT id, settings, before FROM taste_setting WHERE id = ?", (row_id,)
    ).fetchone()
    return _Row(_read(row["settings"]), row["before"], row["id"])


def _append(connection: sqlite3.Connection, annotator_id: str, row: _Row, now: datetime) -> None:
    connection.execute(
        "INSERT INTO taste_setting (annotator_id, settings, before, made_at) VALUES (?, ?, ?, ?)",
        (annotator_id, _write(row.settings), row.before, to_text(now)),
    )


def _write(settings: TasteSettings) -> str:
    return json.dumps(
        {
            "wishes": [[w.kind, w.what, w.sign, w.thumbnail] for w in settings.wishes],
            "strengths": dict(settings.strengths),
        }
    )


def _read(text: str) -> TasteSettings:
    held = json.loads(text)
    return TasteSettings(
        tuple(
            Wish(WishKind(kind), what, sign, thumbnail)
            for kind, what, sign, thumbnail in held["wishes"]
        ),
        MappingProxyType(dict(held["strengths"])),
    )
