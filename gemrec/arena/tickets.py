"""Tickets: the single-use right to vote on one battle.

A ticket is a row in the store (single use, one annotator, an expiry) and the row's id signed for
its travel through the browser. The row decides; the signature only keeps guessed ids away from it.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from gemrec.errors import TicketError
from gemrec.records import Battle
from gemrec.store import Store

SALT = "gemrec.ticket"
_ID_LENGTH = 32


class TicketOffice:
    """Issues tickets and reads them back.

    Args:
        secret: Key of the signature; keep it in the database so that a restart keeps tickets valid.
        store: Where ticket rows live.
        clock: Now, timezone-aware UTC.
        minutes: For how long a ticket is valid.
    """

    def __init__(
        self, secret: bytes, store: Store, clock: Callable[[], datetime], minutes: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._life = timedelta(minutes=minutes)

        class ClockSigner(TimestampSigner):
            """Signs with the office's clock instead of the machine's."""

            def get_timestamp(self) -> int:
                """Whole seconds since 1970."""
                return int(clock().timestamp())

        self._serializer = URLSafeTimedSerializer(secret, salt=SALT, signer=ClockSigner)

    def issue(self, battle: Battle, annotator_id: str, until: datetime | None = None) -> str:
        """Store a new ticket for ``battle``, valid no longer than ``until``; return its signed form."""
        ticket_id = secrets.token_hex(_ID_LENGTH // 2)
        now = self._clock()
        end = now + self._life
        expires_at = end if until is None else min(end, until)
        self._store.tickets.issue(ticket_id, battle.id, annotator_id, now, expires_at)
        return self.sign(ticket_id)

    def sign(self, ticket_id: str) -> str:
        """The travelling form of a ticket that is already stored."""
        return str(self._serializer.dumps(ticket_id))

    def read(self, token: str) -> str:
        """Check a signed ticket and return the id of its row.

        Raises:
            TicketError: Forged, damaged or too old. The refusal is counted in the store.
        """
        try:
            ticket_id = self._serializer.loads(
                token, max_age=max(1, int(self._life.total_seconds()))
            )
        except SignatureExpired as error:
            if error.date_signed is not None and error.date_signed > self._clock():
                # The clock has been set back since; the row says whether the ticket is still good.
                return str(self._serializer.loads(token))
            self.refuse("expired")
            raise TicketError(
                f"This ticket has expired: tickets are valid for {_minutes(self._life)}. "
                "Open a new battle."
            ) from error
        except (BadSignature, UnicodeError) as error:
            self.refuse("forged")
            raise TicketError(
                f"Not a ticket of this server: got {_shortened(token)}. "
                "Send the ticket exactly as the battle gave it, or open a new battle."
            ) from error
        return str(ticket_id)

    def refuse(self, reason: str) -> None:
        """Count a refused vote, so that refusals can be seen."""
        self._store.tickets.refuse(reason, self._clock())


def _minutes(life: timedelta) -> str:
    minutes = life.total_seconds() / 60
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"


def _shortened(token: str, length: int = 24) -> str:
    return repr(token if len(token) <= length else token[: length - 1] + "…")
