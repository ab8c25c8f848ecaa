"""What images cost and what was refused, counted where every process sees it."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, Protocol

from gemrec.store import Store

Reason = Literal["blocked_word", "prompt_length", "mature_model", "safety_checker", "cost_limit"]


class Ledger(Protocol):
    """Books prices before images are made, and counts refusals."""

    def spend(self, model_id: str, usd: float, limit: float) -> bool:
        """Book one image if today's sum stays within ``limit`` US dollars; False books nothing."""

    def refund(self, model_id: str, usd: float) -> None:
        """Take back one booked image that was not made."""

    def spent(self) -> float:
        """US dollars booked today (UTC)."""

    def refuse(self, reason: Reason, model_id: str) -> None:
        """Count one refusal."""

    def refusals(self) -> dict[str, int]:
        """How often each reason refused images."""


def utc_today() -> date:
    """The default calendar."""
    return datetime.now(UTC).date()


class MemoryLedger:
    """Counts in this process only; follows ``Ledger``."""

    def __init__(self, today: Callable[[], date] = utc_today) -> None:
        self._today = today
        self._lock = threading.Lock()
        self._spent: Counter[date] = Counter()  # millionths of a US dollar
        self._refusals: Counter[str] = Counter()

    def spend(self, model_id: str, usd: float, limit: float) -> bool:  # noqa: ARG002
        """See ``Ledger.spend``."""
        with self._lock:
            price = round(usd * 1e6)
            if self._spent[self._today()] + price > round(limit * 1e6):
                return False
            self._spent[self._today()] += price
            return True

    def refund(self, model_id: str, usd: float) -> None:  # noqa: ARG002
        """See ``Ledger.refund``."""
        with self._lock:
            self._spent[self._today()] -= round(usd * 1e6)

    def spent(self) -> float:
        """See ``Ledger.spent``."""
        return self._spent[self._today()] / 1e6

    def refuse(self, reason: Reason, model_id: str) -> None:  # noqa: ARG002
        """See ``Ledger.refuse``."""
        with self._lock:
            self._refusals[reason] += 1

    def refusals(self) -> dict[str, int]:
        """See ``Ledger.refusals``."""
        return dict(self._refusals)


class StoredLedger:
    """Counts in the database, so that a limit holds over all processes; follows ``Ledger``.

    The file is opened at the first use: most processes never spend or refuse anything.
    """

    def __init__(self, database: Path, today: Callable[[], date] = utc_today) -> None:
        self._path = database
        self._today = today
        self._lock = threading.Lock()
        self._opened: Store | None = None

    def spend(self, model_id: str, usd: float, limit: float) -> bool:
        """See ``Ledger.spend``."""
        return self._store().usage.spend(self._today(), model_id, usd, limit)

    def refund(self, model_id: str, usd: float) -> None:
        """See ``Ledger.refund``."""
        self._store().usage.refund(self._today(), model_id, usd)

    def spent(self) -> float:
        """See ``Ledger.spent``."""
        return self._store().usage.spent(self._today())

    def refuse(self, reason: Reason, model_id: str) -> None:
        """See ``Ledger.refuse``."""
        self._store().usage.refuse(self._today(), reason, model_id)

    def refusals(self) -> dict[str, int]:
        """See ``Ledger.refusals``."""
        return self._store().usage.refusals()

    def _store(self) -> Store:
        with self._lock:
            if self._opened is None:
                self._opened = Store(self._path)
            return self._opened


def open_ledger(database: Path | None) -> Ledger:
    """The ledger in ``database``, or one of this process alone."""
    return MemoryLedger() if database is None else StoredLedger(database)
