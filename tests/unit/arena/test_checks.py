import pytest

from gemrec.arena import ArenaLimits
from gemrec.arena.checks import check_images, check_outcome, check_prompt
from gemrec.errors import InputError, OutcomeError, PromptError
from gemrec.records import Outcome, Prompt

LIMITS = ArenaLimits(prompt_length=20, images=4)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  a cat \n face\t", "a cat face"),
        ("a\x00cat", "a cat"),
        ("naïve café ☕", "naïve café ☕"),
        ("👩‍🚀 in space", "👩‍🚀 in space"),
        ("x" * 20, "x" * 20),
    ],
)
def test_prompts_are_tidied_not_changed(typed, kept):
    assert check_prompt(Prompt(typed, " animal "), LIMITS) == Prompt(kept, "animal")


@pytest.mark.parametrize("typed", ["", "  \n", "\x00", "x" * 21])
def test_prompts_that_cannot_be_drawn(typed):
    with pytest.raises(PromptError, match=r"got .*allowed"):
        check_prompt(Prompt(typed), LIMITS)


def test_a_prompt_that_is_not_text():
    with pytest.raises(PromptError, match="got int"):
        check_prompt(Prompt(3), LIMITS)


@pytest.mark.parametrize("images", [1, 4, 2.0])
def test_image_counts(images):
    assert check_images(images, LIMITS) == int(images)


@pytest.mark.parametrize("images", [0, 5, -1, 1.5, True, "4", None, float("nan")])
def test_wrong_image_counts(images):
    with pytest.raises(InputError, match="allowed: 1 to 4"):
        check_images(images, LIMITS)


def test_outcomes():
    assert check_outcome("both_bad") is Outcome.BOTH_BAD
    with pytest.raises(OutcomeError, match="got 'a'; allowed: left, right, tie"):
        check_outcome("a")
