"""Logs: one JSON object a line if asked, never a prompt or an address unless asked, errors counted."""

import json
import logging
import sys
import threading
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Literal

PRIVATE = ("prompt", "address", "annotator_name")
"""Fields of a record that say who somebody is or what they asked for."""

MOST_ERRORS = 20
"""Last errors that the owner's view shows."""

LogStyle = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class LoggedError:
    """One error for the owner's eyes.

    Attributes:
        at: When.
        where: Name of the logger.
        message: What happened; no prompt, no address, no stack.
    """

    at: datetime
    where: str
    message: str


class ErrorCounter(logging.Handler):
    """Counts warnings and errors, and keeps the last few."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._counts: Counter[str] = Counter()
        self._last: deque[LoggedError] = deque(maxlen=MOST_ERRORS)
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record in."""
        at = datetime.fromtimestamp(record.created, UTC)
        with self._guard:
            self._counts[record.levelname.lower()] += 1
            if record.levelno >= logging.ERROR:
                self._last.append(LoggedError(at, record.name, record.getMessage()))

    @property
    def counts(self) -> dict[str, int]:
        """How many, by level."""
        with self._guard:
            return dict(self._counts)

    @property
    def last(self) -> tuple[LoggedError, ...]:
        """The last errors, newest first."""
        with self._guard:
            return tuple(reversed(self._last))


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object: time, level, logger, message and the fields of its event.

    Args:
        private: Also what says who somebody is or what they asked for.
    """

    def __init__(self, private: bool = False) -> None:
        super().__init__()
        self._private = private

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        document: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **public_fields(record, self._private),
        }
        if record.exc_info:
            document["stack"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Formats a record for people: time, level, message and the fields of its event.

    Args:
        private: Also what says who somebody is or what they asked for.
    """

    def __init__(self, private: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._private = private

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base's name
        """The message, then its fields."""
        fields = public_fields(record, self._private)
        more = "".join(f" {name}={value}" for name, value in fields.items())
        return f"{super().formatMessage(record)}{more}"


def public_fields(record: logging.LogRecord, private: bool) -> dict[str, Any]:
    """What ``fields`` of a record may be shown."""
    fields: dict[str, Any] = getattr(record, "fields", {})
    return {name: value for name, value in fields.items() if private or name not in PRIVATE}


def event(
    logger: logging.Logger, message: str, level: int = logging.DEBUG, **fields: object
) -> None:
    """Log something that happened, with its numbers as fields.

    What happens all the time, such as a vote, is for machines: lines for people leave it out.
    Fields named in :data:`PRIVATE` are dropped unless the owner asked for them.

    Example:
        >>> event(logging.getLogger("gemrec.example"), "vote", vote_id=1, prompt="a cat")
    """
    logger.log(level, message, extra={"fields": fields})


def set_up_logs(style: LogStyle, private: bool, stream: IO[str] | None = None) -> ErrorCounter:
    """Send gemrec's own log to a stream and count its errors; other libraries' logs stay as they are.

    Args:
        style: ``text`` or ``json``.
        private: Also prompts, addresses and names.
        stream: Where to; None means the standard error stream.

    Returns:
        The counter of errors.
    """
    ours = logging.getLogger("gemrec")
    counter = ErrorCounter()
    lines = logging.StreamHandler(stream or sys.stderr)
    lines.setFormatter(JsonLines(private) if style == "json" else TextLines(private))
    for handler in (counter, lines):
        ours.addHandler(handler)
    ours.setLevel(logging.DEBUG if style == "json" else logging.INFO)
    ours.propagate = False
    return counter
