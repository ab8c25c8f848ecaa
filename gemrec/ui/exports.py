"""Exports that the page offers: archives in the data folder, for owners."""

import shutil
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gemrec.errors import InputError
from gemrec.exchange import Order, Wanted
from gemrec.exchange.exporting import Form, What
from gemrec.images import digest_of
from gemrec.services import Services

FORMS: Final = MappingProxyType(
    {
        "Everything, Parquet with images": ("all", "parquet"),
        "Votes, CSV": ("votes", "csv"),
        "Votes, JSON lines": ("votes", "jsonl"),
        "Pick-a-Pic (Parquet)": ("votes", "pickapic"),
        "DPO pairs (Parquet)": ("votes", "dpo"),
        "Arena (for evalica, arena-rank)": ("votes", "arena"),
    }
)
"""What the page calls each export, and what it is."""


def export_folder(services: Services) -> Path:
    """Where the page's exports lie."""
    return services.settings.data / "exports"


def make_archive(services: Services, name: str, campaign: str | None) -> Path:
    """Export, pack, and remember the archive, so that a deletion finds it.

    Raises:
        InputError: There is no such form, or the folder cannot be written.
    """
    chosen: tuple[What, Form] | None = FORMS.get(name)  # type: ignore[assignment]
    if chosen is None:
        raise InputError(f"export: got {name!r}; allowed: {', '.join(FORMS)}")
    what, form = chosen
    stamp = services.clock().strftime("%Y%m%d-%H%M%S")
    folder = export_folder(services) / f"gemrec-{form}-{stamp}"
    done = services.exporter.export(
        Order(what, form, folder, Wanted(campaign=campaign), services.settings.consent)
    )
    archive = Path(shutil.make_archive(str(folder), "zip", folder))
    shutil.rmtree(folder)
    services.store.export_files.forget([str(path.resolve()) for path in done.files])
    services.store.export_files.add(
        [(str(archive.resolve()), digest_of(archive))], done.facts.last_vote_id, done.facts.made_at
    )
    return archive
