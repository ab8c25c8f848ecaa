"""Counts of many votes at once: from columns of numbers, from the count table, from a checkpoint."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gemrec.errors import InputError
from gemrec.leaderboard.cells import (
    ANNOTATOR_BITS,
    CONTEXT_BITS,
    MODEL_BITS,
    CellTable,
    unpack_annotators,
    unpack_contexts,
    unpack_pairs,
)
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.tables import UNIT, Ints, units_of
from gemrec.store import CountRow

_FORM: Final = "gemrec counts 1"
_LINE: Final = b"\n"


def counts_from_codes(
    *,
    models: Sequence[str],
    annotators: Sequence[str],
    categories: Sequence[str] = ("",),
    first: Ints,
    second: Ints,
    annotator: Ints,
    category: Ints | None = None,
    cells: NDArray[np.integer],
) -> Counts:
    """Read many votes or count rows at once, names given as positions in lists.

    Args:
        models: Distinct model ids.
        annotators: Distinct annotator ids.
        categories: Distinct categories.
        first: (K,) position of each row's first model.
        second: (K,) position of its second model, another one.
        annotator: (K,) position of its annotator.
        category: (K,) position of its category; None puts all into the first.
        cells: (5, K) wins of first, wins of second, ties, both good, both bad.

    Raises:
        InputError: A name is listed twice or a row compares a model with itself.
    """
    for names, bits, what in (
        (models, MODEL_BITS, "models"),
        (annotators, ANNOTATOR_BITS, "annotators"),
        (categories, CONTEXT_BITS, "categories"),
    ):
        if len(set(names)) != len(names):
            raise InputError(f"{what} must be distinct, got one twice")
        if len(names) > 1 << bits:
            raise InputError(f"too many {what} for one board: at most {1 << bits} are allowed")
    if (first == second).any():
        raise InputError("a vote compares two models, got a row with the same one twice")
    if category is None:
        category = np.zeros_like(first)
    units = cells.astype(np.int32, order="C")  # each count is read as a column of its own
    units *= UNIT
    table = CellTable.load(annotator, category, first, second, units)
    return Counts.from_cells(models, [(name, "") for name in categories], annotators, table)


def counts_from_rows(rows: Iterable[CountRow], models: Iterable[str] = ()) -> Counts:
    """Read the store's count table.

    Args:
        rows: One row per pair, category, annotator, campaign and size; repeated keys add up.
        models: Further model ids to list, votes or not, before the others.
    """
    read = list(rows)
    names: dict[str, int] = {name: number for number, name in enumerate(dict.fromkeys(models))}
    people: dict[str, int] = {}
    contexts: dict[tuple[str, str], int] = {}

    def numbers(values: Iterable[int]) -> Ints:
        return np.fromiter(values, np.int64, len(read))

    first = numbers(names.setdefault(row.model_a, len(names)) for row in read)
    second = numbers(names.setdefault(row.model_b, len(names)) for row in read)
    annotator = numbers(people.setdefault(row.annotator_id, len(people)) for row in read)
    context = numbers(
        contexts.setdefault((row.category, row.campaign), len(contexts)) for row in read
    )
    cells = np.stack(
        [
            numbers(row.wins_a for row in read),
            numbers(row.wins_b for row in read),
            numbers(row.ties for row in read),
            numbers(row.both_good for row in read),
            numbers(row.both_bad for row in read),
        ]
    )
    cells *= numbers(units_of(row.size) for row in read)
    table = CellTable.load(annotator, context, first, second, cells)
    return Counts.from_cells(names, contexts, people, table)


def dump_counts(counts: Counts) -> bytes:
    """Counts as bytes, which :func:`restore_counts` reads hundreds of times faster than rows."""
    keys, cells = counts.cells()
    head = {
        "form": _FORM,
        "models": counts.models,
        "contexts": counts.contexts,
        "annotators": counts.annotators,
        "cells": len(keys),
    }
    words = json.dumps(head, ensure_ascii=True).encode()
    parts = (words, _LINE, keys.astype("<i8").tobytes(), cells.astype("<i4").tobytes())
    return b"".join(parts)


def restore_counts(data: bytes, models: Iterable[str] = ()) -> Counts | None:
    """Counts of a checkpoint; None when another version wrote it.

    Args:
        data: What :func:`dump_counts` gave.
        models: Model ids to list first, in this order.
    """
    line = data.find(_LINE)
    head = _read_head(data[:line])
    size = head.get("cells")
    if head.get("form") != _FORM or not isinstance(size, int) or len(data) - line - 1 != 28 * size:
        return None
    keys = np.frombuffer(data, "<i8", size, line + 1).astype(np.int64)
    cells = np.frombuffer(data, "<i4", 5 * size, line + 1 + 8 * size).astype(np.int32)
    cells = cells.reshape(5, size)
    order = list(dict.fromkeys((*models, *head["models"])))
    contexts = [(category, campaign) for category, campaign in head["contexts"]]
    if order[: len(head["models"])] == head["models"]:
        table = CellTable.restore(keys, cells)
    else:  # the catalog has changed
        place = {model_id: number for number, model_id in enumerate(order)}
        moved = np.array([place[model_id] for model_id in head["models"]], dtype=np.int64)
        first, second = (moved[side] for side in unpack_pairs(keys))
        table = CellTable.load(unpack_annotators(keys), unpack_contexts(keys), first, second, cells)
    return Counts.from_cells(order, contexts, head["annotators"], table)


def _read_head(words: bytes) -> Mapping[str, Any]:
    try:
        head = json.loads(words)
    except ValueError:
        return {}
    return head if isinstance(head, dict) else {}
