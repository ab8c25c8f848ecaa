"""Names for people in exports: the same in every export of one database, useless without its key."""

import hashlib
import hmac
from typing import Final

from gemrec.store import Store

SECRET: Final = "pseudonyms"  # noqa: S105 - the secret's name, not the secret
_DIGITS: Final = 20


class Pseudonyms:
    """Keyed hashes (HMAC-SHA-256) of annotator ids; the key never leaves the store.

    Args:
        key: The store's secret.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, str] = {}

    def __call__(self, annotator_id: str) -> str:
        """The pseudonym of a person."""
        known = self._known.get(annotator_id)
        if known is None:
            digest = hmac.new(self._key, annotator_id.encode(), hashlib.sha256).hexdigest()
            known = self._known[annotator_id] = f"p{digest[:_DIGITS]}"
        return known


def pseudonyms_of(store: Store) -> Pseudonyms:
    """The pseudonyms of a database; its key is drawn at the first call ever."""
    return Pseudonyms(store.secrets.get_or_create(SECRET))
