"""The owner's rules: which prompts and models may make images here."""

import re
import unicodedata
from pathlib import Path

from gemrec.errors import CatalogError, GenerationRefusedError
from gemrec.generation.backend import GenerationJob, SafetyOptions
from gemrec.generation.ledger import Ledger, Reason
from gemrec.records import Model

NO_MODEL = ""
"""Stands for the model where a prompt is refused before any model is chosen."""

MATURE_TAG = "content:mature"


class SafetyRules:
    """Checks jobs before anything is made; every refusal is counted.

    Args:
        options: What the owner allows.
        ledger: Where refusals are counted.
    """

    def __init__(self, options: SafetyOptions, ledger: Ledger) -> None:
        self._options = options
        self._ledger = ledger
        self._blocked = blocked_pattern(options.blocked)

    def model_problem(self, model: Model) -> str | None:
        """Why ``model`` is not offered, or None."""
        if MATURE_TAG in model.tags and not self._options.mature:
            return (
                f"{model.name} makes mature content, which the owner has not allowed; "
                "GEMREC_MATURE=true allows it."
            )
        return None

    def prompt_problem(self, prompt: str) -> tuple[Reason, str] | None:
        """Why ``prompt`` is not drawn, or None."""
        if len(prompt) > self._options.prompt_length:
            return "prompt_length", (
                f"prompt: got {len(prompt)} characters; allowed: at most "
                f"{self._options.prompt_length}. Shorten it."
            )
        if self._blocked is not None and (found := self._blocked.search(folded(prompt))):
            return "blocked_word", (
                f"prompt: got {found.group(0)!r}, which the owner has blocked; allowed: other "
                "words. Change the prompt."
            )
        return None

    def refused_prompt(self, prompt: str) -> str | None:
        """Why ``prompt`` is not drawn by any model, or None; the refusal is counted, of no model."""
        found = self.prompt_problem(prompt)
        if found is None:
            return None
        self._ledger.refuse(found[0], NO_MODEL)
        return found[1]

    def check(self, job: GenerationJob) -> None:
        """Let a job pass.

        Raises:
            GenerationRefusedError: A rule forbids it; the refusal is counted.
        """
        if (problem := self.model_problem(job.model)) is not None:
            self.refuse("mature_model", job.model, problem)
        if (found := self.prompt_problem(job.prompt)) is not None:
            self.refuse(found[0], job.model, found[1])

    def refuse(self, reason: Reason, model: Model, message: str) -> None:
        """Count a refusal and tell it.

        Raises:
            GenerationRefusedError: Always.
        """
        self._ledger.refuse(reason, model.id)
        raise GenerationRefusedError(message)


def load_blocked_words(path: Path | None) -> tuple[str, ...]:
    """Words and phrases, one a line; empty lines and those that begin with # do not count.

    Raises:
        CatalogError: The file cannot be read.
    """
    if path is None:
        return ()
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: cannot be read as blocked words ({error})") from error
    words = (line.strip() for line in lines)
    return tuple(word for word in words if word and not word.startswith("#"))


def blocked_pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """Whole words and phrases, however they are spaced; None when nothing is blocked."""
    phrases = [r"\W+".join(map(re.escape, folded(word).split())) for word in words if word.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)") if phrases else None


def folded(text: str) -> str:
    """Text in the form in which it is compared: no case, no accents, no look-alike forms."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
