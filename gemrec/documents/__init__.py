"""Records as the JSON objects of the API, the same for endpoints and for the CLI's ``--json``.

Every document is an object; lists stand under a plural key. Numbers that JSON cannot say (infinite
interval ends) become null.
"""

from gemrec.documents.ballot import read_ranking, read_remarks
from gemrec.documents.boards import board_document, rebuilt_document, voters_document
from gemrec.documents.catalog import (
    images_document,
    models_document,
    prompts_document,
    scores_document,
)
from gemrec.documents.numbers import Document
from gemrec.documents.recommendations import recommendation_document
from gemrec.documents.votes import battle_document, vote_document

__all__ = [
    "Document",
    "battle_document",
    "board_document",
    "images_document",
    "models_document",
    "prompts_document",
    "read_ranking",
    "read_remarks",
    "rebuilt_document",
    "recommendation_document",
    "scores_document",
    "vote_document",
    "voters_document",
]
