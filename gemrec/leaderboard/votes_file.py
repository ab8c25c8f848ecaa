"""A leaderboard straight from a CSV file of votes, without a database.

The columns are ``annotator,prompt,category,model_a,model_b,outcome,created_at``; only ``model_a``,
``model_b`` and ``outcome`` are required, in any order. ``winner`` is accepted for ``outcome``.
"""

import csv
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from gemrec.errors import InputError
from gemrec.leaderboard.counts import Counts
from gemrec.leaderboard.elo import EloTable
from gemrec.leaderboard.loading import counts_from_codes
from gemrec.leaderboard.query import BoardQuery
from gemrec.leaderboard.tables import CountSlice
from gemrec.records import Outcome

OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "a": Outcome.LEFT,
        "b": Outcome.RIGHT,
        "tie": Outcome.TIE,
        "both_good": Outcome.BOTH_GOOD,
        "both_bad": Outcome.BOTH_BAD,
    }
)
"""Words of the outcome column."""

SYNONYMS: Final[Mapping[str, str]] = MappingProxyType(
    {"model_a": "a", "left": "a", "model_b": "b", "right": "b", "draw": "tie"}
)
"""Further words of the outcome column that other tools use."""

_SKIPPED: Final = ("skip", "ranking")  # rankings have no place in a table of pairs
_REQUIRED: Final = ("model_a", "model_b")
_SHOWN: Final = 5  # bad lines named in an error
_NAMES: Final = 12  # names listed in an error
_ROW_OF: Final = {word: row for row, word in enumerate(OUTCOMES)}


@dataclass(frozen=True)
class VotesFile:
    """Votes as columns of numbers, in the order in which they were cast.

    Attributes:
        models: Model ids.
        annotators: Annotator names; one empty name where the file has none.
        prompts: Prompt texts.
        categories: Category names.
        columns: (6, K) numbers of annotator, prompt, category, model a, model b, and the outcome's
            row in the cells.
        skipped: Lines that count nothing: skips, rankings, votes with the models in view.
    """

    models: tuple[str, ...]
    annotators: tuple[str, ...]
    prompts: tuple[str, ...]
    categories: tuple[str, ...]
    columns: "np.ndarray[tuple[int, int], np.dtype[np.int64]]"
    skipped: int

    def table(self, query: BoardQuery) -> CountSlice:
        """The counts of a board.

        Raises:
            InputError: The file has no such category or annotator, or no prompts to cluster by.
        """
        people, prompts, categories, first, second, outcome = self._select(query)
        by_prompt = query.cluster == "prompt"
        if by_prompt and self.prompts == ("",):
            raise InputError("cluster: got 'prompt', but the file has no column 'prompt'")
        counts: Counts = counts_from_codes(
            models=self.models,
            annotators=self.prompts if by_prompt else self.annotators,
            categories=self.categories,
            first=first,
            second=second,
            annotator=prompts if by_prompt else people,
            category=categories,
            cells=np.eye(5, dtype=np.int32)[outcome].T,
        )
        return counts.slice()

    def elo(self, query: BoardQuery) -> EloTable:
        """The online ratings after all votes of a board."""
        table, said = EloTable(), tuple(OUTCOMES.values())
        for first, second, outcome in self._select(query)[3:].T.tolist():
            table.update(self.models[first], self.models[second], said[outcome])
        return table

    def sides(self, query: BoardQuery) -> dict[str, tuple[int, int]]:
        """Votes for the left and for the right side by annotator."""
        columns = self._select(query)
        size = len(self.annotators)
        left, right = (np.bincount(columns[0][columns[5] == row], minlength=size) for row in (0, 1))
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        return dict(zip(self.annotators, pairs, strict=True))

    def _select(self, query: BoardQuery) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
        columns = self.columns
        for what, wanted, known, row in (
            ("annotator", query.annotator_id, self.annotators, 0),
            ("category", query.category, self.categories, 2),
        ):
            if wanted is None:
                continue
            if wanted not in known:
                raise InputError(
                    f"{what}: got {wanted!r}; allowed: {some(known) or 'none in the file'}"
                )
            columns = columns[:, columns[row] == known.index(wanted)]
        return columns


def read_votes_file(path: Path) -> VotesFile:
    """Read a CSV file of votes.

    Raises:
        InputError: It cannot be read, lacks a column or has bad lines, which the message numbers.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _read(path, csv.reader(file))
    except OSError as error:
        raise InputError(
            f"votes: got {str(path)!r}; allowed: a CSV file that can be read ({error.strerror})"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"votes: {path} is no CSV file in UTF-8 ({error}); allowed: columns model_a, model_b "
            "and outcome separated by commas"
        ) from error


class _Names:
    """Numbers for names in the order of first sight."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.column = array("q")

    def add(self, name: str) -> None:
        self.column.append(self.numbers.setdefault(name, len(self.numbers)))


def _read(path: Path, lines: Iterator[Sequence[str]]) -> VotesFile:
    header = [word.strip().lower() for word in next(lines, [])]
    places = column_places(path, header)
    mode = header.index("mode") if "mode" in header else -1
    times: list[str] = []
    annotators, prompts, categories, models = _Names(), _Names(), _Names(), _Names()
    outcomes, bad, skipped = array("q"), list[str](), 0
    for number, line in enumerate(lines, start=2):
        if not any(line):
            continue
        values = [line[place].strip() if 0 <= place < len(line) else "" for place in places]
        annotator, prompt, category, first, second, word, time = values
        word = word.lower()
        is_named = 0 <= mode < len(line) and line[mode].strip() == "named"
        if (word in _SKIPPED or is_named) and len(line) == len(header):
            skipped += 1
            continue
        if problem := line_problem(line, len(header), first, second, word):
            bad.append(f"line {number}: {problem}")
            continue
        for names, name in ((annotators, annotator), (prompts, prompt), (categories, category)):
            names.add(name)
        models.add(first)
        models.add(second)
        outcomes.append(_ROW_OF[SYNONYMS.get(word, word)])
        times.append(time)
    if bad:
        more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        raise InputError(f"votes: {path} has bad lines. {'; '.join(bad[:_SHOWN])}{more}")
    sides = np.array(models.column, dtype=np.int64).reshape(-1, 2)
    columns = np.stack(
        [
            *(np.array(n.column, dtype=np.int64) for n in (annotators, prompts, categories)),
            sides[:, 0],
            sides[:, 1],
            np.array(outcomes, dtype=np.int64),
        ]
    )
    if all(times):
        columns = columns[:, np.argsort(np.array(times, dtype=str), kind="stable")]
    return VotesFile(
        models=tuple(models.numbers),
        annotators=tuple(annotators.numbers) or ("",),
        prompts=tuple(prompts.numbers) or ("",),
        categories=tuple(categories.numbers) or ("",),
        columns=columns,
        skipped=skipped,
    )


def column_places(path: Path, header: Sequence[str]) -> list[int]:
    """Where each of the seven columns stands; -1 for one that is missing and may be.

    Raises:
        InputError: A required column is missing.
    """
    names = list(header)
    if "outcome" not in names and "winner" in names:
        names[names.index("winner")] = "outcome"
    missing = [name for name in (*_REQUIRED, "outcome") if name not in names]
    if missing:
        got = ", ".join(name for name in header if name) or "nothing"
        raise InputError(
            f"votes: {path} has no column {' and no column '.join(missing)}; got {got}; allowed: "
            "annotator, prompt, category, model_a, model_b, outcome (or winner), created_at"
        )
    wanted = ("annotator", "prompt", "category", *_REQUIRED, "outcome", "created_at")
    return [names.index(name) if name in names else -1 for name in wanted]


def line_problem(line: Sequence[str], width: int, first: str, second: str, word: str) -> str:
    """What is wrong with a line; empty for nothing.

    Args:
        line: Its cells.
        width: How many the first line has.
        first: Model a.
        second: Model b.
        word: The outcome in small letters.
    """
    if len(line) != width:
        return f"got {len(line)} values; allowed: {width}, as in the first line"
    if not first or not second:
        return "got no name for a model"
    if first == second:
        return f"got {first!r} against itself; allowed: two different models"
    if SYNONYMS.get(word, word) not in OUTCOMES:
        return f"got outcome {word!r}; allowed: {', '.join(OUTCOMES)}"
    return ""


def some(names: Iterable[str]) -> str:
    """The first names in order with commas between, and how many more there are; may be empty."""
    known = sorted(filter(None, names))
    shown = ", ".join(known[:_NAMES])
    return f"{shown} and {len(known) - _NAMES} more" if len(known) > _NAMES else shown
