"""Where answers and notices go: JSON or tables on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Callable

import typer
from rich.console import Console, RenderableType

from gemrec.documents import Document

PIPE_WIDTH = 200
Renderer = Callable[[Document], RenderableType]


def answer(document: Document, as_json: bool, render: Renderer) -> None:
    """Print the command's answer, as one JSON document or for people."""
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2))
    else:
        # Into a file or a pipe, long paths and reasons stay on one line.
        width = None if sys.stdout.isatty() else PIPE_WIDTH
        Console(width=width).print(render(document))


def tell(message: str) -> None:
    """Print one line on stderr."""
    typer.echo(" ".join(message.split()), err=True)
