"""Every known word is one token of the pocket tokenizer."""

from gemrec.pocket.captions import sample_caption
from gemrec.pocket.tokenizer import (
    CONTEXT,
    END,
    build_tokenizer,
    build_vocabulary,
    merge_word,
    piece_rows,
    plural_rows,
)
from gemrec.pocket.vocabulary import known_words, plurals
from gemrec.pocket.world import rng_for, sample_scene


def test_every_known_word_is_one_token() -> None:
    _, merges = build_vocabulary()
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    for word in known_words() | plurals().keys():
        assert merge_word(word, ranks) == [word + END]


def test_tokenizer_agrees_with_the_vocabulary() -> None:
    ids, _ = build_vocabulary()
    tokens = build_tokenizer()("A cat face, neon").input_ids
    assert tokens[1:-1] == [ids[word + END] for word in ("a", "cat", "face", ",", "neon")]
    assert tokens[-1] == max(ids.values())


def test_no_caption_is_cut_off() -> None:
    rng = rng_for("test", 0)
    tokenizer = build_tokenizer()
    captions = [sample_caption(rng, sample_scene(rng)) for _ in range(500)]
    assert max(len(row) for row in tokenizer(captions).input_ids) <= CONTEXT


def test_plurals_and_pieces_are_apart() -> None:
    targets = {plural for plural, _ in plural_rows()}
    assert not targets & set(piece_rows())
