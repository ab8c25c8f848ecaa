"""How the server is doing: in full for its owner, in short for load balancers."""

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gemrec.arena import find_flags
from gemrec.backup import BackupStatus
from gemrec.logs import ErrorCounter, LoggedError
from gemrec.services import Services
from gemrec.ui.sessions import Cancellations

LITTLE_DISK = 2**30
"""Bytes; with less, an owner should act: room for some 50,000 pocket images."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What an owner wants to know at a glance.

    Attributes:
        at: When it was read.
        is_open: Whether voting is open.
        votes: Vote events.
        waiting: Open battles that wait for a vote.
        refused: Refused votes by reason.
        incidents: Battles that came to nothing, by kind.
        flags: People whose votes look odd, by kind.
        reports: Reports of images by people, by reason.
        drawing: Pages whose pictures are being made now.
        backups: How the backups stand; None when no place is set.
        errors: Log records by level.
        last_errors: The newest errors.
        disk_free: Bytes.
        database_size: Bytes, with its journal.
        server_memory: Bytes of this process.
        model_memory: Bytes of the processes that hold the models and the encoder.
    """

    at: datetime
    is_open: bool
    votes: int
    waiting: int
    refused: Mapping[str, int]
    incidents: Mapping[str, int]
    flags: Mapping[str, int]
    reports: Mapping[str, int]
    drawing: int
    backups: BackupStatus | None
    errors: Mapping[str, int]
    last_errors: tuple[LoggedError, ...]
    disk_free: int
    database_size: int
    server_memory: int
    model_memory: int


def read_status(
    services: Services, errors: ErrorCounter, cancellations: Cancellations
) -> ServerStatus:
    """Read everything; takes a second with a hundred thousand votes.

    Raises:
        StoreError: The database cannot be read.
    """
    store, now = services.store, services.clock()
    incidents: Counter[str] = Counter()
    for row in store.incidents.all():
        incidents[row.kind] += row.count
    own, children = memory()
    database = services.settings.database
    return ServerStatus(
        at=now,
        is_open=services.arena.doors.is_open,
        votes=store.votes.last_id(),
        waiting=store.battles.count_open(now),
        refused=store.tickets.refusals(),
        incidents=incidents,
        flags=Counter(flag.kind.value for flag in find_flags(store.votes.current())),
        reports=Counter(reason for reasons in store.picks.reports().values() for reason in reasons),
        drawing=cancellations.active,
        backups=None if services.backups is None else services.backups.status,
        errors=errors.counts,
        last_errors=errors.last,
        disk_free=shutil.disk_usage(database.parent).free,
        database_size=sum(
            path.stat().st_size for path in database.parent.glob(f"{database.name}*")
        ),
        server_memory=own,
        model_memory=children,
    )


def health_document(services: Services) -> dict[str, object]:
    """What anybody may know: can votes be stored, is voting open, are backups made.

    Raises:
        StoreError: The database cannot be read.
    """
    document: dict[str, object] = {
        "status": "ok",
        "last_vote_id": services.store.votes.last_id(),
        "voting": "open" if services.arena.doors.is_open else "closed",
    }
    disk = shutil.disk_usage(services.settings.database.parent)
    if disk.free < LITTLE_DISK:
        document["warnings"] = ["little disk space is left"]
    if services.backups is not None:
        document["backup"] = _backup_document(services.backups.status, services.clock())
    return document


def _backup_document(status: BackupStatus, now: datetime) -> dict[str, object]:
    age = None if status.checked_at is None else now - status.checked_at
    return {
        "age_seconds": None if age is None else int(max(age, timedelta()).total_seconds()),
        "failures": status.failures,
    }


def memory(proc: Path = Path("/proc")) -> tuple[int, int]:
    """Bytes of this process, and of all processes below it; zeros where the system does not tell."""
    sizes: dict[int, int] = {}
    parents: dict[int, int] = {}
    for folder in proc.glob("[0-9]*"):
        try:
            lines = (folder / "status").read_text().splitlines()
        except OSError:
            continue  # it has just ended
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        number = int(folder.name)
        parents[number] = int(fields.get("PPid", "0"))
        sizes[number] = int(fields.get("VmRSS", "0 kB").split()[0]) * 1024
    own = os.getpid()

    def is_below(number: int) -> bool:
        while number in parents and number != own:
            number = parents[number]
            if number == own:
                return True
        return False

    return sizes.get(own, 0), sum(size for number, size in sizes.items() if is_below(number))
