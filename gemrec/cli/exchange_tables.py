"""What was imported and exported, for people."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gemrec.documents import Document


def imported(document: Document) -> RenderableType:
    """What an import did, in a sentence or two."""
    text = f"{document['votes']:,} of {document['lines']:,} votes are new"
    people, models = document["annotators"], document["models"]
    text += (
        f": {people:,} new annotators, {models:,} new models, {document['prompts']:,} new prompts."
    )
    if document["images"]:
        text += f" {document['images']:,} images came along."
    if document["known"]:
        text += f" {document['known']:,} were here already."
    if document["skipped"]:
        text += f" {document['skipped']:,} lines say nothing about two models and were left out."
    return Text(text)


def exported(document: Document) -> RenderableType:
    """What an export wrote."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("file", overflow="fold")
    table.add_column("rows", justify="right")
    for written in document["tables"]:
        table.add_row(Text(written["file"]), f"{written['rows']:,}")
    lines: list[RenderableType] = [table]
    lines.append(
        Text(f"{document['votes']:,} votes that stand, by {document['annotators']:,} people.")
    )
    if "pushed" in document:
        lines.append(Text(f"Pushed: {document['pushed']}"))
    return Group(*lines)
