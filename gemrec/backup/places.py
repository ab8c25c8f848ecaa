"""Where backups lie: a folder, such as a mounted bucket, or a private data set of the Hub."""

import os
import re
import secrets
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from gemrec.backup.hub import HubPlace
from gemrec.errors import BackupError, SettingsError

_HUB = re.compile(r"hf://datasets/([\w.-]+/[\w.-]+)/?")


class Place(Protocol):
    """Keeps files by name. It may be slow, and it may break at any moment."""

    @property
    def title(self) -> str:
        """What people call it."""

    def names(self) -> frozenset[str]:
        """Names of all files, with ``/`` between folders.

        Raises:
            BackupError: The place cannot be reached.
        """

    def read(self, name: str, target: Path) -> bool:
        """Copy a file to ``target``; False when it is not there or came damaged.

        Raises:
            BackupError: The place cannot be reached.
        """

    def write(self, files: Mapping[str, Path], gone: Collection[str]) -> None:
        """Add files and remove others. The last file is never there without those before it.

        Raises:
            BackupError: The place cannot be reached, or refuses.
        """


class FolderPlace:
    """A folder; follows :class:`Place`. Needs no locks, so a mounted bucket will do.

    Args:
        root: The folder, made at the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def title(self) -> str:
        """The folder's path."""
        return str(self.root)

    def names(self) -> frozenset[str]:
        """Names of all complete files."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            return frozenset(
                path.relative_to(self.root).as_posix()
                for kind in ("snapshots", "packs")
                for path in (self.root / kind).glob("*")
                if path.suffix != ".part"
            )
        except OSError as error:
            raise self._failure(error) from error

    def read(self, name: str, target: Path) -> bool:
        """Copy one file out."""
        try:
            shutil.copyfile(self.root / name, target)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._failure(error) from error
        return True

    def write(self, files: Mapping[str, Path], gone: Collection[str]) -> None:
        """Copy files in, each complete before it has its name, in their order."""
        try:
            for name, source in files.items():
                self._copy(source, self.root / name)
            for name in gone:
                (self.root / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._failure(error) from error

    def _copy(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            with source.open("rb") as old, part.open("xb") as new:
                shutil.copyfileobj(old, new)
                new.flush()
                os.fsync(new.fileno())
            part.replace(target)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise

    def _failure(self, error: OSError) -> BackupError:
        return BackupError(
            f"The folder of backups {self.root} cannot be used ({error.strerror or error}); mount "
            "it, make it writable, free some space, or name another place in GEMREC_BACKUP."
        )


def open_place(backup: str) -> Place | None:
    """The place that the setting ``GEMREC_BACKUP`` names; None when it is empty.

    Raises:
        SettingsError: It is neither a folder's path nor ``hf://datasets/OWNER/NAME``.
    """
    if not backup.strip():
        return None
    if (hub := _HUB.fullmatch(backup.strip())) is not None:
        return HubPlace(hub[1])
    if "://" in backup:
        raise SettingsError(
            f"GEMREC_BACKUP is {backup!r}; allowed: a folder, or hf://datasets/OWNER/NAME"
        )
    return FolderPlace(Path(backup.strip()).expanduser())
