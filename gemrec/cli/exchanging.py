"""``import votes`` and ``export``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gemrec.cli import exchange_tables
from gemrec.cli.boards import read_moment
from gemrec.cli.opening import open_services
from gemrec.cli.options import AsJson, Db
from gemrec.cli.output import answer
from gemrec.cli.progress import progress_bar
from gemrec.errors import InputError
from gemrec.exchange import (
    Order,
    Wanted,
    exported_document,
    import_votes,
    imported_document,
    push_folder,
    read_mapping,
)


class WhatWord(StrEnum):
    """Which tables."""

    VOTES = "votes"
    IMAGES = "images"
    RATINGS = "ratings"
    ALL = "all"


class FormWord(StrEnum):
    """How to write them."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    PICKAPIC = "pickapic"
    DPO = "dpo"
    ARENA = "arena"


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
                services.store,
                file,
                services.clock(),
                read_mapping(mapping),
                advance,
                services.images,
            )
        answer(imported_document(done), as_json, exchange_tables.imported)


def export(
    out: Annotated[
        Path, typer.Option(metavar="PATH", help="A folder, or one file that ends in the form.")
    ],
    what: Annotated[WhatWord, typer.Option(help="Which tables.")] = WhatWord.ALL,
    form: Annotated[
        FormWord,
        typer.Option(
            "--format",
            help="csv, jsonl, parquet; pickapic and dpo for training; arena for evalica and "
            "arena-rank.",
        ),
    ] = FormWord.PARQUET,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only votes and images from then on (UTC).")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="ID", help="Only votes of this study.")
    ] = None,
    push: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Also upload the folder to the Hub as a data set."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="A data set made by --push may be seen by everybody.")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Export votes, images and ratings, with pseudonyms for people and a card that describes them."""
    if push is not None and out.suffix:
        raise InputError(f"out: got the file {str(out)!r}; allowed with --push: a folder")
    with open_services(db) as services:
        wanted = Wanted(read_moment("since", since), campaign)
        services.refresher.refresh()
        order = Order(what.value, form.value, out, wanted, services.settings.consent)
        with progress_bar(out.name) as advance:
            done = services.exporter.export(order, advance)
        document = exported_document(done)
        if push is not None:
            document["pushed"] = push_folder(out, push, public=public)
        answer(document, as_json, exchange_tables.exported)
