"""Everything that is remembered, in one SQLite file; the only package that knows SQL."""

from gemrec.store.bulk import IncomingVote
from gemrec.store.facade import Store
from gemrec.store.rows import CountRow, IncidentRow, TicketRow

__all__ = ["CountRow", "IncidentRow", "IncomingVote", "Store", "TicketRow"]
