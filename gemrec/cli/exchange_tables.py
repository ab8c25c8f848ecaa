"""What was imported and exported, for people."""

from rich.console import RenderableType
from rich.text import Text

from gemrec.documents import Document


def imported(document: Document) -> RenderableType:
    """What an import did, in a sentence or two."""
    text = f"{document['votes']:,} of {document['lines']:,} votes are new"
    people, models = document["annotators"], document["models"]
    text += (
        f": {people:,} new annotators, {models:,} new models, {document['prompts']:,} new prompts."
    )
    if document["known"]:
        text += f" {document['known']:,} were here already."
    if document["skipped"]:
        text += f" {document['skipped']:,} lines say nothing about two models and were left out."
    return Text(text)
