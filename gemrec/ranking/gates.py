"""What a picture must pass before it is recommended: prompt, safety, not a copy of another one.

GeneRec (Wang et al. 2023, "Generative Recommendation: Towards Next-generation Recommender
Paradigm") asks for such fidelity checks. None of them uses an absolute threshold on a cosine, which
would mean something else for each encoder: a picture is compared with other prompts, with other
words, and with other pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.records import Image

Floats32 = NDArray[np.float32]

WORST_MATCH: Final = 0.5
"""A picture that is nearer to half of all other prompts than to its own does not show it."""

SAME: Final = 0.995
"""Cosine from which two pictures of one prompt are one picture to the eye."""

_FEWEST_PROMPTS: Final = 4  # with fewer others, their share says nothing


class Objection(StrEnum):
    """Why a picture is set aside."""

    PROMPT = "does not show the prompt"
    UNSAFE = "not safe for everybody"
    COPY = "almost the same as a better one"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A picture that is not recommended, and why."""

    image: Image
    objection: Objection


@dataclass(frozen=True)
class Evidence:
    """Embeddings that the gates read; gates without evidence stay open.

    Attributes:
        vectors: (d,) unit vector per image digest.
        prompts: (d,) unit vector per prompt text, the pictures' own ones among them.
        unsafe: (u, d) unit vectors of words for what not everybody should see.
        safe: (s, d) unit vectors of harmless words to compare with.
    """

    vectors: Mapping[str, Floats32] = field(default_factory=dict)
    prompts: Mapping[str, Floats32] = field(default_factory=dict)
    unsafe: Floats32 | None = None
    safe: Floats32 | None = None


def prompt_match(image: Image, evidence: Evidence) -> float | None:
    """Share of other prompts that a picture is less like than its own, 0..1; None if unknown."""
    vector, own = evidence.vectors.get(image.digest), evidence.prompts.get(image.prompt)
    others = [v for text, v in evidence.prompts.items() if text != image.prompt]
    if vector is None or own is None or len(others) < _FEWEST_PROMPTS:
        return None
    return float((np.stack(others) @ vector < own @ vector).mean())


def check(images: Sequence[Image], evidence: Evidence) -> tuple[list[Image], list[SetAside]]:
    """Let pictures through that show their prompt and are safe.

    Returns:
        The pictures that pass, in order, and the others with the reason.
    """
    passed: list[Image] = []
    aside: list[SetAside] = []
    for image in images:
        match = prompt_match(image, evidence)
        if _is_unsafe(image, evidence):
            aside.append(SetAside(image, Objection.UNSAFE))
        elif match is not None and match < WORST_MATCH:
            aside.append(SetAside(image, Objection.PROMPT))
        else:
            passed.append(image)
    return passed, aside


def drop_copies(best_first: Sequence[Image], evidence: Evidence) -> tuple[list[int], list[int]]:
    """Find pictures that are almost the same as a better one of the same prompt.

    Args:
        best_first: Pictures in the person's order.
        evidence: Their vectors.

    Returns:
        Positions to keep, and positions of copies.
    """
    kept: list[int] = []
    copies: list[int] = []
    for place, image in enumerate(best_first):
        vector = evidence.vectors.get(image.digest)
        rivals = [
            evidence.vectors[best_first[k].digest]
            for k in kept
            if best_first[k].prompt == image.prompt and best_first[k].digest in evidence.vectors
        ]
        same = vector is not None and bool(rivals) and float((np.stack(rivals) @ vector).max())
        (copies if same and same >= SAME else kept).append(place)
    return kept, copies


def _is_unsafe(image: Image, evidence: Evidence) -> bool:
    """Whether the nearest of all words is one of the unsafe ones."""
    vector = evidence.vectors.get(image.digest)
    if vector is None or evidence.unsafe is None or evidence.safe is None:
        return False
    return float((evidence.unsafe @ vector).max()) > float((evidence.safe @ vector).max())
