"""Votes and models from CSV files of other studies."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from gemrec.errors import InputError
from gemrec.preference import COMPONENTS, FeatureTable
from gemrec.preference.davidson import Array
from gemrec.records import BattleMode, EventKind, Outcome, Vote

OUTCOMES: Final = MappingProxyType(
    {
        "a": Outcome.LEFT,
        "b": Outcome.RIGHT,
        "tie": Outcome.TIE,
        "both_good": Outcome.BOTH_GOOD,
        "both_bad": Outcome.BOTH_BAD,
    }
)
_UNKNOWN_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS: Final = ("model", "downloads", "category", "prompt")


@dataclass(frozen=True)
class Items:
    """What is known of models before any vote.

    Attributes:
        models: Their ids.
        downloads: Download count per model id, where given.
        features: Their features, by category where given.
    """

    models: tuple[str, ...] = ()
    downloads: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    features: FeatureTable = field(default_factory=FeatureTable)


def read_votes(path: Path) -> tuple[Vote, ...]:
    """Read votes.

    Columns are ``model_a, model_b, outcome`` and, where known, ``annotator, prompt, category``. Votes on a model against itself say nothing and are left out. Without annotators all votes are
    one person's.

    Raises:
        InputError: The file cannot be read, a column is missing, or an outcome is unknown.
    """
    votes = []
    for number, row in _rows(path, ("model_a", "model_b", "outcome")):
        outcome = OUTCOMES.get(row["outcome"])
        if outcome is None:
            raise InputError(
                f"{path.name} line {number}: outcome: got {row['outcome']!r}; "
                f"allowed: {', '.join(OUTCOMES)}"
            )
        if not row["model_a"] or not row["model_b"]:
            raise InputError(f"{path.name} line {number}: model: got nothing; allowed: a name")
        if row["model_a"] == row["model_b"]:
            continue
        votes.append(
            Vote(
                id=number,
                battle_id=f"line {number}",
                annotator_id=row.get("annotator") or "",
                kind=EventKind.CAST,
                outcome=outcome,
                models=(row["model_a"], row["model_b"]),
                prompt=row.get("prompt") or "",
                category=row.get("category") or "",
                mode=BattleMode.BLIND,
                supersedes=None,
                cast_at=_UNKNOWN_TIME,
            )
        )
    if not votes:
        raise InputError(f"{path.name}: got no votes; allowed: one line per vote under a header")
    return tuple(votes)


def read_items(path: Path) -> Items:
    """Read models with numeric feature columns and, where known, ``downloads`` and ``category``.

    A model with several lines has the mean of their features, and that of each category there.

    Raises:
        InputError: The file cannot be read, or a number is none.
    """
    rows = list(_rows(path, ("model",)))
    if not rows:
        raise InputError(f"{path.name}: got no models; allowed: one line per model under a header")
    columns = [name for name in rows[0][1] if name and name not in _WORDS]
    values = np.array(
        [[_number(path, number, name, row[name]) for name in columns] for number, row in rows]
    ).reshape(len(rows), len(columns))
    downloads = {
        row["model"]: _number(path, number, "downloads", row["downloads"])
        for number, row in rows
        if row.get("downloads")
    }
    models = tuple(dict.fromkeys(row["model"] for _, row in rows))
    names = [(row["model"], row.get("category") or "") for _, row in rows]
    return Items(models, downloads, _table(names, values))


def _table(names: Sequence[tuple[str, str]], values: Array) -> FeatureTable:
    """Features as components of equal weight, with mean square length 1."""
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    if not values.size:
        return FeatureTable()
    _, lengths, axes = np.linalg.svd(values, full_matrices=False)
    kept = axes[: min(COMPONENTS, int((lengths > 1e-9 * lengths[0]).sum()))]
    phi = values @ kept.T
    phi /= math.sqrt(float((phi**2).sum(axis=1).mean()))
    models = list(dict.fromkeys(model for model, _ in names))
    kinds = list(dict.fromkeys(name for name in names if name[1]))
    means = [phi[[name[0] == model for name in names]].mean(axis=0) for model in models]
    by_kind = [phi[[name == kind for name in names]].mean(axis=0) for kind in kinds]
    looks = np.stack([*means, *by_kind, np.zeros(phi.shape[1])])
    return FeatureTable(
        dim=phi.shape[1],
        looks=looks,
        models={model: row for row, model in enumerate(models)},
        by_category={kind: row for row, kind in enumerate(kinds, start=len(models))},
    )


def _rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and cells, stripped of spaces."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"{path.name}: got no column {', '.join(missing)}; "
                    f"allowed: a header with {', '.join(needed)}"
                )
            for row in reader:
                cells = {k: (v or "").strip() for k, v in row.items() if k is not None}
                yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: got a file that cannot be read ({error})") from error


def _number(path: Path, line: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path.name} line {line}: {name}: got {text!r}; allowed: a number")
    return value
