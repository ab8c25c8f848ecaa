"""What an export says about itself: a README for the Hub, and Croissant for machines.

Croissant: MLCommons, https://docs.mlcommons.org/croissant/docs/croissant-spec.html, version 1.0.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gemrec import __version__
from gemrec.exchange.tables import Written
from gemrec.images import digest_of

README, CROISSANT = "README.md", "croissant.json"
LIMITS: Final = (
    "Voters chose themselves; they are no sample of any population.",
    "A vote judges a whole grid of images of one prompt; pairs of single images made from it share "
    "its label.",
    "Models were drawn by a sampler (column `policy`) with the probability in `propensity`; raw win "
    "rates favour what was drawn against weak models.",
    "Pseudonyms tell people apart; texts that people wrote themselves may still say who they are.",
    "Votes of mode `named` were cast with the models' names in view and are not on the board.",
)
_MIME: Final = {
    ".csv": "text/csv",
    ".jsonl": "application/jsonlines",
    ".parquet": "application/vnd.apache.parquet",
}
_CROISSANT_TYPES: Final = {
    "text": "sc:Text",
    "whole": "sc:Integer",
    "number": "sc:Float",
    "yes": "sc:Boolean",
    "image": "sc:ImageObject",
    "bytes": "sc:Text",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card tells.

    Attributes:
        made_at: When.
        annotators: People with votes in it.
        models: Models in its votes.
        votes: Votes that stand.
        last_vote_id: The newest event in it.
        consent: What people agreed to before their first vote; empty when nothing was asked.
        campaign: Only this study; None for all.
        since: Only from then on; None for all.
    """

    made_at: datetime
    annotators: int
    models: int
    votes: int
    last_vote_id: int
    consent: str = ""
    campaign: str | None = None
    since: datetime | None = None


def write_card(folder: Path, tables: Sequence[Written], facts: Facts) -> tuple[Path, Path]:
    """Write both files; returns their paths."""
    readme, croissant = folder / README, folder / CROISSANT
    readme.write_text(card_text(tables, facts), encoding="utf-8")
    document = json.dumps(croissant_document(tables, facts), indent=2, ensure_ascii=False)
    croissant.write_text(document + "\n", encoding="utf-8")
    return readme, croissant


def card_text(tables: Sequence[Written], facts: Facts) -> str:
    """The README, whose head tells ``datasets`` which file is which."""
    configs = "\n".join(
        f"- config_name: {table.path.stem}\n  data_files: {json.dumps(table.path.name)}"
        for table in tables
    )
    counts = "\n".join(f"| `{table.path.name}` | {table.rows:,} |" for table in tables)
    columns = "\n\n".join(_columns(table) for table in tables)
    only = f" Only the study `{facts.campaign}`." if facts.campaign else ""
    since = f" Only from {facts.since:%Y-%m-%d} on." if facts.since else ""
    consent = (
        "People agreed to this before their first vote:\n\n"
        + "\n".join(f"> {line}" for line in facts.consent.splitlines())
        if facts.consent
        else "No consent text was configured when this was exported."
    )
    limits = "\n".join(f"- {limit}" for limit in LIMITS)
    return (
        f"---\npretty_name: Votes on text-to-image models\ntags:\n- preference\n- text-to-image\n"
        f"configs:\n{configs}\n---\n\n# Votes on text-to-image models\n\n"
        f"Exported by gemrec {__version__} on {facts.made_at:%Y-%m-%d %H:%M} UTC, up to event "
        f"{facts.last_vote_id:,}.{only}{since} {facts.votes:,} votes that stand, by "
        f"{facts.annotators:,} people on {facts.models:,} models.\n\n| file | rows |\n|---|---:|\n"
        f"{counts}\n\n## Consent\n\n{consent}\n\n## Known limits\n\n{limits}\n\n## Columns\n\n"
        f"{columns}\n"
    )


def _columns(table: Written) -> str:
    lines = "\n".join(f"| `{c.name}` | {c.meaning} |" for c in table.columns)
    return f"### {table.path.stem}\n\n| column | meaning |\n|---|---|\n{lines}"


def croissant_document(tables: Sequence[Written], facts: Facts) -> dict[str, Any]:
    """The files, their digests and their columns in Croissant's vocabulary."""
    return {
        "@context": {
            "@language": "en",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "dct": "http://purl.org/dc/terms/",
            "conformsTo": "dct:conformsTo",
            "recordSet": "cr:recordSet",
            "field": "cr:field",
            "source": "cr:source",
            "fileObject": {"@id": "cr:fileObject", "@type": "@id"},
            "extract": "cr:extract",
            "column": "cr:column",
            "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        },
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "gemrec-votes",
        "description": f"{facts.votes} votes by {facts.annotators} people on {facts.models} "
        "text-to-image models.",
        "version": __version__,
        "dateCreated": facts.made_at.isoformat(),
        "distribution": [_file(table.path) for table in tables],
        "recordSet": [_record_set(table) for table in tables],
    }


def _file(path: Path) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _MIME[path.suffix],
        "sha256": digest_of(path),
    }


def _record_set(table: Written) -> dict[str, Any]:
    name = table.path.stem
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column.name}",
                "name": column.name,
                "description": column.meaning,
                "dataType": _CROISSANT_TYPES[column.kind],
                "source": {
                    "fileObject": {"@id": table.path.name},
                    "extract": {"column": column.name},
                },
            }
            for column in table.columns
        ],
    }
