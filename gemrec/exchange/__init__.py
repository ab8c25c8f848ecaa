"""Votes, images and ratings in and out, in the forms that other tools read."""

from gemrec.exchange.importing import Imported, import_votes, imported_document
from gemrec.exchange.reading import Mapped, read_mapping

__all__ = ["Imported", "Mapped", "import_votes", "imported_document", "read_mapping"]
