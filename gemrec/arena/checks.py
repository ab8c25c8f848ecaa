"""What a person asked for, checked once at the edge."""

import unicodedata

from gemrec.arena.events import ArenaLimits
from gemrec.errors import InputError, OutcomeError, PromptError
from gemrec.records import Outcome, Prompt, Remarks

_UNUSABLE = {"Cc", "Cs"}  # control characters and halves of surrogate pairs


def check_prompt(prompt: Prompt, limits: ArenaLimits) -> Prompt:
    """The prompt with its white space tidied.

    Raises:
        PromptError: Not text, empty, longer than allowed, or against the owner's rules.
    """
    if not isinstance(prompt.text, str) or not isinstance(prompt.category, str):
        raise PromptError(f"prompt: got {type(prompt.text).__name__}; allowed: text")
    text = _tidy(prompt.text)
    if not text:
        raise PromptError(
            "prompt: got nothing; allowed: 1 to "
            f"{limits.prompt_length} characters. Type what you want to see, or roll the dice."
        )
    if len(text) > limits.prompt_length:
        raise PromptError(
            f"prompt: got {len(text)} characters; allowed: at most {limits.prompt_length}. "
            "Shorten it."
        )
    if (problem := limits.refuse(text)) is not None:
        raise PromptError(problem)
    return Prompt(text, _tidy(prompt.category))


def check_images(images: float, limits: ArenaLimits) -> int:
    """The number of images per side; 4.0, as JSON and sliders say it, is 4.

    Raises:
        InputError: Not a whole number from 1 to ``limits.images``.
    """
    is_number = isinstance(images, int | float) and not isinstance(images, bool)
    if not is_number or not 1 <= images <= limits.images or images != int(images):
        raise InputError(f"images: got {images!r}; allowed: 1 to {limits.images}")
    return int(images)


def check_outcome(outcome: str) -> Outcome:
    """The outcome that a word stands for.

    Raises:
        OutcomeError: The word is none of the allowed ones.
    """
    try:
        return Outcome(outcome)
    except ValueError as error:
        allowed = ", ".join(Outcome)
        raise OutcomeError(f"outcome: got {outcome!r}; allowed: {allowed}") from error


def check_remarks(remarks: Remarks, outcome: Outcome, limits: ArenaLimits) -> None:
    """Refuse what cannot be kept beside a vote.

    Raises:
        InputError: A reason for a skip that is no skip, or one that is too long.
    """
    if remarks.skip_reason and outcome is not Outcome.SKIP:
        raise InputError(
            f"skip_reason: got one with outcome {str(outcome)!r}; allowed: only with 'skip'"
        )
    if len(remarks.skip_reason) > limits.reason_length:
        raise InputError(
            f"skip_reason: got {len(remarks.skip_reason)} characters; allowed: at most "
            f"{limits.reason_length}. Shorten it."
        )


def _tidy(text: str) -> str:
    visible = (" " if unicodedata.category(c) in _UNUSABLE else c for c in text)
    return " ".join("".join(visible).split())
