"""The words that the pocket models know, and what to tell a person about the others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from gemrec.pocket.captions import short_name
from gemrec.pocket.styles import STYLES
from gemrec.pocket.world import BACKGROUNDS, nouns

FUNCTION_WORDS = ("a", "an", "and", "background", "in", "of", "on", "style", "the", "with")
"""Words of captions that name nothing."""

HARMLESS = frozenset(
    [
        "at",
        "by",
        "for",
        "from",
        "to",
        "is",
        "its",
        "it",
        "this",
        "that",
        "some",
        "one",
        "i",
        "my",
        "me",
        "please",
        "show",
        "draw",
        "make",
        "picture",
        "image",
        "photo",
        "painting",
        "drawing",
        "portrait",
        "scene",
        "artwork",
        "illustration",
        "next",
        "side",
        "color",
        "colored",
        "colour",
        "coloured",
    ]
)
"""Words that the models do not know and that no picture misses."""

WORD = re.compile(r"[^\W\d_]+")
"""What counts as a word: a run of letters."""


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word of a prompt that no pocket model knows.

    Attributes:
        word: The word, in lower case.
        nearest: Known words that are spelled most like it, best first; may be empty.
    """

    word: str
    nearest: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, in order."""
    return WORD.findall(text.lower())


@cache
def known_words() -> frozenset[str]:
    """Return every word that the pocket models were trained on, in lower case."""
    phrases = [*nouns(), *(short_name(noun) for noun in nouns()), *BACKGROUNDS, *STYLES]
    return frozenset(FUNCTION_WORDS).union(*map(words_of, phrases))


def plural_of(word: str) -> str:
    """Return the regular English plural of a word."""
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + "s"


@cache
def plurals() -> dict[str, str]:
    """Return known plurals and their singulars; the tokenizer treats both alike."""
    named = [*nouns(), *(short_name(noun) for noun in nouns())]
    heads = sorted({word for noun in named for word in words_of(noun)})
    made = {plural_of(word): word for word in heads if word not in FUNCTION_WORDS}
    return {plural: word for plural, word in made.items() if plural not in known_words()}


def unknown_words(prompt: str, limit: int = 3) -> list[UnknownWord]:
    """Return the words of a prompt that no pocket model knows, each once, in order.

    Small words that no picture misses are left out, and plurals of known words count as known.

    Args:
        prompt: What a person typed.
        limit: How many near words to offer for each.

    Example:
        >>> [(found.word, found.nearest[0]) for found in unknown_words("a tigger on blue")]
        [('tigger', 'tiger')]
    """
    known = known_words() | plurals().keys()
    candidates = sorted(known_words() - set(FUNCTION_WORDS))
    missing: Iterable[str] = dict.fromkeys(words_of(prompt))
    return [
        UnknownWord(word, tuple(get_close_matches(word, candidates, limit, cutoff=0.6)))
        for word in missing
        if word not in known and word not in HARMLESS
    ]
