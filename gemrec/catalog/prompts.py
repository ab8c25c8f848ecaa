"""Reading the prompt set from CSV files."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemrec.errors import CatalogError, InputError
from gemrec.records import Prompt

COLUMNS = ("category", "prompt")


@dataclass(frozen=True, slots=True)
class PromptBook:
    """Prompts to draw from.

    Attributes:
        prompts: In the order of their files, each text and category once; may be empty.
    """

    prompts: tuple[Prompt, ...] = ()

    def categories(self) -> tuple[str, ...]:
        """Return the categories in order of first appearance."""
        return tuple(dict.fromkeys(prompt.category for prompt in self.prompts))

    def in_category(self, category: str) -> tuple[Prompt, ...]:
        """Return the prompts of one category.

        Raises:
            InputError: There is no such category; the message lists those that there are.
        """
        found = tuple(prompt for prompt in self.prompts if prompt.category == category)
        if not found:
            allowed = ", ".join(self.categories()) or "none, as the prompt set is empty"
            raise InputError(f"category: got {category!r}; allowed: {allowed}")
        return found

    def sample(self, rng: np.random.Generator, category: str | None = None) -> Prompt:
        """Draw a prompt, each with the same chance.

        Args:
            rng: Source of randomness.
            category: Draw within this one; None draws from all.

        Raises:
            InputError: There is no such category, or the book is empty.
        """
        pool = self.prompts if category is None else self.in_category(category)
        if not pool:
            raise InputError("The prompt set is empty; type a prompt, or add a prompt file.")
        return pool[int(rng.integers(len(pool)))]


def load_prompts(*paths: Path) -> PromptBook:
    """Read CSV files with the columns ``category`` and ``prompt``; later files add to earlier ones.

    Raises:
        CatalogError: A file cannot be read or a line is wrong; the message names file and line.
    """
    prompts = (prompt for path in paths for prompt in _read_file(path))
    return PromptBook(tuple(dict.fromkeys(prompts)))


def _read_file(path: Path) -> list[Prompt]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read_rows(path, csv.DictReader(file, strict=True))
    except OSError as error:
        raise CatalogError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path}: is not UTF-8 text ({error.reason})") from error


def _read_rows(path: Path, reader: "csv.DictReader[str]") -> list[Prompt]:
    prompts = []
    try:
        columns = reader.fieldnames or ()
        if set(columns) != set(COLUMNS):
            raise CatalogError(
                f"{path}: line 1: got the columns {', '.join(columns) or 'none'}; allowed: "
                f"{', '.join(COLUMNS)}"
            )
        for row in reader:
            if None in row or None in row.values():
                raise CatalogError(
                    f"{path}: line {reader.line_num}: got another number of fields than 2; put "
                    'quotes around a prompt with a comma, as in "a fox, neon"'
                )
            text = row["prompt"].strip()
            if not text:
                raise CatalogError(
                    f"{path}: line {reader.line_num}, prompt: got nothing; allowed: some text"
                )
            prompts.append(Prompt(text, row["category"].strip()))
    except csv.Error as error:
        raise CatalogError(f"{path}: line {reader.reader.line_num}: is not CSV: {error}") from error
    return prompts
