"""``models``: what the catalog has, and lists of models from elsewhere."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from gemrec.building.civitai import Checkpoint, Civitai
from gemrec.building.roster import (
    FAMILIES,
    FOLDER,
    download,
    sample_by_popularity,
    usable,
    write_catalog,
)
from gemrec.cli import tables
from gemrec.cli.opening import open_services, settings_for
from gemrec.cli.options import AsJson, Db, whole_number
from gemrec.cli.output import answer, tell
from gemrec.documents import models_document

MOST = 100_000
TELL_EVERY = 500
LAST_SEED = 2**31 - 1

models_app = typer.Typer(help="List the models of the catalog, and why one cannot run here.")
fetch_app = typer.Typer(help="List models from elsewhere as a catalog file.")
models_app.add_typer(fetch_app, name="fetch")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, db: Db = None, as_json: AsJson = False) -> None:
    """List the models of the catalog, and why one cannot run here."""
    if context.invoked_subcommand is not None:
        return
    with open_services(db) as services:
        everything = tuple(services.catalog.models.values())
        document = models_document(everything, services.problems())
        answer(document, as_json, tables.models)


@fetch_app.callback()
def fetch() -> None:
    """List models from elsewhere as a catalog file."""


@fetch_app.command()
def civitai(
    count: Annotated[
        int, typer.Option(metavar="N", parser=whole_number(1, MOST), help="How many checkpoints.")
    ],
    by_popularity: Annotated[
        bool,
        typer.Option(
            "--by-popularity",
            metavar="",
            help="Sample over all degrees of popularity; without it, take the most downloaded.",
        ),
    ] = False,
    among: Annotated[
        int,
        typer.Option(
            metavar="M",
            parser=whole_number(1, MOST),
            help="Sample among so many, the most downloaded ones.",
        ),
    ] = MOST,
    seed: Annotated[
        int, typer.Option(metavar="S", parser=whole_number(0, LAST_SEED), help="Of the sample.")
    ] = 0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The catalog file to write.")] = Path(
        "civitai-models.toml"
    ),
    download_files: Annotated[
        bool, typer.Option("--download", metavar="", help="Also download the checkpoints.")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """List checkpoints of Civitai; build them with `build --models FILE`."""
    settings = settings_for(db)
    site = Civitai(settings.civitai_url, settings.civitai_token)
    listed = _told(site.checkpoints(mature=settings.mature))
    known = (checkpoint for checkpoint in listed if checkpoint.base_model in FAMILIES)
    found = usable(tuple(islice(known, among if by_popularity else count)))
    chosen = found
    if by_popularity:
        chosen = sample_by_popularity(found, count, np.random.default_rng(seed))
    if len(chosen) < count:
        tell(f"Only {len(chosen)} checkpoints can be used.")
    write_catalog(chosen, out, settings.civitai_url)
    if download_files:
        _download(site, chosen, out.parent / FOLDER)
    document = {
        "models": [
            {"id": c.version_id, "name": c.name, "base": c.base_model, "downloads": c.downloads}
            for c in chosen
        ],
        "listed": len(found),
        "bytes": sum(c.size for c in chosen),
        "file": str(out),
    }
    answer(document, as_json, tables.fetched)


def _told(checkpoints: Iterator[Checkpoint]) -> Iterator[Checkpoint]:
    """Pass on, and say now and then how many it were."""
    for number, checkpoint in enumerate(checkpoints, 1):
        yield checkpoint
        if number % TELL_EVERY == 0:
            tell(f"{number} checkpoints listed")


def _download(site: Civitai, chosen: list[Checkpoint], folder: Path) -> None:
    for number, checkpoint in enumerate(chosen, 1):
        tell(
            f"{number} of {len(chosen)}: {checkpoint.name}, {checkpoint.size / 1e9:.1f} GB, "
            f"to {folder}"
        )
        download(site, checkpoint, folder, lambda _bytes: None)
