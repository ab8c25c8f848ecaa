"""Tables of the README and of docs/ that are made from the code, so that they cannot go stale."""

import typer

from gemrec.catalog import load_catalog
from gemrec.cli import app
from gemrec.services import catalog_files
from gemrec.settings import REPOSITORY, Settings, load_settings, variable
from gemrec.store import describe_schema

OTHERS = (
    ("HF_TOKEN", "A secret: models behind a licence, inference providers, and backups on the Hub."),
    ("HF_HOME", "Where downloaded models are kept."),
    ("HF_HUB_OFFLINE", "`1` asks the Hub for nothing."),
)
PRELOAD_GB = 6.0
"""What a Space may download while it is built, so that it starts quickly on its free disk."""


def settings_table() -> str:
    """Markdown table of every environment variable, its default and what it decides."""
    lines = ["| variable | default | what it decides |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        default = default.replace(f"{REPOSITORY}/", "")
        lines.append(f"| `{variable(name)}` | `{default}` | {field.description} |")
    lines += [f"| `{name}` | | {what} |" for name, what in OTHERS]
    return "\n".join(lines).replace("| `` |", "| |")


def preload() -> str:
    """``preload_from_hub`` of the Space: the smallest hub models of the catalog, as many as fit."""
    models = load_catalog(*catalog_files(load_settings())).active()
    sized = [(m.cost.download_gb or 0.0, m.source.path) for m in models if m.source.kind == "hub"]
    chosen, total = [], 0.0
    for size, path in sorted(set(sized)):
        if size and total + size <= PRELOAD_GB:
            chosen.append(path)
            total += size
    return "\n".join(["preload_from_hub:", *(f"  - {path}" for path in chosen)] if chosen else [])


def schema_tables() -> str:
    """Markdown: every table of a new database with its columns."""
    parts = []
    for table, columns in describe_schema().items():
        lines = [f"### {table}", "", "| column | type | must be there | key |", "|---|---|---|---|"]
        for column in columns:
            key = ", ".join(filter(None, ("primary" if column.is_key else "", column.points_at)))
            required = "yes" if column.is_required else ""
            lines.append(f"| `{column.name}` | {column.kind} | {required} | {key} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def command_table() -> str:
    """Markdown table of every command of ``python -m gemrec``."""
    group = typer.main.get_command(app)
    lines = ["| command | what it does |", "|---|---|"]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        summary = (command.help or "").strip().split("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{name}` | {summary} |")
    return "\n".join(lines)
