"""Backups: checked snapshots and images in another place, and the way back from there."""

from gemrec.backup.manifest import Manifest
from gemrec.backup.places import FolderPlace, Place, open_place
from gemrec.backup.restoring import Restored, restore
from gemrec.backup.saving import Backups, BackupStatus, save

__all__ = [
    "BackupStatus",
    "Backups",
    "FolderPlace",
    "Manifest",
    "Place",
    "Restored",
    "open_place",
    "restore",
    "save",
]
