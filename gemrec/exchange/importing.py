"""Taking a file of votes in: all of it, or nothing."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gemrec.errors import InputError
from gemrec.exchange.importing_images import import_images
from gemrec.exchange.reading import Mapped, Progress, read_lines
from gemrec.images import ImageFiles
from gemrec.store import IncomingVote, Store

_SHOWN: Final = 8  # bad lines that the message names
_MOST_BAD: Final = 1000  # bad lines after which reading on says nothing new
_READING: Final = 0.6  # share of the time that reading takes; the rest is the transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        lines: Lines with a vote, new or known.
        votes: New vote events.
        known: Events that were in the store before.
        skipped: Lines that say nothing about two models, such as chat or unlabelled pairs.
        annotators: New people.
        models: New models.
        prompts: New prompts.
        images: New images, from an export's folder.
    """

    lines: int
    votes: int
    known: int
    skipped: int
    annotators: int
    models: int
    prompts: int
    images: int = 0


def import_votes(
    store: Store,
    path: Path,
    now: datetime,
    mapped: Mapped | None = None,
    progress: Progress = lambda share: None,  # noqa: ARG005
    files: ImageFiles | None = None,
) -> Imported:
    """Take a file of votes in by one transaction; the counts behind the boards go with it.

    Importing a file again adds nothing: a vote is known by its battle's id, or, where a file has
    none, by everything that the file says about it.

    Args:
        store: Where to.
        path: A vote CSV; JSON lines of an arena or of Pick-a-Pic; an export of ours as CSV, JSON
            lines or Parquet, or its folder.
        now: For votes that do not say when they were cast.
        mapped: How the file's words translate.
        progress: Told how much is done, 0..1.
        files: Where images of an export's folder go; None leaves them out.

    Raises:
        InputError: The file cannot be read or has bad lines, which the message numbers; nothing is
            taken in then.
        StoreError: The database cannot be written; nothing is taken in then.
    """
    counted = _Counted()
    file = votes_file_of(path)
    with store.bulk.stage() as staging:
        lines = read_lines(file, mapped or Mapped(), lambda share: progress(share * _READING))
        staging.add(counted.good(lines))
        if counted.bad:
            raise InputError(_complaint(file, counted.bad))
        taken = staging.commit(now)
    pictures = path / "images.parquet"
    images = import_images(store, files, pictures, now) if files and pictures.is_file() else 0
    progress(1.0)
    return Imported(
        taken.events + taken.known,
        taken.events,
        taken.known,
        counted.skipped,
        taken.annotators,
        taken.models,
        taken.prompts,
        images,
    )


def imported_document(imported: Imported) -> dict[str, Any]:
    """What an import did as a JSON object."""
    return asdict(imported)


def votes_file_of(path: Path) -> Path:
    """The file to read: the path itself, or in an export's folder its trail of events.

    Raises:
        InputError: The folder holds no votes.
    """
    if not path.is_dir():
        return path
    for stem in ("trail", "votes"):
        for suffix in (".parquet", ".jsonl", ".csv"):
            if (path / f"{stem}{suffix}").is_file():
                return path / f"{stem}{suffix}"
    raise InputError(f"votes: got the folder {str(path)!r}; allowed: one with trail.* or votes.*")


class _Counted:
    """Sorts lines into good, bad and silent ones."""

    def __init__(self) -> None:
        self.bad: list[str] = []
        self.skipped = 0

    def good(
        self, lines: Iterator[tuple[int, IncomingVote | InputError | None]]
    ) -> Iterator[IncomingVote]:
        for number, said in lines:
            if said is None:
                self.skipped += 1
            elif isinstance(said, InputError):
                self.bad.append(f"line {number}: {said}")
                if len(self.bad) >= _MOST_BAD:
                    return
            elif not self.bad:
                yield said


def _complaint(path: Path, bad: list[str]) -> str:
    more = len(bad) - _SHOWN
    least = "at least " if len(bad) >= _MOST_BAD else ""
    tail = f"; and {least}{more} more" if more > 0 else ""
    return f"votes: {path} has bad lines; nothing was imported. {'; '.join(bad[:_SHOWN])}{tail}"
