"""Which models failed a moment ago, so that the next battles leave them in peace."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta


class Cooldown:
    """Remembers failures for a while; safe to share between threads.

    Without it a sampler that prefers rarely compared models would choose a broken one again and
    again, because it never collects votes.

    Args:
        clock: Now, timezone-aware UTC.
        minutes: How long a model rests after a failure.
    """

    def __init__(self, clock: Callable[[], datetime], minutes: float = 5.0) -> None:
        self._clock = clock
        self._rest = timedelta(minutes=minutes)
        self._failed_at: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def failed(self, model_id: str) -> None:
        """Note that the model just failed."""
        with self._lock:
            self._failed_at[model_id] = self._clock()

    def worked(self, model_id: str) -> None:
        """Note that the model just made its images."""
        with self._lock:
            self._failed_at.pop(model_id, None)

    def rested(self, model_ids: Sequence[str], at_least: int = 2) -> tuple[str, ...]:
        """The models that did not fail lately; all of them when fewer than ``at_least`` remain."""
        limit = self._clock() - self._rest
        with self._lock:
            fine = tuple(
                model_id
                for model_id in model_ids
                if (failed_at := self._failed_at.get(model_id)) is None or failed_at < limit
            )
        return fine if len(fine) >= at_least else tuple(model_ids)
