"""Votes, images, ratings and data sets in and out, in the forms that other tools read."""

from gemrec.exchange.exporting import Exported, Exporter, Order, Wanted, exported_document
from gemrec.exchange.gemrec18k import (
    ImportedGemrec,
    import_gemrec,
    imported_gemrec_document,
)
from gemrec.exchange.gemrec_files import GemrecFiles, fetch_gemrec, find_gemrec
from gemrec.exchange.importing import Imported, import_votes, imported_document
from gemrec.exchange.pseudonyms import Pseudonyms, pseudonyms_of
from gemrec.exchange.pushing import push_folder
from gemrec.exchange.reading import Mapped, read_mapping

__all__ = [
    "Exported",
    "Exporter",
    "GemrecFiles",
    "Imported",
    "ImportedGemrec",
    "Mapped",
    "Order",
    "Pseudonyms",
    "Wanted",
    "exported_document",
    "fetch_gemrec",
    "find_gemrec",
    "import_gemrec",
    "import_votes",
    "imported_document",
    "imported_gemrec_document",
    "pseudonyms_of",
    "push_folder",
    "read_mapping",
]
