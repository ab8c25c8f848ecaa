"""Restoring: an empty disk gets the newest good snapshot, checked before anything uses it."""

import logging
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gemrec.backup.manifest import (
    Manifest,
    database_name,
    describe,
    manifest_name,
    pack_name,
    read_manifest,
    snapshot_ids,
)
from gemrec.backup.packs import read_pack
from gemrec.backup.places import Place
from gemrec.errors import BackupError, NewerSchemaError, StoreError
from gemrec.images import ImageFiles
from gemrec.store import SnapshotFacts, examine_snapshot, snapshot_digests

_MINUTE, _HOUR, _DAY = 60, 3600, 86400

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        manifest: The snapshot that was taken.
        age: How old it was.
        passed_over: Newer snapshots that were no good, newest first, each with the reason.
        images: Image files that came back.
        missing: Images in the database whose files did not.
    """

    manifest: Manifest
    age: timedelta
    passed_over: tuple[str, ...] = ()
    images: int = 0
    missing: int = 0

    def __str__(self) -> str:
        """One line for the log and the owner."""
        text = (
            f"Restored snapshot {self.manifest.id}, {in_words(self.age)} old: "
            f"{self.manifest.votes} votes, {self.images} image files."
        )
        if self.missing:
            text += f" {self.missing} images have no file any more and are made again when needed."
        if self.passed_over:
            text += f" Newer ones were no good: {' '.join(self.passed_over)}"
        return text


def restore(place: Place, database: Path, images: ImageFiles, now: datetime) -> Restored | None:
    """Fill an empty disk; a database that exists is never touched.

    The database gets its name only when everything is there, so a start that is cut off begins
    again.

    Args:
        place: Where the snapshots are.
        database: Where the database belongs.
        images: Where the images belong.
        now: For the age of the snapshot.

    Returns:
        What came back; None when there is a database already, or no snapshot yet.

    Raises:
        BackupError: The place cannot be reached, or holds snapshots of which none is good. Starting
            without them would let new snapshots take the place of people's votes.
        NewerSchemaError: The newest snapshot was written by a newer gemrec.
    """
    if database.exists():
        return None
    names = place.names()
    ids = snapshot_ids(names)
    if not ids:
        return None
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="restore-", dir=database.parent) as folder:
            return _restore(place, ids, database, images, now, Path(folder))
    except OSError as error:
        raise BackupError(
            f"A snapshot cannot be restored to {database.parent} ({error.strerror or error}); free "
            "some space, make the folder writable, or choose another one with GEMREC_DATA."
        ) from error


def _restore(
    place: Place,
    ids: Collection[str],
    database: Path,
    images: ImageFiles,
    now: datetime,
    folder: Path,
) -> Restored:
    passed_over: list[str] = []
    for snapshot_id in sorted(ids, reverse=True):
        copy = folder / f"{snapshot_id}.db"
        try:
            manifest = _fetch(place, snapshot_id, copy)
        except NewerSchemaError:
            raise
        except (BrokenSnapshot, StoreError) as error:
            reason = f"{snapshot_id}: {error}"
            log.error("A snapshot is no good, the one before is tried: %s", reason)
            passed_over.append(reason)
            continue
        images_back = _fetch_images(place, manifest, images, folder)
        missing = images.missing(snapshot_digests(copy))
        _sync(copy)
        copy.replace(database)
        return Restored(
            manifest, now - manifest.made_at, tuple(passed_over), images_back, len(missing)
        )
    raise BackupError(
        f"None of the {len(ids)} snapshots in {place.title} is good: {' '.join(passed_over)} "
        "Mend one, or empty GEMREC_BACKUP (or name another place) to start without them."
    )


class BrokenSnapshot(Exception):  # noqa: N818 - it never leaves this module
    """This snapshot is no good; the one before may be."""


def _fetch(place: Place, snapshot_id: str, copy: Path) -> Manifest:
    """Download one snapshot's database and check it against its manifest and itself."""
    note = copy.with_suffix(".json")
    if not place.read(manifest_name(snapshot_id), note):
        raise BrokenSnapshot("its manifest is gone or came damaged.")
    try:
        manifest = read_manifest(note)
    except BackupError as error:
        raise BrokenSnapshot(str(error)) from error
    if not place.read(database_name(snapshot_id), copy):
        raise BrokenSnapshot("its database is gone or came damaged.")
    found = describe(copy)
    if found != manifest.database:
        raise BrokenSnapshot(
            f"its database has {found.size} bytes with SHA-256 {found.sha256[:12]}…, the manifest "
            f"says {manifest.database.size} with {manifest.database.sha256[:12]}…."
        )
    facts: SnapshotFacts = examine_snapshot(copy)
    if (facts.schema, facts.last_vote_id) != (manifest.schema_step, manifest.last_vote_id):
        raise BrokenSnapshot("its database is not the one that the manifest describes.")
    return manifest


def _fetch_images(place: Place, manifest: Manifest, images: ImageFiles, folder: Path) -> int:
    """Put back all images of all packs; a pack that is broken costs its own images only."""
    count = 0
    archive = folder / "pack.tar"
    for pack_id in manifest.packs:
        if not place.read(pack_name(pack_id), archive):
            log.error("The pack of images %s is gone or came damaged", pack_id)
            continue
        for digest, content in read_pack(archive):
            images.restore(digest, content)
            count += 1
    return count


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def in_words(age: timedelta) -> str:
    """A span of time for people: ``3 hours``."""
    seconds = max(0.0, age.total_seconds())
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"
