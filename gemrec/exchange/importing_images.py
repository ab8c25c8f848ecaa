"""Taking the images of an export in; the ones that are there already stay as they are."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gemrec.errors import InputError
from gemrec.images import ImageFiles
from gemrec.records import Model, ModelSource, Prompt
from gemrec.store import Store

_ROWS_AT_ONCE: Final = 64
_NEEDED: Final = ("image", "model", "prompt", "category", "seed", "parameters", "parameters_digest")


def import_images(store: Store, files: ImageFiles, path: Path, now: datetime) -> int:
    """Take in ``images.parquet`` of an export; returns how many images are new.

    Args:
        store: Where to.
        files: Image files.
        path: The Parquet file.
        now: For models that are new.

    Raises:
        InputError: It is no such file, or holds something that is no picture.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"images: {path} is no Parquet file ({error})") from error
    if missing := [name for name in _NEEDED if name not in table.schema_arrow.names]:
        raise InputError(f"images: {path} has no column {', '.join(missing)}")
    known, before = store.models.known(), store.images.last_id()
    for batch in table.iter_batches(_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            if row["model"] not in known:
                stranger = Model(row["model"], row["model"], ModelSource("hub", ""))
                store.models.sync([stranger], now)
                known[row["model"]] = row["model"]
            _take_in(store, files, row)
    return store.images.last_id() - before


def _take_in(store: Store, files: ImageFiles, row: dict[str, Any]) -> None:
    content = (row["image"] or {}).get("bytes")
    if content is None:  # its file was missing when it was exported
        return
    stored = files.put_bytes(content)
    store.images.add(
        digest=stored.digest,
        model_id=row["model"],
        prompt=Prompt(row["prompt"], row["category"]),
        seed=row["seed"],
        parameters=row["parameters_digest"],
        parameters_json=row["parameters"],
        width=stored.width,
        height=stored.height,
        seconds=row["seconds"],
        now=datetime.fromisoformat(row["created_at"]),
    )
