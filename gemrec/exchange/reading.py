"""Vote files of any known form as a stream of events, each with the number of its line."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from gemrec.errors import InputError
from gemrec.exchange.cells import OWN_COLUMN, restored
from gemrec.exchange.fields import BASE, OWN, full_event, plain_vote
from gemrec.exchange.foreign import fields_of
from gemrec.leaderboard.votes_file import column_places, line_problem
from gemrec.store import IncomingVote

Line = tuple[int, "IncomingVote | InputError | None"]
"""A line's number and what it says: an event, what is wrong with it, or nothing to take in."""

Progress = Callable[[float], None]
Seen = dict[int, int]
_TELL_EVERY: Final = 5000
_LINES: Final = (".jsonl", ".ndjson", ".json")
_ROWS_AT_ONCE: Final = 2000


@dataclass(frozen=True)
class Mapped:
    """How a file's own words translate into ours.

    Attributes:
        columns: Our column by theirs.
        words: Our outcome by theirs, in small letters.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def word(self, theirs: str) -> str:
        """An outcome in our words."""
        return self.words.get(theirs.lower(), theirs)


def read_mapping(text: str) -> Mapped:
    """Read ``model_a=system_1,outcome=preference,outcome:first=a``.

    Raises:
        InputError: A part is not of that form, or names a column that we do not have.
    """
    columns, words = dict[str, str](), dict[str, str]()
    for part in filter(None, (part.strip() for part in text.split(","))):
        ours, sign, theirs = part.partition("=")
        ours, theirs = ours.strip(), theirs.strip()
        if sign and theirs and ours.startswith("outcome:"):
            words[ours.removeprefix("outcome:").lower()] = theirs
        elif sign and theirs and ours in (*BASE, *OWN):
            columns[theirs.lower()] = ours
        else:
            raise InputError(
                f"mapping: got {part!r}; allowed: OURS=THEIRS with one of {', '.join(BASE)}, or "
                "outcome:THEIR_WORD=OURS, with commas between"
            )
    return Mapped(columns, words)


def read_lines(path: Path, mapped: Mapped, progress: Progress) -> Iterator[Line]:
    """Read a file of votes.

    Args:
        path: A CSV, JSON lines or Parquet file.
        mapped: How its words translate.
        progress: Told the share that is read, 0..1.

    Raises:
        InputError: It cannot be read at all; single bad lines are yielded instead.
    """
    kind = path.suffix.lower()
    try:
        if kind == ".parquet":
            yield from _parquet(path, mapped, progress)
        elif kind in _LINES:
            with _opened(path, progress) as lines:
                yield from _records(enumerate(_json_lines(lines), start=1), mapped)
        else:
            with _opened(path, progress) as lines:
                yield from _csv(path, csv.reader(lines), mapped)
    except OSError as error:
        raise InputError(
            f"votes: got {str(path)!r}; allowed: a file that can be read ({error.strerror or error})"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"votes: {path} is no text file in UTF-8 ({error}); allowed: CSV, JSON lines, Parquet"
        ) from error


@contextmanager
def _opened(path: Path, progress: Progress) -> Iterator[Iterator[str]]:
    with path.open("rb") as raw:
        size = path.stat().st_size or 1
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        yield _told(text, raw, size, progress)
        progress(1.0)


def _told(lines: Iterable[str], raw: BinaryIO, size: int, progress: Progress) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number % _TELL_EVERY == 0:
            progress(min(raw.tell() / size, 1.0))
        yield line


# ---- CSV ----------------------------------------------------------------------------------------


def _csv(path: Path, lines: Iterator[Sequence[str]], mapped: Mapped) -> Iterator[Line]:
    named = [word.strip().lower() for word in next(lines, [])]
    header = [mapped.columns.get(name, name) for name in named]
    places = [] if "models" in header else column_places(path, header)
    if any(name in header for name in OWN):
        yield from _own_csv(header, lines, mapped)
        return
    seen: Seen = {}
    width = len(header)
    for number, line, values in _plain_rows(lines, places, mapped):
        problem = line_problem(line, width, values[3], values[4], _checked(values[5]))
        if problem:
            yield number, InputError(problem)
            continue
        try:
            yield number, plain_vote(values, _occurrence(seen, values))
        except InputError as error:
            yield number, error


def _plain_rows(
    lines: Iterable[Sequence[str]], places: Sequence[int], mapped: Mapped
) -> Iterator[tuple[int, Sequence[str], list[str]]]:
    for number, line in enumerate(lines, start=2):
        if any(line):
            values = [line[p].strip() if 0 <= p < len(line) else "" for p in places]
            values[5] = mapped.word(values[5])
            yield number, line, values


def _checked(word: str) -> str:
    """The outcome for ``line_problem``, which knows no skips."""
    small = word.lower()
    return "tie" if small == "skip" else small


def _own_csv(
    header: Sequence[str], lines: Iterator[Sequence[str]], mapped: Mapped
) -> Iterator[Line]:
    is_ours = OWN_COLUMN in header
    seen: Seen = {}
    for number, line in enumerate(lines, start=2):
        if not any(line):
            continue
        if len(line) != len(header):
            yield (
                number,
                InputError(f"got {len(line)} values; allowed: {len(header)}, as in the first line"),
            )
            continue
        cells = map(restored, line) if is_ours else line
        fields = dict(zip(header, cells, strict=True))
        if "winner" in fields:
            fields.setdefault("outcome", fields["winner"])
        yield number, _event(fields, mapped, seen)


# ---- JSON lines and Parquet -----------------------------------------------------------------------


def _json_lines(lines: Iterable[str]) -> Iterator[Any]:
    for line in lines:
        if not line.strip():
            yield None
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            yield InputError(f"is no JSON ({error})")


def _parquet(path: Path, mapped: Mapped, progress: Progress) -> Iterator[Line]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"votes: {path} is no Parquet file ({error})") from error
    wanted = [
        name
        for name, kind in zip(file.schema_arrow.names, file.schema_arrow.types, strict=True)
        if not pa.types.is_binary(kind) and not pa.types.is_struct(kind)
    ]
    total, done = max(file.metadata.num_rows, 1), 0
    seen: Seen = {}
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=wanted):
        rows = enumerate(batch.to_pylist(), start=done + 1)
        yield from _records(rows, mapped, seen)
        done += batch.num_rows
        progress(done / total)


def _records(
    rows: Iterable[tuple[int, Any]], mapped: Mapped, seen: Seen | None = None
) -> Iterator[Line]:
    known: Seen = {} if seen is None else seen
    for number, record in rows:
        if record is None or isinstance(record, InputError):
            if record is not None:
                yield number, record
            continue
        if not isinstance(record, dict):
            yield number, InputError(f"got {type(record).__name__}; allowed: an object")
            continue
        renamed = {mapped.columns.get(str(k).lower(), str(k)): v for k, v in record.items()}
        try:
            fields = fields_of(renamed)
        except InputError as error:
            yield number, error
            continue
        yield number, None if fields is None else _event(fields, mapped, known)


def _event(fields: dict[str, str], mapped: Mapped, seen: Seen) -> IncomingVote | InputError | None:
    """The event of a line; None for one that only repeats an earlier line of the same vote."""
    fields["outcome"] = mapped.word(fields.get("outcome", "").strip())
    values = [fields.get(column, "") for column in BASE]
    if (battle_id := fields.get("battle_id")) is not None and battle_id:
        place, content = hash((battle_id, fields.get("step", ""))), hash(tuple(values))
        if seen.setdefault(place, content) != content:
            return InputError(f"says something else of battle {battle_id!r} than an earlier line")
        if hash((place, "read")) in seen:
            return None
        seen[hash((place, "read"))] = 1
    try:
        return full_event(fields, _occurrence(seen, values))
    except InputError as error:
        return error


def _occurrence(seen: Seen, values: Sequence[str]) -> bytes:
    """Which of several equal lines this is; nothing for the first."""
    content = hash(tuple(values))
    number = seen.get(content, 0)
    seen[content] = number + 1
    return b"" if number == 0 else str(number).encode()
