"""A word-level vocabulary in the form of a `CLIPTokenizer`.

Every known word is one token. CLIP's byte-pair encoding reaches a word through pieces, so the
vocabulary also holds the pieces on the way; an unknown word falls apart into pieces, whose
embeddings are zero, so it changes a picture little.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemrec.pocket.vocabulary import known_words, plurals

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

CONTEXT = 16
"""Tokens of a prompt, begin and end included."""

END = "</w>"
UNKNOWN, BEGIN, STOP = "<|unknown|>", "<|startoftext|>", "<|endoftext|>"
PUNCTUATION = (",",)


def spell(word: str) -> list[str]:
    """Return the symbols from which byte-pair encoding starts: letters, the last one marked."""
    return [*word[:-1], word[-1] + END]


def merge_word(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """Return the pieces of a word under the merges, lowest rank first, as CLIP's encoding does."""
    pieces = spell(word)
    while len(pieces) > 1:
        pairs = list(pairwise(pieces))
        best = min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        at = pairs.index(best)
        pieces[at : at + 2] = ["".join(best)]
    return pieces


@cache
def build_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return token ids (words first, then pieces, then the special tokens) and the merges.

    Merges are added word by word for whatever earlier merges leave apart; a later merge has a
    higher rank and so never disturbs an earlier word.
    """
    words = [*PUNCTUATION, *sorted(known_words()), *sorted(plurals())]
    ranks: dict[tuple[str, str], int] = {}
    symbols: dict[str, None] = {}
    for word in words:
        symbols.update(dict.fromkeys(spell(word)))
        pieces = merge_word(word, ranks)
        while len(pieces) > 1:
            pair = (pieces[0], pieces[1])
            ranks[pair] = len(ranks)
            pieces = merge_word(word, ranks)
    tokens = dict.fromkeys(word + END for word in words)
    tokens.update(symbols)
    tokens.update(dict.fromkeys("".join(pair) for pair in ranks))
    ordered = [*tokens, UNKNOWN, BEGIN, STOP]
    return {token: number for number, token in enumerate(ordered)}, list(ranks)


@cache
def build_tokenizer() -> "CLIPTokenizer":
    """Return the tokenizer; save it with ``save_pretrained``."""
    from transformers import CLIPTokenizer  # noqa: PLC0415 - as slow as torch

    kind: Any = CLIPTokenizer
    vocabulary, merges = build_vocabulary()
    tokenizer: CLIPTokenizer = kind(
        vocab=vocabulary,
        merges=merges,
        unk_token=UNKNOWN,
        bos_token=BEGIN,
        eos_token=STOP,
        pad_token=STOP,
        model_max_length=CONTEXT,
    )
    return tokenizer


def save_tokenizer(folder: Path) -> None:
    """Write the tokenizer's files."""
    build_tokenizer().save_pretrained(folder)


def plural_rows() -> list[tuple[int, int]]:
    """Return pairs of token ids: a plural and the singular whose embedding it shares."""
    ids, _ = build_vocabulary()
    return [(ids[plural + END], ids[word + END]) for plural, word in plurals().items()]


def piece_rows() -> list[int]:
    """Return the ids of pieces that are no word."""
    ids, _ = build_vocabulary()
    words = {word + END for word in (*PUNCTUATION, *known_words(), *plurals())}
    return [number for token, number in ids.items() if token not in {*words, BEGIN, STOP}]
