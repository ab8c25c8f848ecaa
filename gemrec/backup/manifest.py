"""What one snapshot consists of, as a small JSON file that is written last.

A place of backups looks like this; a snapshot without its manifest does not exist::

    snapshots/00000012-20260102T030405Z.db     the database, by VACUUM INTO
    snapshots/00000012-20260102T030405Z.json   its manifest
    packs/00000012-20260102T030405Z.tar        the images that were new then
    packs/00000012-20260102T030405Z.txt        their digests, one a line
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gemrec.errors import BackupError

FORMAT = 1
_NAME = re.compile(r"snapshots/(\d{8}-\d{8}T\d{6}Z)\.json")
_ID = r"^\d{8}-\d{8}T\d{6}Z$"
_CHUNK = 1 << 20


class File(BaseModel):
    """A file of a snapshot: what its content must be.

    Attributes:
        sha256: Of its bytes, in hexadecimal.
        size: Bytes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Manifest(BaseModel):
    """One snapshot.

    Attributes:
        format: Version of this layout.
        id: Its number and time, as in its file names.
        made_at: When, with a time zone.
        database: What its database file must be.
        schema_step: Newest schema step of the database.
        last_vote_id: Newest vote event in it.
        votes: Vote events in it.
        images: Image rows in it.
        packs: Ids of the packs that hold its images.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = Field(ge=1, le=FORMAT)
    id: str = Field(pattern=_ID)
    made_at: datetime
    database: File
    schema_step: str
    last_vote_id: int = Field(ge=0)
    votes: int = Field(ge=0)
    images: int = Field(ge=0)
    packs: tuple[str, ...] = ()


def read_manifest(path: Path) -> Manifest:
    """Read a manifest file.

    Raises:
        BackupError: It is cut short, has another form, or a bad field.
    """
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (ValidationError, ValueError) as error:
        raise BackupError(f"The manifest {path.name} cannot be read: {error}") from error


def snapshot_ids(names: Iterable[str]) -> tuple[str, ...]:
    """Ids of the snapshots among the files of a place, oldest first; numbers decide, not clocks."""
    return tuple(sorted(m[1] for name in names if (m := _NAME.fullmatch(name)) is not None))


def next_id(names: Iterable[str], now: datetime) -> str:
    """The id of the next snapshot: one more than every number that a file has."""
    numbers = [int(m[1]) for name in names if (m := re.search(r"/(\d{8})-", name)) is not None]
    return f"{max(numbers, default=0) + 1:08d}-{now:%Y%m%dT%H%M%SZ}"


def database_name(snapshot_id: str) -> str:
    """Name of a snapshot's database file."""
    return f"snapshots/{snapshot_id}.db"


def manifest_name(snapshot_id: str) -> str:
    """Name of a snapshot's manifest."""
    return f"snapshots/{snapshot_id}.json"


def pack_name(pack_id: str) -> str:
    """Name of a pack of images."""
    return f"packs/{pack_id}.tar"


def index_name(pack_id: str) -> str:
    """Name of the list of digests of a pack."""
    return f"packs/{pack_id}.txt"


def describe(path: Path) -> File:
    """Size and SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return File(sha256=digest.hexdigest(), size=path.stat().st_size)
