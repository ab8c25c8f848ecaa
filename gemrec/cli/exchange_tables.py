"""What was imported and exported, for people."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gemrec.documents import Document


def imported(document: Document) -> RenderableType:
    """What an import did, in a sentence or two."""
    text = f"New votes: {document['votes']:,} of {document['lines']:,}"
    people, models = document["annotators"], document["models"]
    text += f"; new annotators: {people:,}; new models: {models:,}; new prompts: {document['prompts']:,}."
    if document["images"]:
        text += f" Images that came along: {document['images']:,}."
    if document["known"]:
        text += f" Votes that were here already: {document['known']:,}."
    if document["skipped"]:
        text += f" Left out, as they say nothing about two models: {document['skipped']:,}."
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
        Text(f"Votes that stand: {document['votes']:,}; people: {document['annotators']:,}.")
    )
    if "pushed" in document:
        lines.append(Text(f"Pushed: {document['pushed']}"))
    return Group(*lines)
