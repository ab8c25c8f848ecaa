"""Writing exports: which tables in which form, and a card beside them."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from gemrec.arena import find_flags
from gemrec.errors import InputError
from gemrec.exchange.arena_files import (
    ARENA_COLUMNS,
    EVALICA_COLUMNS,
    arena_pieces,
    evalica_piece,
)
from gemrec.exchange.card import CROISSANT, README, Facts, write_card
from gemrec.exchange.picture_tables import (
    DPO_COLUMNS,
    IMAGE_COLUMNS,
    PICK_A_PIC_COLUMNS,
    dpo_pieces,
    image_pieces,
    pick_a_pic_pieces,
)
from gemrec.exchange.pseudonyms import pseudonyms_of
from gemrec.exchange.ratings import RATING_COLUMNS, rating_piece
from gemrec.exchange.tables import FORMATS, FileFormat, Piece, Written, write_table
from gemrec.exchange.vote_table import VOTE_COLUMNS, vote_pieces
from gemrec.images import ImageFiles, digest_of
from gemrec.records import Board
from gemrec.store import Store
from gemrec.store.exports import Wanted

What = Literal["votes", "images", "ratings", "all"]
Form = Literal["csv", "jsonl", "parquet", "pickapic", "dpo", "arena"]
_LARGEST_FLAGGED: Final = 200_000  # votes beyond which nobody is looked at for oddities
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Order:
    """One export as it was asked for.

    Attributes:
        what: Which tables; the training and arena forms are votes whatever it says.
        form: How to write them.
        out: A folder, or one file whose ending fits the form.
        wanted: Which votes and images.
        consent: What people agreed to, for the card.
    """

    what: What
    form: Form
    out: Path
    wanted: Wanted = field(default_factory=Wanted)
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        tables: The tables.
        files: Every file, the card's too.
        facts: What the card tells.
    """

    tables: tuple[Written, ...]
    files: tuple[Path, ...]
    facts: Facts


class Exporter:
    """Writes exports of one database.

    Args:
        store: Votes and images.
        files: Image files.
        boards: The boards of now, overall and by category; asked for only with the ratings.
        clock: Now, timezone-aware UTC.

    Attributes:
        pseudonym: The name of a person in exports, by their id.
    """

    def __init__(
        self,
        store: Store,
        files: ImageFiles,
        boards: Callable[[], Sequence[Board]],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._files = files
        self._boards = boards
        self._clock = clock
        self.pseudonym = pseudonyms_of(store)

    def export(self, order: Order, progress: Progress = lambda share: None) -> Exported:  # noqa: ARG005
        """Write an export and remember its files, so that a deletion can find them.

        Raises:
            InputError: The path does not fit, or cannot be written.
        """
        single = _single_file(order)
        folder = order.out.parent if single else order.out
        facts = self._facts(order)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tables = tuple(self._tables(order, folder, single, progress))
            cards = () if single else write_card(folder, tables, facts)
            further = self._copies(order, folder) if not single and order.form == "csv" else ()
        except OSError as error:
            raise InputError(
                f"out: got {str(order.out)!r}; allowed: a folder or file that can be written "
                f"({error.strerror or error})"
            ) from error
        progress(1.0)
        files = (*(table.path for table in tables), *cards, *further)
        self._store.export_files.add(
            [(str(path.resolve()), digest_of(path)) for path in files],
            facts.last_vote_id,
            facts.made_at,
        )
        return Exported(tables, files, facts)

    def _tables(
        self, order: Order, folder: Path, single: Path | None, progress: Progress
    ) -> Iterator[Written]:
        if order.form == "pickapic":
            pieces = pick_a_pic_pieces(self._store, self._files, order.wanted, self.pseudonym)
            yield write_table(
                single or folder / "pickapic.parquet", PICK_A_PIC_COLUMNS, pieces, "parquet"
            )
        elif order.form == "dpo":
            pieces = dpo_pieces(self._store, self._files, order.wanted, self.pseudonym)
            yield write_table(single or folder / "dpo.parquet", DPO_COLUMNS, pieces, "parquet")
        elif order.form == "arena":
            yield from self._arena(order, folder, single)
        else:
            yield from self._plain(order, order.form, folder, single, progress)

    def _plain(
        self, order: Order, form: FileFormat, folder: Path, single: Path | None, progress: Progress
    ) -> Iterator[Written]:
        if order.what in ("votes", "all"):
            path = single or folder / f"votes.{form}"
            yield write_table(path, VOTE_COLUMNS, self._votes(order, True, progress), form)
            if single is None:
                path = folder / f"trail.{form}"
                yield write_table(path, VOTE_COLUMNS, self._votes(order, False, progress), form)
        if order.what in ("images", "all"):
            pieces = image_pieces(self._store, self._files, order.wanted)
            yield write_table(single or folder / f"images.{form}", IMAGE_COLUMNS, pieces, form)
        if order.what in ("ratings", "all"):
            rows = rating_piece(self._boards())
            yield write_table(single or folder / f"ratings.{form}", RATING_COLUMNS, [rows], form)

    def _arena(self, order: Order, folder: Path, single: Path | None) -> Iterator[Written]:
        def pieces() -> Iterator[Piece]:
            return arena_pieces(self._store, order.wanted, self.pseudonym)

        if single is not None:
            form: FileFormat = "csv" if single.suffix == ".csv" else "jsonl"
            yield write_table(single, ARENA_COLUMNS, pieces(), form)
            return
        yield write_table(folder / "arena.jsonl", ARENA_COLUMNS, pieces(), "jsonl")
        yield write_table(folder / "arena.csv", ARENA_COLUMNS, pieces(), "csv")
        turned = map(evalica_piece, pieces())
        yield write_table(folder / "evalica.csv", EVALICA_COLUMNS, turned, "csv")

    def _votes(self, order: Order, standing: bool, progress: Progress) -> Iterator[Piece]:
        total, done = max(self._store.exports.count(order.wanted), 1), 0

        def tell(rows: int) -> None:
            nonlocal done
            done += rows
            progress(min(done / total, 1.0) * 0.9)

        return vote_pieces(
            self._store,
            order.wanted,
            self.pseudonym,
            self._flags(),
            standing_only=standing,
            tell=tell,
        )

    def _flags(self) -> dict[str, list[str]]:
        if self._store.votes.last_id() > _LARGEST_FLAGGED:
            return {}
        found: dict[str, list[str]] = {}
        for flag in find_flags(self._store.votes.current()):
            found.setdefault(flag.annotator_id, []).append(str(flag.kind))
        return found

    def _copies(self, order: Order, folder: Path) -> tuple[Path, ...]:
        """A CSV holds no pictures: their files lie beside it, named by their digests."""
        if order.what not in ("images", "all"):
            return ()
        digests = dict.fromkeys(row["digest"] for row in self._store.exports.images(order.wanted))
        (folder / "images").mkdir(exist_ok=True)
        return tuple(
            Path(shutil.copyfile(source, folder / "images" / source.name))
            for source in map(self._files.path, digests)
            if source.is_file()
        )

    def _facts(self, order: Order) -> Facts:
        counted = self._store.exports.facts(order.wanted)
        return Facts(
            self._clock(),
            counted.annotators,
            counted.models,
            counted.votes,
            self._store.votes.last_id(),
            order.consent,
            order.wanted.campaign,
            order.wanted.since,
        )


def exported_document(exported: Exported) -> dict[str, Any]:
    """What was written as a JSON object."""
    return {
        "files": [str(path) for path in exported.files],
        "tables": [
            {
                "file": str(table.path),
                "rows": table.rows,
                "columns": [c.name for c in table.columns],
            }
            for table in exported.tables
        ],
        "votes": exported.facts.votes,
        "annotators": exported.facts.annotators,
        "last_vote_id": exported.facts.last_vote_id,
    }


def _single_file(order: Order) -> Path | None:
    """The file that was asked for, or None when a folder was.

    Raises:
        InputError: The ending does not fit the form, or one file cannot hold all tables.
    """
    suffix = order.out.suffix.lower()
    if suffix not in {f".{form}" for form in FORMATS} or order.out.is_dir():
        return None
    fitting = {"pickapic": (".parquet",), "dpo": (".parquet",), "arena": (".csv", ".jsonl")}
    allowed = fitting.get(order.form, (f".{order.form}",))
    if suffix not in allowed:
        raise InputError(
            f"out: got {order.out.name!r} for the form {order.form}; allowed: a folder, or a file "
            f"that ends in {' or '.join(allowed)}"
        )
    if order.what == "all" and order.form in FORMATS:
        raise InputError(
            f"out: got the file {order.out.name!r} for everything; allowed: a folder, as votes, "
            "images and ratings are tables of their own"
        )
    return order.out


__all__ = [
    "CROISSANT",
    "README",
    "Exported",
    "Exporter",
    "Form",
    "Order",
    "Wanted",
    "What",
    "exported_document",
]
