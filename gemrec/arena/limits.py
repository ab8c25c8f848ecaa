"""How often one person, or one address, may open battles and vote.

Counts live in memory only. An address is never kept: it is counted under a keyed hash whose key is
drawn anew at every start.
"""

import hashlib
import math
import secrets
import time
from collections.abc import Callable, Sequence

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from gemrec.errors import InputError, RateLimitError

OPENING = "battles"
VOTING = "votes"
PERSON, ADDRESS = "annotator", "address"
_WHOSE = {PERSON: "you", ADDRESS: "your network address"}


def read_limits(text: str) -> tuple[RateLimitItem, ...]:
    """Limits as a person writes them, such as ``240/minute; 5000/hour``; empty for none.

    Raises:
        InputError: It cannot be understood.
    """
    if not text.strip():
        return ()
    try:
        return tuple(parse_many(text))
    except ValueError as error:
        raise InputError(
            f"limit: got {text!r}; allowed: such as '240/minute; 5000/hour', or nothing"
        ) from error


class RateLimits:
    """Counts what people do and refuses what is too much; safe to share between threads.

    Args:
        per_annotator: Limits of one person, see :func:`read_limits`.
        per_address: Limits of one network address.
        on_refusal: Told ``rate_annotator`` or ``rate_address``.
    """

    def __init__(
        self,
        per_annotator: str = "",
        per_address: str = "",
        on_refusal: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._limits = {PERSON: read_limits(per_annotator), ADDRESS: read_limits(per_address)}
        self._on_refusal = on_refusal
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._key = secrets.token_bytes(32)

    def check(self, action: str, annotator_id: str | None, address: str | None) -> None:
        """Count one action.

        Args:
            action: ``battles`` or ``votes``; each has a count of its own.
            annotator_id: Who acts; None is not counted.
            address: From where; None is not counted.

        Raises:
            RateLimitError: It was one too many. The message says when to try again.
        """
        for kind, who in ((PERSON, annotator_id), (ADDRESS, address)):
            if who is None:
                continue
            name = self._hashed(who) if kind == ADDRESS else who
            self._hit(kind, self._limits[kind], action, name)

    def _hit(self, kind: str, limits: Sequence[RateLimitItem], action: str, name: str) -> None:
        for limit in limits:
            if self._limiter.hit(limit, kind, action, name):
                continue
            self._on_refusal(f"rate_{kind}")
            free_at = self._limiter.get_window_stats(limit, kind, action, name).reset_time
            wait = max(1, math.ceil(free_at - time.time()))
            seconds = f"{wait} second{'' if wait == 1 else 's'}"
            raise RateLimitError(
                f"Too many {action} from {_WHOSE[kind]}: allowed are "
                f"{limit.amount} per {_span(limit)}. Try again in {seconds}; nothing is lost."
            )

    def _hashed(self, address: str) -> str:
        return hashlib.blake2b(address.encode(), key=self._key, digest_size=12).hexdigest()


def _span(limit: RateLimitItem) -> str:
    unit = limit.GRANULARITY.name
    return unit if limit.multiples == 1 else f"{limit.multiples} {unit}s"
