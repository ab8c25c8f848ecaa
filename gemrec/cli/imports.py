"""``import``: what others have published, taken in."""

from pathlib import Path
from typing import Annotated

import typer

from gemrec.cli import tables
from gemrec.cli.opening import open_services
from gemrec.cli.options import AsJson, Db
from gemrec.cli.output import answer
from gemrec.cli.progress import progress_bar
from gemrec.exchange import fetch_gemrec, find_gemrec, import_gemrec, imported_gemrec_document

import_app = typer.Typer(
    name="import", help="Take in what others have published.", no_args_is_help=True
)


@import_app.callback()
def _group() -> None:
    """Take in what others have published."""


@import_app.command()
def gemrec(
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Local copies: roster, prompt set and Parquet files; without it, from the Hub.",
        ),
    ] = None,
    metadata_only: Annotated[
        bool,
        typer.Option(
            "--metadata-only", help="Models, prompts and published scores, but no images."
        ),
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Import GEMRec-18K: 200 models, 90 prompts and the images that were made of them."""
    if folder is not None:
        files = find_gemrec(folder, metadata_only)
    else:
        with progress_bar("downloading GEMRec-18K") as advance:
            files = fetch_gemrec(metadata_only, advance)
    with open_services(db) as services, progress_bar("importing images") as advance:
        done = import_gemrec(
            files,
            services.settings,
            services.store,
            services.images,
            services.clock(),
            advance,
        )
    answer(imported_gemrec_document(done), as_json, tables.imported_gemrec)
