"""Words about taste: the axes that have names, and how a sentence becomes wishes.

The axes stand in ``axes.csv``: two poles each, the words in which people mean a pole, and phrases
by which a text tower is asked for its direction.
"""

import csv
import importlib.resources
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from gemrec.records import Wish, WishKind

MOST_WORDS: Final = 300
"""Characters of a sentence about one's taste; what is longer is cut."""

_LESS: Final = frozenset(
    [
        "less",
        "fewer",
        "no",
        "not",
        "without",
        "never",
        "avoid",
        "avoids",
        "hate",
        "hates",
        "dislike",
        "dislikes",
        "don't",
        "dont",
        "doesn't",
        "cannot",
        "can't",
        "isn't",
        "aren't",
        "nothing",
        "too",
        "minus",
        "skip",
        "stop",
        "against",
    ]
)
_MORE: Final = frozenset(
    [
        "more",
        "love",
        "loves",
        "like",
        "likes",
        "prefer",
        "prefers",
        "want",
        "wants",
        "adore",
        "enjoy",
        "enjoys",
        "favour",
        "favor",
        "plus",
        "increase",
        "always",
    ]
)
_FILLERS: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "i",
        "i'm",
        "im",
        "me",
        "my",
        "it",
        "its",
        "is",
        "are",
        "be",
        "do",
        "does",
        "to",
        "of",
        "in",
        "on",
        "for",
        "with",
        "very",
        "really",
        "so",
        "much",
        "bit",
        "little",
        "some",
        "any",
        "all",
        "picture",
        "pictures",
        "image",
        "images",
        "style",
        "styles",
        "styled",
        "stuff",
        "things",
        "thing",
        "art",
        "please",
        "would",
        "should",
        "looks",
        "look",
        "looking",
        "make",
        "them",
        "these",
        "those",
        "they",
        "that",
        "this",
        "as",
        "possible",
        "than",
        "rather",
        "quite",
        "kind",
        "kinds",
        "sort",
        "tones",
        "tone",
        "most",
        "mostly",
        "just",
        "at",
    ]
)
_INSTEAD: Final = re.compile(r"\b(?:over|rather than|instead of|not)\b")
_CLAUSES: Final = re.compile(r"[,;.!?\n]+|\bbut\b|\bwhile\b")
_JOINED: Final = re.compile(r"\b(?:and|or|nor)\b|[/&+]")
_WORD: Final = re.compile(r"[\w'-]+")


@dataclass(frozen=True, slots=True)
class Axis:
    """A direction of taste that has names.

    Attributes:
        id: Stable name, under which its strength is kept.
        more: Name of the positive pole.
        less: Name of the negative pole.
        more_phrases: What a text tower is asked for the positive pole.
        less_phrases: The same for the negative pole.
    """

    id: str
    more: str
    less: str
    more_phrases: tuple[str, ...]
    less_phrases: tuple[str, ...]

    def towards(self, pole: str) -> int:
        """1 for the positive pole, -1 for the negative one."""
        return 1 if pole == self.more else -1


@cache
def axes() -> tuple[Axis, ...]:
    """Return every axis, in the order of ``axes.csv``."""
    return tuple(
        Axis(
            row["id"],
            row["more"],
            row["less"],
            tuple(row["more_phrases"].split("|")),
            tuple(row["less_phrases"].split("|")),
        )
        for row in _rows()
    )


@cache
def poles() -> Mapping[str, Axis]:
    """Return the axis of each pole."""
    return {pole: axis for axis in axes() for pole in (axis.more, axis.less)}


def read_wishes(text: str) -> tuple[Wish, ...]:
    """Read a sentence about taste.

    Words of the axes become wishes for a pole; other words stay as they are. What follows a word
    of dislike, or stands on the losing side of "over" or "instead of", is wished away.

    Args:
        text: As somebody typed it.

    Returns:
        Wishes in the order of the text, the last one of each thing.

    Example:
        >>> [(w.sign, w.what) for w in read_wishes("more colourful, less cartoon")]
        [(1, 'colourful'), (-1, 'cartoon')]
        >>> [(w.sign, w.what) for w in read_wishes("I don't like dark pictures, but love neon")]
        [(-1, 'dark'), (1, 'neon')]
    """
    found: dict[str, Wish] = {}
    # Underscores join words below, so those that somebody typed are spaces first.
    plain = text[:MOST_WORDS].casefold().replace("’", "'").replace("_", " ")  # noqa: RUF001
    for clause in _CLAUSES.split(_protect(plain)):
        for sign, phrase in _wishes_of(clause):
            what = _canonical(phrase)
            found.pop(what, None)
            found[what] = Wish(WishKind.WORDS, what, sign)
    return tuple(found.values())


def _wishes_of(clause: str) -> Iterator[tuple[int, str]]:
    """The (sign, phrase) pairs of one clause."""
    wanted, *unwanted = _split_instead(clause)
    yield from _signed(wanted, 1)
    for part in unwanted:
        yield from _signed(part, -1)


def _split_instead(clause: str) -> list[str]:
    """Both sides of ``neon over noir``; a leading ``not`` is a sign and splits nothing."""
    parts = [part for part in _INSTEAD.split(clause) if part.strip()]
    starts_with_not = re.match(r"\s*(?:\w+\s+)?(?:do\s+)?not\b", clause) is not None
    return [clause] if starts_with_not or len(parts) < 2 else parts


def _signed(part: str, start: int) -> Iterator[tuple[int, str]]:
    sign = start
    for piece in _JOINED.split(part):
        words = _WORD.findall(piece)
        less = sum(word in _LESS for word in words)
        if less or any(word in _MORE for word in words):
            # "not too dark" says less once; "not less colourful" says more.
            twice = less > 1 and "too" not in words
            sign = start * (-1 if less and not twice else 1)
        kept = [w for w in words if w not in _LESS and w not in _MORE and w not in _FILLERS]
        if not kept:
            continue
        yield sign, " ".join(kept)


def _protect(text: str) -> str:
    """Join expressions of several words that the splitting would tear apart."""
    for phrase in ("black and white", "washed out", "line art", "high contrast", "low contrast"):
        text = text.replace(phrase, phrase.replace(" ", "_"))
    return text.replace("pixel art", "pixel_art")


def _canonical(phrase: str) -> str:
    plain = phrase.replace("_", " ")
    return _pole_of().get(plain, plain)


@cache
def _pole_of() -> Mapping[str, str]:
    """The pole that each listed word means."""
    return {
        word: row[pole]
        for row in _rows()
        for pole in ("more", "less")
        for word in (row[pole], *row[f"{pole}_words"].split("|"))
    }


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = importlib.resources.files("gemrec.recommend").joinpath("axes.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))
