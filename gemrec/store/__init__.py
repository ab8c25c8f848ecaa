"""Everything that is remembered, in one SQLite file; the only package that knows SQL."""

from gemrec.store.bulk import IncomingVote
from gemrec.store.description import describe_schema
from gemrec.store.facade import Store
from gemrec.store.image_scores import ImageScore
from gemrec.store.images import ImageKey
from gemrec.store.places import Places
from gemrec.store.rows import CountRow, IncidentRow, TicketRow
from gemrec.store.snapshots import SnapshotFacts, examine_snapshot, snapshot_digests

__all__ = [
    "CountRow",
    "ImageKey",
    "ImageScore",
    "IncidentRow",
    "IncomingVote",
    "Places",
    "SnapshotFacts",
    "Store",
    "TicketRow",
    "describe_schema",
    "examine_snapshot",
    "snapshot_digests",
]
