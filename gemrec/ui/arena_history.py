"""The drawer with a person's votes: read a page, take one back, put one on the stage to change it."""

import gradio as gr

from gemrec.arena import LABELS, HistoryEntry
from gemrec.errors import GemrecError
from gemrec.records import Vote
from gemrec.ui.arena_desk import ArenaDesk
from gemrec.ui.arena_said import number_in
from gemrec.ui.arena_view import Updates
from gemrec.ui.arena_votes import VoteHandlers
from gemrec.ui.context import headers_of, shown_url
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets import status
from gemrec.ui.widgets.history import PastVote, history
from gemrec.ui.wording import kind_words, remark_words, shown_names, verdict, verdict_of

PAGE = 20


class HistoryHandlers:
    """The handlers of the drawer.

    Args:
        desk: The tab's parts and services.
        votes: Puts a vote on the stage.
        drawer: Where the history is shown.
    """

    def __init__(self, desk: ArenaDesk, votes: VoteHandlers, drawer: gr.HTML) -> None:
        self._desk = desk
        self._services = desk.context.services
        self._votes = votes
        self._drawer = drawer

    def on_open(self, event: gr.EventData, request: gr.Request) -> str:
        """One page of the history, the newest first."""
        return self._page(number_in(event, "before"), request)

    def on_retract(
        self, session: ArenaSession, event: gr.EventData, request: gr.Request
    ) -> Updates:
        """Take a vote back, and show the page it is on anew."""
        vote_id, before = number_in(event, "vote"), number_in(event, "before")
        try:
            self._services.arena.undo(self._desk.who(request).id, vote_id or 0)
        except GemrecError as error:
            return {self._drawer: status.problem(str(error)) + self._page(before, request)}
        updates: Updates = {self._drawer: self._page(before, request)}
        if vote_id == session.vote_id:
            updates |= self._votes.on_keep(session, request)
        return updates

    def on_change(self, session: ArenaSession, event: gr.EventData, request: gr.Request) -> Updates:
        """Put a vote on the stage to be changed."""
        return self._votes.revisit(session, number_in(event, "vote") or 0, request)

    def _page(self, before: int | None, request: gr.Request) -> str:
        annotator = self._desk.context.identity.find(headers_of(request))
        if annotator is None:
            return history([], is_first_page=True, older=None)
        entries = self._services.arena.history(annotator.id, limit=PAGE + 1, before=before)
        shown = entries[:PAGE]
        older = shown[-1].first_id if len(entries) > PAGE else None
        return history(
            [self._row(entry) for entry in shown], is_first_page=before is None, older=older
        )

    def _row(self, entry: HistoryEntry) -> PastVote:
        vote = entry.vote
        return PastVote(
            vote_id=entry.first_id,
            prompt=vote.prompt,
            said=verdict_of(entry),
            kind=kind_words(vote),
            extra=remark_words(vote.remarks),
            trail=self._trail(entry) if entry.is_changed else (),
            when=vote.cast_at,
            pictures=tuple(shown_url(side[0]) for side in entry.sides),
            labels=tuple(LABELS[: len(vote.models)]),
            names=shown_names(entry),
            undone=entry.is_taken_back,
        )

    def _trail(self, entry: HistoryEntry) -> tuple[str, ...]:
        """What the vote said before, oldest first."""
        events: tuple[Vote, ...] = self._services.store.votes.of_battle(entry.vote.battle_id)
        names = shown_names(entry)
        return tuple(f"{e.cast_at:%d %b %H:%M}: {_words(e, names)}" for e in events[:-1])


def _words(vote: Vote, names: tuple[str, ...]) -> str:
    remarks = remark_words(vote.remarks) if vote.outcome is not None else ""
    return f"{verdict(vote, names)}{f' ({remarks})' if remarks else ''}"
