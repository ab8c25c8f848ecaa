"""The owner's view: tiles of numbers, what went wrong last, and what to do about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from gemrec.ui.server_status import LITTLE_DISK, ServerStatus
from gemrec.ui.widgets.text import plain

_MIB, _GIB = 2**20, 2**30


def server_view(status: ServerStatus) -> str:
    """Everything of a :class:`~gemrec.ui.server_status.ServerStatus`, for a person."""
    tiles = "".join(
        tile(title, value, detail, is_bad=is_bad) for title, value, detail, is_bad in _tiles(status)
    )
    return f'<div class="g-tiles">{tiles}</div>{_errors(status)}'


def tile(title: str, value: str, detail: str = "", *, is_bad: bool = False) -> str:
    """One number with its name and what is behind it."""
    more = f'<span class="g-soft">{plain(detail)}</span>' if detail else ""
    kind = "g-tile g-tile-bad" if is_bad else "g-tile"
    return (
        f'<section class="{kind}"><h2>{plain(title)}</h2><p class="g-number">{plain(value)}</p>'
        f"{more}</section>"
    )


def _tiles(s: ServerStatus) -> Sequence[tuple[str, str, str, bool]]:
    return (
        ("Voting", "Open" if s.is_open else "Closed", "1 battle waits" if s.waiting == 1 else f"{s.waiting:,} battles wait", not s.is_open),
        ("Votes", f"{s.votes:,}", "events in the trail, changes included", False),
        ("Refused votes", *_counted(s.refused), False),
        ("No contest", *_counted(s.incidents), False),
        ("Flags", *_counted(s.flags, "nothing looks odd"), bool(s.flags)),
        ("Image reports", *_counted(s.reports), bool(s.reports)),
        ("Being drawn", str(s.drawing), "pages wait for pictures", False),
        _backup(s),
        ("Errors", str(s.errors.get("error", 0)), _warnings(s.errors.get("warning", 0)),
         bool(s.errors.get("error"))),
        ("Free disk", f"{s.disk_free / _GIB:.1f} GiB", f"database {s.database_size / _MIB:.1f} MiB",
         s.disk_free < LITTLE_DISK),
        ("Memory", f"{(s.server_memory + s.model_memory) / _MIB:,.0f} MiB",
         f"server {s.server_memory / _MIB:,.0f}, models {s.model_memory / _MIB:,.0f}", False),
    )  # fmt: skip


def _warnings(number: int) -> str:
    return "1 warning" if number == 1 else f"{number:,} warnings"


def _counted(counts: Mapping[str, int], none: str = "") -> tuple[str, str]:
    detail = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in sorted(counts.items()))
    return str(sum(counts.values())), detail or none


def _backup(s: ServerStatus) -> tuple[str, str, str, bool]:
    if s.backups is None:
        return "Backup", "None", "name a place in GEMREC_BACKUP", True
    if s.backups.error:
        return "Backup", f"{s.backups.failures} failed", s.backups.error, True
    if s.backups.last is None or s.backups.checked_at is None:
        return "Backup", "Soon", f"to {s.backups.place}", False
    minutes = int((s.at - s.backups.checked_at).total_seconds() // 60)
    detail = f"{s.backups.last.votes} votes in {s.backups.place}"
    return "Backup", f"{minutes} min ago" if minutes else "Just now", detail, False


def _errors(s: ServerStatus) -> str:
    if not s.last_errors:
        return ""
    rows = "".join(
        f"<li><time>{_time(e.at)}</time> <b>{plain(e.where)}</b> {plain(e.message)}</li>"
        for e in s.last_errors
    )
    return f'<section class="g-errors"><h2>Last errors</h2><ul>{rows}</ul></section>'


def _time(at: datetime) -> str:
    return f"{at:%d %b %H:%M:%S} UTC"
