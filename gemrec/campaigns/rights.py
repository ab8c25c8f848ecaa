"""What people may ask for: to agree first, to see what is kept of them, and to leave."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gemrec.errors import InputError
from gemrec.images import ImageFiles, digest_of
from gemrec.store import Store
from gemrec.store.people import Leaving


@dataclass(frozen=True, slots=True)
class Left:
    """What a deletion did.

    Attributes:
        votes: Vote events that are gone, or now say nothing of the person.
        prompts: Prompts that only they used; gone.
        images: Image files that are gone.
        exports: Exported files that are gone, as they could hold the person.
        changed_exports: Exported files that somebody has changed since; look at them yourself.
    """

    votes: int
    prompts: int
    images: int
    exports: int
    changed_exports: tuple[str, ...]


class Rights:
    """People's rights over their data.

    Args:
        store: Where it is.
        files: Image files.
        reread: Makes everything derived again.
        clock: Now, timezone-aware UTC.
        consent: What people must agree to before their first vote; empty for nothing.
        how: What becomes of the votes of people who leave.
        shared_prompts: Texts of prompts that are nobody's own.
    """

    def __init__(
        self,
        store: Store,
        files: ImageFiles,
        reread: Callable[[], object],
        clock: Callable[[], datetime],
        consent: str,
        how: Leaving,
        shared_prompts: Collection[str] = (),
    ) -> None:
        self.consent = consent
        self.how = how
        self._store = store
        self._files = files
        self._reread = reread
        self._clock = clock
        self._shared_prompts = shared_prompts

    def needs_consent(self, annotator_id: str | None) -> bool:
        """Whether a person has still to agree."""
        if not self.consent:
            return False
        digest = consent_digest(self.consent)
        return annotator_id is None or not self._store.consents.has(annotator_id, digest)

    def agree(self, annotator_id: str) -> None:
        """Note that a person agrees to the text of now."""
        self._store.consents.give(annotator_id, consent_digest(self.consent), self._clock())

    def data(self, annotator_id: str) -> dict[str, Any]:
        """Everything that is kept of a person, by table.

        Raises:
            InputError: Nothing is kept of this id.
        """
        if self._store.annotators.get(annotator_id) is None:
            raise InputError("Nothing is kept of you yet: you have not voted.")
        return {"exported_at": self._clock().isoformat(), **self._store.people.data(annotator_id)}

    def forget(self, annotator_id: str) -> Left:
        """Remove a person: tables, images, exports; what is derived is made again.

        Their votes become anonymous or vanish, as the owner has decided.
        """
        left = self._forget(annotator_id)
        self._reread()
        return left

    def forget_inactive(self, days: int) -> int:
        """Forget everybody who has said nothing for so many days; returns how many; 0 is never."""
        if days <= 0:
            return 0
        people = self._store.people.inactive(self._clock() - timedelta(days=days))
        for annotator_id in people:
            self._forget(annotator_id)
        if people:
            self._reread()
        return len(people)

    def _forget(self, annotator_id: str) -> Left:
        gone = self._store.people.forget(
            annotator_id, self.how, self._shared_prompts, self._clock()
        )
        for digest in gone.digests:
            self._files.remove(digest)
        removed, changed = self._drop_exports()
        return Left(gone.votes, gone.prompts, len(gone.digests), removed, changed)

    def _drop_exports(self) -> tuple[int, tuple[str, ...]]:
        """Remove exported files as long as they are what was written."""
        removed, changed = [], []
        for path, digest in self._store.export_files.all():
            file = Path(path)
            if file.is_file() and digest_of(file) != digest:
                changed.append(path)
                continue
            file.unlink(missing_ok=True)
            removed.append(path)
        self._store.export_files.forget(removed)
        return len(removed), tuple(changed)


def consent_digest(text: str) -> str:
    """Names a text: whoever changes it asks everybody again."""
    return hashlib.sha256(text.encode()).hexdigest()
