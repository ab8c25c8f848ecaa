"""Words the family does not know are told, with the nearest that it knows."""

import subprocess
import sys

from gemrec.pocket.captions import caption
from gemrec.pocket.vocabulary import UnknownWord, known_words, plurals, unknown_words
from gemrec.pocket.world import rng_for, sample_scene


def test_every_caption_of_the_world_is_known() -> None:
    rng = rng_for("test", 0)
    for _ in range(300):
        assert unknown_words(caption(sample_scene(rng))) == []


def test_unknown_word_comes_with_the_nearest_known_words() -> None:
    (found,) = unknown_words("a tigger on a blue background")
    assert found.word == "tigger"
    assert found.nearest[0] == "tiger"


def test_word_far_from_every_known_word_is_still_told() -> None:
    assert unknown_words("a qqqqqqq") == [UnknownWord("qqqqqqq", ())]


def test_each_unknown_word_is_told_once_and_in_order() -> None:
    found = unknown_words("Zebbra, spaceship, zebbra!")
    assert [unknown.word for unknown in found] == ["zebbra", "spaceship"]


def test_plurals_and_small_words_are_not_unknown() -> None:
    assert unknown_words("please draw some cats and the cherries") == []
    assert plurals()["cats"] == "cat"


def test_upper_case_and_punctuation_do_not_matter() -> None:
    assert unknown_words("A CAT FACE, on a Blue background!") == []
    assert {"cat", "face", "blue", "background"} <= known_words()


def test_module_does_not_import_torch() -> None:
    code = "import sys, gemrec.pocket.vocabulary; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
