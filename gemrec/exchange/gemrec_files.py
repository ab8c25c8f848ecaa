"""Where the files of GEMRec-18K are: on the Hub, or in a folder of this machine."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gemrec.errors import InputError, StoreError

ROSTER, METADATA, IMAGES = (
    "MAPS-research/GEMRec-Roster",
    "MAPS-research/GEMRec-Metadata",
    "MAPS-research/GEMRec-PromptBook",
)
"""The published data sets: models; prompts and scores without images; the same with images."""

ROSTER_COLUMNS: Final = (
    "tag",
    "model_name",
    "model_id",
    "modelVersion_name",
    "modelVersion_id",
    "modelVersion_url",
    "model_download_count",
    "baseModel",
)
PROMPT_COLUMNS: Final = ("prompt_id", "tag", "size", "seed", "prompt", "negativePrompt")
IMAGE_COLUMNS: Final = ("image", "modelVersion_id", "seed", "prompt", "tag")

Row = dict[str, Any]
Progress = Callable[[float], None]
_BATCH = 32  # rows of a Parquet file that are in memory at once
_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class GemrecFiles:
    """The files of one copy of the data set; each part may be spread over several.

    Attributes:
        roster: Files with one row per model.
        prompts: Files with one row per prompt, or per image.
        images: Parquet files with one row per image and its bytes.
    """

    roster: tuple[Path, ...]
    prompts: tuple[Path, ...]
    images: tuple[Path, ...] = ()


def find_gemrec(folder: Path, metadata_only: bool = False) -> GemrecFiles:
    """Find the parts among the CSV and Parquet files of a folder, by their columns.

    Args:
        folder: Searched with everything below it.
        metadata_only: Leave the images alone.

    Raises:
        InputError: No folder, a file that cannot be read, or no roster or prompts in it.
    """
    if not folder.is_dir():
        raise InputError(
            f"folder: got {str(folder)!r}; allowed: a folder with the data set's files"
        )
    roster, prompts, images = [], [], []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _SUFFIXES and p.is_file()):
        columns = set(columns_of(path))
        if columns >= set(ROSTER_COLUMNS):
            roster.append(path)
        elif columns >= set(IMAGE_COLUMNS):
            images.append(path)
        elif columns >= set(PROMPT_COLUMNS):
            prompts.append(path)
    for what, found, wanted in (
        ("roster", roster, ROSTER_COLUMNS),
        ("prompt set", prompts or images, PROMPT_COLUMNS),
    ):
        if not found:
            raise InputError(
                f"folder: {folder} has no {what}; wanted: a CSV or Parquet file with the columns "
                f"{', '.join(wanted)}"
            )
    return GemrecFiles(
        tuple(roster), tuple(prompts or images), () if metadata_only else tuple(images)
    )


def fetch_gemrec(
    metadata_only: bool = False,
    progress: Progress = lambda done: None,  # noqa: ARG005
) -> GemrecFiles:
    """Download the published data sets into the Hub's cache; what is there already is kept.

    The token, the cache and the address are those that ``huggingface_hub`` is told by HF_TOKEN,
    HF_HOME and HF_ENDPOINT. A download that breaks off goes on where it stopped.

    Args:
        metadata_only: Take models, prompts and scores but no images.
        progress: Told what share of the files is there, 0..1.

    Raises:
        InputError: The Hub refuses or cannot be reached; the message says what to do.
    """
    parts = (ROSTER, METADATA if metadata_only else IMAGES)
    names = {repository: _names(repository) for repository in parts}
    total, done = sum(map(len, names.values())), 0
    files: dict[str, list[Path]] = {repository: [] for repository in parts}
    for repository, wanted in names.items():
        for name in wanted:
            files[repository].append(_download(repository, name))
            done += 1
            progress(done / total)
    rest = tuple(files[parts[1]])
    return GemrecFiles(tuple(files[ROSTER]), rest, () if metadata_only else rest)


def columns_of(path: Path) -> tuple[str, ...]:
    """The names of a file's columns.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                return tuple(next(csv.reader(file), ()))
        from pyarrow import parquet  # noqa: PLC0415 - slow to import

        return tuple(parquet.ParquetFile(path).schema_arrow.names)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); allowed: CSV or Parquet") from error


def rows_of(path: Path, columns: tuple[str, ...] = ()) -> Iterator[Row]:
    """The rows of a file, a few in memory at a time.

    Args:
        path: A CSV or Parquet file.
        columns: Read only these; empty reads all.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from csv.DictReader(file)
            return
        from pyarrow import parquet  # noqa: PLC0415 - slow to import

        with parquet.ParquetFile(path) as file:
            wanted = [name for name in columns if name in file.schema_arrow.names] or None
            for batch in file.iter_batches(_BATCH, columns=wanted):
                yield from batch.to_pylist()
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); allowed: CSV or Parquet") from error


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A file to write to, which becomes ``path`` when the block ends well.

    Raises:
        StoreError: It cannot be written.
    """
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)


def row_count(path: Path) -> int:
    """How many rows a Parquet file says that it has."""
    from pyarrow import parquet  # noqa: PLC0415 - slow to import

    return int(parquet.ParquetFile(path).metadata.num_rows)


def _names(repository: str) -> list[str]:
    from huggingface_hub import HfApi  # noqa: PLC0415 - half a second

    names = _asked(repository, lambda: HfApi().list_repo_files(repository, repo_type="dataset"))
    found = sorted(name for name in names if name.endswith(_SUFFIXES))
    if not found:
        raise InputError(f"The data set {repository} holds no CSV or Parquet file.")
    return found


def _download(repository: str, name: str) -> Path:
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - half a second

    return Path(_asked(repository, lambda: hf_hub_download(repository, name, repo_type="dataset")))


def _asked(repository: str, ask: Callable[[], Any]) -> Any:
    """The Hub's answer; its errors in our words."""
    from huggingface_hub.errors import (  # noqa: PLC0415
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    try:
        return ask()
    except (GatedRepoError, RepositoryNotFoundError) as error:
        raise InputError(
            f"The data set {repository} is not open to you: accept its terms on its page, and put "
            "a token that may read it into HF_TOKEN; or give local copies with --folder."
        ) from error
    except Exception as error:
        # Transport errors are told by name, because the client decides which library raises them.
        by_name = any(kind.__name__ == "TransportError" for kind in type(error).__mro__)
        known = (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError)
        if not by_name and not isinstance(error, known):
            raise
        first = str(error).strip().partition("\n")[0]
        raise InputError(
            f"The data set {repository} cannot be downloaded ({first}); run the command again to "
            "go on, or give local copies with --folder."
        ) from error
