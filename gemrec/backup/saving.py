"""Saving: one snapshot now, or one again and again while the server runs and when it stops."""

import logging
import tempfile
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gemrec.backup.manifest import (
    Manifest,
    database_name,
    describe,
    index_name,
    manifest_name,
    next_id,
    pack_name,
    snapshot_ids,
)
from gemrec.backup.packs import read_index, write_pack
from gemrec.backup.places import Place
from gemrec.errors import BackupError, GemrecError
from gemrec.images import ImageFiles
from gemrec.store import Store, examine_snapshot, snapshot_digests

RETRY_MINUTES = 1.0
"""How soon a backup that failed is tried again, at most."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """How the backups of a running server stand.

    Attributes:
        place: Where they go.
        last: The newest snapshot that this process has saved or found unchanged; None before.
        checked_at: When that was; None before.
        failures: Attempts that failed since the last one that went well.
        error: Why the last attempt failed; empty when it went well.
    """

    place: str
    last: Manifest | None = None
    checked_at: datetime | None = None
    failures: int = 0
    error: str = ""


def save(
    store: Store,
    images: ImageFiles,
    place: Place,
    now: datetime,
    keep: int,
    last: Manifest | None = None,
) -> Manifest:
    """Save one snapshot; nothing is uploaded when the database is as it was.

    Args:
        store: The database; votes go on meanwhile.
        images: The image files; only those that no pack holds yet are sent.
        place: Where to.
        now: Time of the snapshot.
        keep: How many snapshots the place shall hold afterwards, 1 or more.
        last: What this process has saved before.

    Returns:
        The new snapshot's manifest, or ``last``.

    Raises:
        StoreError: The database cannot be read or is damaged; nothing is uploaded.
        BackupError: The place cannot be used; what it held stays.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="backup-", dir=store.path.parent) as folder:
            return _save(store, images, place, now, keep, last, Path(folder))
    except OSError as error:
        raise BackupError(
            f"A snapshot cannot be written beside {store.path} ({error.strerror or error}); free "
            "some space and make the folder writable."
        ) from error


def _save(
    store: Store,
    images: ImageFiles,
    place: Place,
    now: datetime,
    keep: int,
    last: Manifest | None,
    folder: Path,
) -> Manifest:
    database, archive = folder / "snapshot.db", folder / "pack.tar"
    index, manifest_file = folder / "pack.txt", folder / "manifest.json"
    store.snapshot(database)
    facts = examine_snapshot(database)  # a damaged database must never replace a good snapshot
    described = describe(database)
    names = place.names()
    if last is not None and last.database == described and manifest_name(last.id) in names:
        return last
    snapshot_id = next_id(names, now)
    files: dict[str, Path] = {}
    packs, known = _packed(place, names, folder)
    fresh = [digest for digest in snapshot_digests(database) if digest not in known]
    if fresh and write_pack(images, fresh, archive, index):
        files |= {pack_name(snapshot_id): archive, index_name(snapshot_id): index}
        packs = (*packs, snapshot_id)
    manifest = Manifest(
        format=1,
        id=snapshot_id,
        made_at=now,
        database=described,
        schema_step=facts.schema,
        last_vote_id=facts.last_vote_id,
        votes=facts.votes,
        images=facts.images,
        packs=packs,
    )
    manifest_file.write_text(manifest.model_dump_json(indent=1), "utf-8")
    files |= {database_name(snapshot_id): database, manifest_name(snapshot_id): manifest_file}
    place.write(files, _superseded(names, keep - 1))
    return manifest


def _packed(
    place: Place, names: Collection[str], folder: Path
) -> tuple[tuple[str, ...], frozenset[str]]:
    """The packs that the place holds, and the digests of all images in them."""
    ids = sorted(
        name.removeprefix("packs/").removesuffix(".txt")
        for name in names
        if name.startswith("packs/") and name.endswith(".txt")
    )
    there = [pack_id for pack_id in ids if pack_name(pack_id) in names]
    digests: set[str] = set()
    copy = folder / "index.txt"
    for pack_id in there:
        if place.read(index_name(pack_id), copy):
            digests |= read_index(copy)
    return tuple(there), frozenset(digests)


def _superseded(names: Collection[str], keep: int) -> tuple[str, ...]:
    """Files of all snapshots but the newest ``keep``; packs are kept, later snapshots need them."""
    ids = snapshot_ids(names)
    old = ids[: max(0, len(ids) - keep)]
    files = (name for i in old for name in (manifest_name(i), database_name(i)))
    return tuple(name for name in files if name in names)


class Backups:
    """Saves on a schedule and when the server stops; a failure is told and tried again.

    Args:
        store: The database.
        images: The image files.
        place: Where to.
        minutes: Between two snapshots.
        keep: How many snapshots stay.
        clock: Now, timezone-aware UTC.
    """

    def __init__(
        self,
        store: Store,
        images: ImageFiles,
        place: Place,
        minutes: float,
        keep: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._images = images
        self._place = place
        self._pause = timedelta(minutes=minutes).total_seconds()
        self._keep = keep
        self._clock = clock
        self._saving = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._status = BackupStatus(place.title)

    @property
    def status(self) -> BackupStatus:
        """How the backups stand."""
        return self._status

    def start(self) -> None:
        """Save on schedule from now on; the first snapshot follows after one pause."""
        if self._thread is None:
            self._closing.clear()
            self._thread = threading.Thread(target=self._run, name="backups", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Save once more, if the schedule was started, and stop."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._closing.set()
            thread.join()
            self.save()

    def save(self) -> BackupStatus:
        """Save a snapshot now; failures are in the status, never raised."""
        with self._saving:
            now = self._clock()
            last = self._status.last
            try:
                made = save(self._store, self._images, self._place, now, self._keep, last)
            except GemrecError as error:
                log.error("No backup was saved: %s", error)
                self._status = replace(
                    self._status, failures=self._status.failures + 1, error=str(error)
                )
            else:
                if made is not last:
                    log.info("Snapshot %s saved: %d votes", made.id, made.votes)
                self._status = BackupStatus(self._place.title, made, now)
            return self._status

    def _run(self) -> None:
        pause = self._pause
        while not self._closing.wait(pause):
            failed = bool(self.save().failures)
            pause = min(self._pause, RETRY_MINUTES * 60) if failed else self._pause
