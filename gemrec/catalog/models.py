"""Reading the model catalog from TOML files."""

import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gemrec.catalog.catalog import Catalog
from gemrec.catalog.entries import CostEntry, ModelEntry, ParametersEntry, SourceEntry
from gemrec.errors import CatalogError
from gemrec.records import Model

_TABLES: dict[str, type[BaseModel]] = {
    "source": SourceEntry,
    "parameters": ParametersEntry,
    "cost": CostEntry,
}
_NO_BASE = ("lora", "provider", "prerendered")


def load_catalog(*paths: Path) -> Catalog:
    """Read catalog files; an entry of a later file replaces the entry of the same id.

    Args:
        paths: TOML files with ``[[model]]`` tables. A file without any is fine.

    Raises:
        CatalogError: A file cannot be read or an entry is wrong; the message names the file, the
            entry and the field, what was got and what is allowed.
    """
    models: dict[str, Model] = {}
    origins: dict[str, Path] = {}
    for path in paths:
        entries = _read_file(path)
        models |= entries
        origins |= dict.fromkeys(entries, path)
    for model in models.values():
        _check_base(model, models, origins[model.id])
    return Catalog(MappingProxyType(models))


def entry_ids(path: Path) -> tuple[str, ...]:
    """Ids of one file's own entries, in its order.

    Raises:
        CatalogError: The file cannot be read or an entry is wrong.
    """
    return tuple(_read_file(path))


def _read_file(path: Path) -> dict[str, Model]:
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise CatalogError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path}: is not UTF-8 text ({error.reason})") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{path}: is not TOML: {error}") from error
    if unknown := [key for key in document if key != "model"]:
        raise CatalogError(f"{path}: got the table {unknown[0]!r}; allowed: [[model]]")
    tables = document.get("model", [])
    if not isinstance(tables, list):
        raise CatalogError(f"{path}: got [model]; allowed: [[model]], with double brackets")
    models: dict[str, Model] = {}
    for number, table in enumerate(tables, 1):
        model = _read_entry(path, number, table)
        if model.id in models:
            raise CatalogError(
                f"{path}: model {number}, id: got {model.id!r}, which an entry above has already; "
                "allowed: ids that differ within a file"
            )
        models[model.id] = model
    return models


def _read_entry(path: Path, number: int, table: object) -> Model:
    try:
        return ModelEntry.model_validate(table).to_model(path.resolve().parent)
    except ValidationError as error:
        label = f"model {number}"
        if isinstance(table, dict) and isinstance(table.get("id"), str):
            label += f" ({table['id']})"
        problems = "; ".join(_explain(detail) for detail in error.errors())
        raise CatalogError(f"{path}: {label}, {problems}") from error


def _explain(detail: ErrorDetails) -> str:
    """Say which field, what was got and what is allowed."""
    names = [str(part) for part in detail["loc"]]
    place = ".".join(names) or "entry"
    rule: str = detail["msg"].removeprefix("Input should ").removeprefix("Value error, ")
    if detail["type"] == "missing":
        return f"{place}: missing; allowed: a value"
    if detail["type"] == "extra_forbidden":
        table = _TABLES.get(names[0], ModelEntry) if len(names) > 1 else ModelEntry
        return f"{place}: no such field; allowed: {', '.join(table.model_fields)}"
    if detail["type"] == "value_error":
        return f"{place}: {rule}"
    return f"{place}: got {_shortened(detail['input'])}; allowed: must {rule[0].lower() + rule[1:]}"


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _check_base(model: Model, models: dict[str, Model], path: Path) -> None:
    """Refuse a LoRA whose base has no weights of its own to adapt, which also rules out circles."""
    base = model.source.base
    if base is None:
        return
    usable = [other.id for other in models.values() if other.source.kind not in _NO_BASE]
    if base not in usable:
        problem = "which is not in the catalog"
        if base in models:
            problem = f"which is a {models[base].source.kind} itself"
        raise CatalogError(
            f"{path}: model {model.id}, source.base: got {base!r}, {problem}; allowed: "
            f"{', '.join(usable) or 'none, as no other model is there'}"
        )
