"""Data sets in, in the forms in which others publish them."""

from gemrec.exchange.gemrec18k import (
    ImportedGemrec,
    import_gemrec,
    imported_gemrec_document,
)
from gemrec.exchange.gemrec_files import GemrecFiles, fetch_gemrec, find_gemrec

__all__ = [
    "GemrecFiles",
    "ImportedGemrec",
    "fetch_gemrec",
    "find_gemrec",
    "import_gemrec",
    "imported_gemrec_document",
]
