"""The options that several commands share, and whole numbers that say what is allowed."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A parser for whole numbers from ``low`` to ``high``."""

    def parse(word: str) -> int:
        try:
            number = int(word)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise typer.BadParameter(f"got {word!r}; allowed: whole numbers {low} to {high}")
        return number

    return parse


Db = Annotated[
    Path | None,
    typer.Option("--db", metavar="FILE", help="SQLite file to use instead of GEMREC_DB."),
]
AsJson = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON document and nothing else.")
]
PromptText = Annotated[str, typer.Option("--prompt", metavar="TEXT", help="What to draw.")]
