"""What is exported, read in pieces so that a million votes need no more memory than a few."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gemrec.store.battles import SIDES
from gemrec.store.connection import Database
from gemrec.store.rows import to_text

EventRow = sqlite3.Row
"""A vote event with the names of the exported columns."""

_AT_ONCE = 5000
_CACHE_KIB = 128 * 1024

_STANDS = (
    "vote.kind <> 'undo' "
    "AND NOT EXISTS (SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id)"
)
# Column names of this query are those of the exports, see gemrec.exchange.vote_table.
_EVENTS = (
    "SELECT vote.id AS event_id, vote.battle_id, vote.annotator_id AS annotator, kind, "  # noqa: S608
    "iif(kind = 'cast', 0, (SELECT count(*) FROM vote AS e WHERE e.battle_id = vote.battle_id "
    f"AND e.id < vote.id)) AS step, {_STANDS} AS stands, outcome, prompt.text AS prompt, "
    "prompt.category, l.model_id AS model_a, r.model_id AS model_b, "
    f"iif(form = 'ranking', {SIDES}, NULL) AS models, ranking, mode, form, campaign, seeds, "
    "policy, propensity, opened_at, cast_at AS created_at, dwell_ms, zooms, reasons, best_side, "
    "best_position, skip_reason "
    "FROM vote JOIN battle ON battle.id = vote.battle_id "
    "JOIN prompt ON prompt.id = battle.prompt_id "
    "JOIN battle_side AS l ON l.battle_id = battle.id AND l.side = 0 "
    "JOIN battle_side AS r ON r.battle_id = battle.id AND r.side = 1 "
    "WHERE vote.id > :after AND (:since IS NULL OR cast_at >= :since) "
    "AND (:campaign IS NULL OR campaign = :campaign) "
)
_IMAGES = (
    "SELECT image.id, digest, model_id, prompt.text AS prompt, category, seed, parameters, parameters_json, "
    "width, height, seconds, image.created_at FROM image JOIN prompt ON prompt.id = prompt_id "
    "WHERE (:since IS NULL OR image.created_at >= :since) AND (:campaign IS NULL OR EXISTS "
    "(SELECT 1 FROM showing JOIN battle ON battle.id = showing.battle_id "
    "WHERE showing.image_id = image.id AND battle.campaign = :campaign)) ORDER BY image.id"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export.

    Attributes:
        since: Cast or made from then on; None for all.
        campaign: Only this study; None for all.
    """

    since: datetime | None = None
    campaign: str | None = None

    def values(self) -> dict[str, str | int | None]:
        """For the queries of this module."""
        return {
            "since": None if self.since is None else to_text(self.since),
            "campaign": self.campaign,
        }


@dataclass(frozen=True, slots=True)
class ShownImage:
    """One image of a battle.

    Attributes:
        side: Where it stood.
        position: Its place in the grid.
        digest: Name of its file.
        parameters: How it was made, as JSON.
    """

    side: int
    position: int
    digest: str
    parameters: str


class Exports:
    """Reads votes and images in bulk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def events(self, wanted: Wanted, *, standing_only: bool) -> Iterator[list[sqlite3.Row]]:
        """Vote events in pieces, oldest first.

        Args:
            wanted: Which.
            standing_only: Only what stands, otherwise the whole trail.
        """
        where = f"AND {_STANDS} " if standing_only else ""
        sql = f"{_EVENTS}{where}ORDER BY vote.id LIMIT {_AT_ONCE}"
        after = 0
        while True:
            with self._database.connect() as connection:
                # Battles lie all over their index; what was read stays at hand for the next piece.
                connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                rows = connection.execute(sql, wanted.values() | {"after": after}).fetchall()
                if not rows:
                    connection.execute("PRAGMA cache_size = -2000")
            if not rows:
                return
            yield rows
            after = rows[-1]["event_id"]

    def shown(self, battle_ids: Sequence[str]) -> dict[str, list[ShownImage]]:
        """The images of these battles by side and position; battles without any are left out."""
        found: dict[str, list[ShownImage]] = {}
        sql = (
            "SELECT battle_id, side, position, digest, parameters_json FROM json_each(?) AS wanted "
            "JOIN showing ON showing.battle_id = wanted.value "
            "JOIN image ON image.id = showing.image_id ORDER BY battle_id, side, position"
        )
        with self._database.connect() as connection:
            if connection.execute("SELECT 1 FROM showing LIMIT 1").fetchone() is None:
                return {}
            for row in connection.execute(sql, (json.dumps(battle_ids),)):
                found.setdefault(row[0], []).append(ShownImage(*row[1:]))
        return found

    def images(self, wanted: Wanted) -> list[sqlite3.Row]:
        """Every image's row, oldest first."""
        with self._database.connect() as connection:
            return connection.execute(_IMAGES, wanted.values()).fetchall()

    def count(self, wanted: Wanted) -> int:
        """How many events :meth:`events` will read at most."""
        with self._database.connect() as connection:
            sql = (
                "SELECT count(*) FROM vote JOIN battle ON battle.id = battle_id "
                "WHERE (:since IS NULL OR cast_at >= :since) "
                "AND (:campaign IS NULL OR campaign = :campaign)"
            )
            return int(connection.execute(sql, wanted.values()).fetchone()[0])

    def facts(self, wanted: Wanted) -> "Facts":
        """Count what an export holds."""
        sql = (
            "SELECT count(*), count(DISTINCT vote.annotator_id) FROM vote "  # noqa: S608
            f"JOIN battle ON battle.id = battle_id WHERE {_STANDS} "
            "AND (:since IS NULL OR cast_at >= :since) "
            "AND (:campaign IS NULL OR campaign = :campaign)"
        )
        models = (
            "SELECT count(*) FROM model WHERE EXISTS (SELECT 1 FROM battle_side "
            "JOIN battle ON battle.id = battle_side.battle_id "
            "JOIN vote ON vote.battle_id = battle.id WHERE model_id = model.id "
            "AND (:since IS NULL OR cast_at >= :since) "
            "AND (:campaign IS NULL OR campaign = :campaign))"
        )
        with self._database.connect() as connection:
            votes, people = connection.execute(sql, wanted.values()).fetchone()
            count = connection.execute(models, wanted.values()).fetchone()[0]
        return Facts(votes, people, count)


@dataclass(frozen=True, slots=True)
class Facts:
    """How many votes that stand, people and models."""

    votes: int
    annotators: int
    models: int


class ExportFiles:
    """The ``export_file`` table: which files were written, so that a deletion can find them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, files: Sequence[tuple[str, str]], last_vote_id: int, made_at: datetime) -> None:
        """Remember files.

        Args:
            files: Absolute path and SHA-256 of each.
            last_vote_id: The newest event that can be in them.
            made_at: When.
        """
        rows = [(path, digest, last_vote_id, to_text(made_at)) for path, digest in files]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO export_file (path, digest, last_vote_id, made_at) "
                "VALUES (?, ?, ?, ?)",
                rows,
            )

    def all(self) -> tuple[tuple[str, str], ...]:
        """Path and digest of every file that was written and not forgotten, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT path, digest FROM export_file ORDER BY made_at, path"
            ).fetchall()
        return tuple((row[0], row[1]) for row in rows)

    def forget(self, paths: Sequence[str]) -> None:
        """Forget files that are gone."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM export_file WHERE path = ?", [(path,) for path in paths]
            )
