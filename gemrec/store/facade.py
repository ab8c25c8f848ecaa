"""One object through which everything in the database is reached."""

from pathlib import Path
from typing import Any

from gemrec.records import Vote
from gemrec.store.annotators import Annotators
from gemrec.store.assignments import Assignments
from gemrec.store.battles import Battles
from gemrec.store.bulk import Bulk
from gemrec.store.campaigns import Campaigns
from gemrec.store.checkpoints import Checkpoints
from gemrec.store.connection import Database, Journal
from gemrec.store.consents import Consents
from gemrec.store.drafts import Drafts
from gemrec.store.exports import ExportFiles, Exports
from gemrec.store.image_scores import ImageScores
from gemrec.store.images import Images
from gemrec.store.incidents import Incidents
from gemrec.store.models import Models
from gemrec.store.people import People
from gemrec.store.picks import Picks
from gemrec.store.places import ImagePlaces
from gemrec.store.podiums import Podiums
from gemrec.store.prompts import Prompts
from gemrec.store.runs import Runs
from gemrec.store.secrets import Secrets
from gemrec.store.serving import ServerLock
from gemrec.store.snapshots import write_snapshot
from gemrec.store.switches import Switches
from gemrec.store.tallies import Tallies
from gemrec.store.tastes import Tastes
from gemrec.store.tickets import Tickets
from gemrec.store.trail import Trail
from gemrec.store.usage import Usage
from gemrec.store.vectors import Vectors
from gemrec.store.votes import Votes

_COUNTED = ("annotator", "model", "prompt", "image", "vector", "battle", "vote")


class Store:
    """The database, one attribute per family of tables; safe to share between threads.

    Args:
        path: The SQLite file; created with its folder when missing, migrated when older.
        journal: How commits are kept safe, see :class:`~gemrec.store.connection.Database`.

    Raises:
        StoreError: The file cannot be used; the message says why and what to do.

    Example:
        >>> import tempfile
        >>> from datetime import UTC, datetime
        >>> store = Store(Path(tempfile.mkdtemp()) / "gemrec.db")
        >>> store.annotators.create("Ada", datetime.now(UTC)).name
        'Ada'
        >>> store.close()
    """

    def __init__(self, path: Path, journal: Journal = "wal") -> None:
        self.path = path
        self._database = Database(path, journal=journal)
        self.serving = ServerLock(path)
        self.annotators = Annotators(self._database)
        self.prompts = Prompts(self._database)
        self.models = Models(self._database)
        self.images = Images(self._database)
        self.image_scores = ImageScores(self._database)
        self.image_places = ImagePlaces(self._database)
        self.picks = Picks(self._database)
        self.podiums = Podiums(self._database)
        self.vectors = Vectors(self._database)
        self.battles = Battles(self._database)
        self.tickets = Tickets(self._database)
        self.drafts = Drafts(self._database)
        self.runs = Runs(self._database)
        self.incidents = Incidents(self._database)
        self.votes = Votes(self._database)
        self.trail = Trail(self._database)
        self.checkpoints = Checkpoints(self._database)
        self.tallies = Tallies(self._database)
        self.secrets = Secrets(self._database)
        self.people = People(self._database)
        self.consents = Consents(self._database)
        self.assignments = Assignments(self._database)
        self.campaigns = Campaigns(self._database)
        self.bulk = Bulk(self._database)
        self.exports = Exports(self._database)
        self.export_files = ExportFiles(self._database)
        self.usage = Usage(self._database)
        self.tastes = Tastes(self._database)
        self.switches = Switches(self._database)

    def events(self, battle_id: str) -> tuple[Vote, ...]:
        """Return the vote trail of one battle, oldest first."""
        return self.votes.of_battle(battle_id)

    def snapshot(self, target: Path) -> None:
        """Write a consistent copy of the whole database into a new file; votes go on meanwhile.

        Raises:
            StoreError: SQLite refused, for instance because the disk is full. No file is left.
        """
        write_snapshot(self._database, target)

    def close(self) -> None:
        """Let go of the file; a later call opens it again."""
        self._database.close()

    def integrity(self) -> dict[str, Any]:
        """Return what ``doctor`` reports about the database.

        Returns:
            ``path``; ``schema`` (name of the newest migration); ``check`` (SQLite's own quick
            check, "ok" when sound); ``broken_references`` (rows that point at nothing); ``rows``
            per table; ``open_battles`` (a ticket but no vote); ``unvoted_battles`` (neither
            vote nor ticket); ``refused`` votes by reason; ``images_without_vectors``;
            ``unused_images`` (shown in no battle, as grids made on the command line are).
        """
        from gemrec.store.migrations import schema_version  # noqa: PLC0415 - slow to import

        with self._database.connect() as connection:

            def number(sql: str) -> int:
                return int(connection.execute(sql).fetchone()[0])

            return {
                "path": str(self.path),
                "schema": schema_version(connection),
                "check": "; ".join(row[0] for row in connection.execute("PRAGMA quick_check")),
                "broken_references": len(connection.execute("PRAGMA foreign_key_check").fetchall()),
                "rows": {
                    # Table names cannot be parameters; these are constants of this module.
                    table: number(f"SELECT count(*) FROM {table}")  # noqa: S608
                    for table in _COUNTED
                },
                "open_battles": number(
                    "SELECT count(DISTINCT battle_id) FROM ticket WHERE vote_id IS NULL"
                ),
                "unvoted_battles": number(
                    "SELECT count(*) FROM battle WHERE NOT EXISTS "
                    "(SELECT 1 FROM ticket WHERE ticket.battle_id = battle.id)"
                ),
                "refused": self.tickets.refusals(),
                "images_without_vectors": number(
                    "SELECT count(DISTINCT digest) FROM image WHERE NOT EXISTS "
                    "(SELECT 1 FROM vector WHERE vector.digest = image.digest)"
                ),
                "unused_images": number(
                    "SELECT count(*) FROM image WHERE NOT EXISTS "
                    "(SELECT 1 FROM showing WHERE showing.image_id = image.id)"
                ),
            }
