"""What all handlers of the Arena share: who asks, and a voted battle as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

import gradio as gr

from gemrec.arena import HistoryEntry
from gemrec.errors import InputError
from gemrec.records import Annotator, RatingChange
from gemrec.ui.arena_view import ArenaParts, Updates, voted
from gemrec.ui.context import Context, headers_of
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets import status


@dataclass(frozen=True)
class ArenaDesk:
    """The parts of one app's Arena tab and the services behind it; keeps no state of its own.

    Attributes:
        context: Services, identity, pictures.
        parts: The components to update.
    """

    context: Context
    parts: ArenaParts

    def who(self, request: gr.Request) -> Annotator:
        """The annotator of the cookie.

        Raises:
            InputError: The browser sent no valid cookie.
        """
        return self.context.identity.annotator(headers_of(request))

    def problem(self, error: Exception) -> Updates:
        """Say what went wrong and leave everything else as it is."""
        return {self.parts.status: status.problem(str(error))}

    def entry(self, annotator_id: str, vote_id: int) -> HistoryEntry:
        """One battle of a person's history.

        Args:
            annotator_id: Whose.
            vote_id: The first vote on it.

        Raises:
            InputError: This person has no such vote.
        """
        page = self.context.services.arena.history(annotator_id, limit=1, before=vote_id + 1)
        if not page or page[0].first_id != vote_id:
            raise InputError(f"vote: got {vote_id}; allowed: a vote of yours")
        return page[0]

    def show(
        self,
        session: ArenaSession,
        entry: HistoryEntry,
        line: str,
        ratings: Mapping[str, RatingChange] | None = None,
    ) -> Updates:
        """A voted battle on the stage, with a sentence in the status line."""
        return voted(self.parts, entry, session, status.line(line), ratings or {})
