"""``import``: votes from files."""

from pathlib import Path
from typing import Annotated

import typer

from gemrec.cli import exchange_tables
from gemrec.cli.opening import open_services
from gemrec.cli.options import AsJson, Db
from gemrec.cli.output import answer
from gemrec.cli.progress import progress_bar
from gemrec.exchange import import_votes, imported_document, read_mapping

import_app = typer.Typer(
    name="import", help="Take votes in from files: all of a file, or nothing.", no_args_is_help=True
)


@import_app.callback()
def _group() -> None:
    """Take votes in from files: all of a file, or nothing."""


@import_app.command()
def votes(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV with model_a, model_b and outcome (or winner); JSON lines of an arena or of "
            "Pick-a-Pic; an export of gemrec, as a file or its folder.",
        ),
    ],
    mapping: Annotated[
        str,
        typer.Option(
            metavar="OURS=THEIRS,…",
            help="Other names: model_a=system_1,outcome=preference; outcome:first=a for words.",
        ),
    ] = "",
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Import votes; bad lines are reported by number, a second time changes nothing."""
    with open_services(db) as services:
        with progress_bar(file.name) as advance:
            done = import_votes(
                services.store, file, services.clock(), read_mapping(mapping), advance
            )
        answer(imported_document(done), as_json, exchange_tables.imported)
