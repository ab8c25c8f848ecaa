"""Votes, images and ratings in and out, in the forms that other tools read."""

from gemrec.exchange.exporting import Exported, Exporter, Order, Wanted, exported_document
from gemrec.exchange.importing import Imported, import_votes, imported_document
from gemrec.exchange.pseudonyms import Pseudonyms, pseudonyms_of
from gemrec.exchange.pushing import push_folder
from gemrec.exchange.reading import Mapped, read_mapping

__all__ = [
    "Exported",
    "Exporter",
    "Imported",
    "Mapped",
    "Order",
    "Pseudonyms",
    "Wanted",
    "exported_document",
    "import_votes",
    "imported_document",
    "pseudonyms_of",
    "push_folder",
    "read_mapping",
]
