"""Tables of the README that are made from the code, so that they cannot go stale."""

import typer

from gemrec.cli import app
from gemrec.settings import REPOSITORY, Settings, variable


def settings_table() -> str:
    """Markdown table of every environment variable, its default and what it decides."""
    lines = ["| variable | default | what it decides |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        default = default.replace(f"{REPOSITORY}/", "")
        lines.append(f"| `{variable(name)}` | `{default}` | {field.description} |")
    return "\n".join(lines).replace("| `` |", "| |")


def command_table() -> str:
    """Markdown table of every command of ``python -m gemrec``."""
    group = typer.main.get_command(app)
    lines = ["| command | what it does |", "|---|---|"]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        summary = (command.help or "").strip().split("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{name}` | {summary} |")
    return "\n".join(lines)
