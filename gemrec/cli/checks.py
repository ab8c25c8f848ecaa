"""What the doctor reports: one line per thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check came out; only ``broken`` makes the doctor unhappy."""

    OK = "ok"
    WARN = "warn"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report.

    Attributes:
        name: What was looked at.
        status: How it is.
        detail: What was found.
        advice: What to do; empty when nothing needs doing.
    """

    name: str
    status: Status
    detail: str
    advice: str = ""
