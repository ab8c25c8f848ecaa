"""When to ask a server again, and when to give up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0


class RetryableError(Exception):
    """Worth another try: a busy or broken server, a lost connection.

    Args:
        message: What happened.
        after: Seconds that the server asked for; None when it said nothing.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


@dataclass(frozen=True, slots=True)
class Retries:
    """Exponential back-off with jitter, as AWS's "full jitter" describes it.

    Attributes:
        attempts: Calls in all, 1 or more.
        sleep: Waits that many seconds; may raise to give up, for instance when cancelled.
        jitter: A number 0..1, drawn anew at each call; spreads clients that failed together.
        first: Upper end of the first pause, in seconds; it doubles from try to try.
        longest: Seconds that no pause exceeds, whatever the server asks for.
    """

    attempts: int
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    first: float = FIRST_PAUSE
    longest: float = LONGEST_PAUSE

    def call(self, function: Callable[[], T]) -> T:
        """The function's answer, after as many tries as are allowed.

        Raises:
            RetryableError: The last try failed too.
        """
        for attempt in range(1, self.attempts):
            try:
                return function()
            except RetryableError as error:
                self.sleep(self.pause(attempt, error.after))
        return function()

    def pause(self, attempt: int, after: float | None) -> float:
        """Seconds to wait after try number ``attempt`` (from 1).

        What the server asks for is kept as the least, and never more than the longest pause.
        """
        ceiling = min(self.first * 2.0 ** (attempt - 1), LONGEST_PAUSE)
        return min(max(ceiling * self.jitter(), after or 0.0), self.longest)
