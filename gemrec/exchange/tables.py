"""Tables of columns that come in pieces, written as CSV, JSON lines or Parquet."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from gemrec.exchange.cells import neutral

Kind = Literal["text", "whole", "number", "yes", "image", "bytes"]
FileFormat = Literal["csv", "jsonl", "parquet"]
Piece = Mapping[str, Sequence[Any]]
"""Rows as columns of equal length."""
FORMATS: Final[tuple[FileFormat, ...]] = ("csv", "jsonl", "parquet")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an exported table.

    Attributes:
        name: Its name in files.
        kind: What it holds; an ``image`` holds the bytes of a picture.
        meaning: What it says, for the card.
    """

    name: str
    kind: Kind
    meaning: str


Columns = tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A table that was written.

    Attributes:
        path: Where.
        rows: How many rows.
        columns: Their columns.
    """

    path: Path
    rows: int
    columns: Columns


def write_table(path: Path, columns: Columns, pieces: Iterable[Piece], form: FileFormat) -> Written:
    """Write a table; a file that is there already is replaced once the new one is whole.

    Args:
        path: The file.
        columns: Its columns, in order.
        pieces: Its rows.
        form: How to write it.
    """
    writers: dict[FileFormat, Callable[[Path, Columns, Iterable[Piece]], int]] = {
        "csv": _write_csv,
        "jsonl": _write_jsonl,
        "parquet": _write_parquet,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with _whole(path) as unfinished:
        rows = writers[form](unfinished, columns, pieces)
    return Written(path, rows, columns)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    unfinished = path.with_name(f".{path.name}.part")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_csv(path: Path, columns: Columns, pieces: Iterable[Piece]) -> int:
    shown = [column for column in columns if column.kind not in ("image", "bytes")]
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in shown])
        for piece in pieces:
            cells = [_cells(column, piece[column.name]) for column in shown]
            writer.writerows(zip(*cells, strict=True))
            rows += len(cells[0])
    return rows


def _cells(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    if column.kind == "text":
        return ["" if value is None else neutral(value) for value in values]
    if column.kind == "yes":
        return ["" if value is None else "true" if value else "false" for value in values]
    return values


def _write_jsonl(path: Path, columns: Columns, pieces: Iterable[Piece]) -> int:
    from base64 import b64encode  # noqa: PLC0415 - only needed for images

    def said(column: Column, values: Sequence[Any]) -> Sequence[Any]:
        if column.kind in ("image", "bytes"):
            return [None if v is None else b64encode(v).decode() for v in values]
        return [bool(v) for v in values] if column.kind == "yes" else values

    names = [c.name + ("_base64" if c.kind in ("image", "bytes") else "") for c in columns]
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        for piece in pieces:
            held = [said(column, piece[column.name]) for column in columns]
            for values in zip(*held, strict=True):
                record = dict(zip(names, values, strict=True))
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                rows += 1
    return rows


def _write_parquet(path: Path, columns: Columns, pieces: Iterable[Piece]) -> int:
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "yes": pa.bool_(),
        "image": picture,
        "bytes": pa.binary(),
    }
    schema = pa.schema(
        [(column.name, types[column.kind]) for column in columns],
        metadata={"huggingface": json.dumps({"info": {"features": _features(columns)}})},
    )

    def array(column: Column, values: Sequence[Any]) -> Any:
        if column.kind == "image":
            held = [None if v is None else {"bytes": v, "path": None} for v in values]
            return pa.array(held, picture)
        if column.kind == "yes":
            values = [None if v is None else bool(v) for v in values]
        return pa.array(values, types[column.kind])

    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for piece in pieces:
            arrays = [array(column, piece[column.name]) for column in columns]
            batch = pa.record_batch(arrays, schema=schema)
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _features(columns: Columns) -> dict[str, Any]:
    """How ``datasets`` shall read the columns."""
    dtypes = {
        "text": "string",
        "whole": "int64",
        "number": "float64",
        "yes": "bool",
        "bytes": "binary",
    }
    return {
        column.name: {"_type": "Image"}
        if column.kind == "image"
        else {"_type": "Value", "dtype": dtypes[column.kind]}
        for column in columns
    }
