"""What the For you tab's page says, read with suspicion."""

import json
from dataclasses import dataclass
from typing import Any

from gemrec.errors import InputError
from gemrec.retrieval import Filters

ANY_LICENCE = "Any licence"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks: the prompt and the limits on models."""

    prompt: str
    filters: Filters


def read_limits(licence: str, seconds: float, vram_gb: float, unsafe: bool) -> Filters:
    """The limits as the page holds them; 0 means no limit.

    Raises:
        InputError: A limit is no number of 0 or more.
    """
    for name, value in (("seconds", seconds), ("memory", vram_gb)):
        if not isinstance(value, int | float) or value != value or value < 0:
            raise InputError(f"{name}: got {value!r}; allowed: numbers from 0, where 0 is no limit")
    return Filters(
        licences=frozenset() if licence == ANY_LICENCE else frozenset({licence}),
        seconds=seconds or None,
        vram_gb=vram_gb or None,
        unsafe=bool(unsafe),
    )


def read_action(action: str) -> dict[str, Any]:
    """The change that the page's script asks for.

    Raises:
        InputError: It is no JSON object.
    """
    try:
        said = json.loads(action)
    except (TypeError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise InputError("change: got no JSON object; allowed: what the page's own buttons send")
    return said


def read_number(value: object) -> float:
    """The strength that the page's script sends.

    Raises:
        InputError: It is no number.
    """
    try:
        return float(str(value))
    except ValueError as error:
        raise InputError(f"strength: got {value!r}; allowed: a number") from error
