"""Votes on the Arena tab: cast, take back, change, remark, and the draft of a ranking.

A vote uses the ticket that the server holds for the open page, checked against the annotator of the
cookie. The first of two quick presses counts; the second finds the vote on the stage already.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import gradio as gr

from gemrec.arena import HistoryEntry
from gemrec.errors import GemrecError, InputError
from gemrec.records import BattleForm, Outcome, Reveal, Tiers
from gemrec.ui.arena_desk import ArenaDesk
from gemrec.ui.arena_handlers import OpeningHandlers
from gemrec.ui.arena_said import read_ranking, read_remarks, read_round, read_setup
from gemrec.ui.arena_view import Updates
from gemrec.ui.context import address_of
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets import status
from gemrec.ui.widgets.studies import study_banner
from gemrec.ui.wording import bout_words, changed_words, lesson, run_words, verdict_of

LESSON_VOTES = 200
"""Newest votes of a person that the sentence after a vote looks at."""
NOTHING_HERE = "No vote is on the stage; History has all of yours, or start a battle."
OUTDATED = "This page shows an old battle; reload it to go on where you are."

VoteHandler = Callable[[ArenaSession, object, gr.Request], Updates]


class VoteHandlers:
    """The handlers of the bars under the stage.

    Args:
        desk: The tab's parts and services.
        opening: Prepares the next bout of a king's run once it is known who stays.
    """

    def __init__(self, desk: ArenaDesk, opening: OpeningHandlers) -> None:
        self._desk = desk
        self._parts = desk.parts
        self._services = desk.context.services
        self._opening = opening

    def vote_handler(self, outcome: Outcome) -> VoteHandler:
        """The handler of one vote button, for a first vote and for a change."""

        def on_vote(session: ArenaSession, said: object, request: gr.Request) -> Updates:
            """Commit the vote, then reveal the models."""
            try:
                if not session.battle_id:
                    session = self._recovered(said, request)
                if not session.is_open and not session.changing:
                    return {self._parts.session: gr.skip()}
                is_ranking = outcome is Outcome.RANKING
                ranking = read_ranking(said, session.battle_id) if is_ranking else None
                if session.changing:
                    return self._change(session, outcome, ranking, said, request)
                return self._cast(session, outcome, ranking, said, request)
            except GemrecError as error:
                return self._desk.problem(error)

        return on_vote

    def _recovered(self, said: object, request: gr.Request) -> ArenaSession:
        """The session of a page whose server was started again, or has forgotten it.

        Raises:
            InputError: What the page shows is not the person's open battle.
        """
        ready = self._services.arena.resume(self._desk.who(request).id)
        if ready is None or read_round(said) != ready.battle_id:
            raise InputError(OUTDATED)
        return ArenaSession(ready.battle_id, ready.ticket, prompt=ready.prompt.text)

    def _cast(
        self,
        session: ArenaSession,
        outcome: Outcome,
        ranking: Tiers | None,
        said: object,
        request: gr.Request,
    ) -> Updates:
        annotator = self._desk.who(request)
        dwell = None if session.shown_at is None else time.monotonic() - session.shown_at
        reveal = self._services.arena.cast_vote(
            session.ticket,
            outcome,
            annotator.id,
            ranking=ranking,
            remarks=read_remarks(
                said, session.battle_id, None if dwell is None else round(dwell * 1000)
            ),
            address=address_of(request),
        )
        after = session.voted(reveal.vote.id, reigns=reveal.is_hidden and not session.study)
        entry = self._desk.entry(annotator.id, reveal.vote.id)
        if session.study:
            return self._noted(after, entry, reveal)
        if reveal.is_hidden:
            return self._desk.show(after, entry, self._bout(annotator.id, after, reveal, said))
        history = self._services.store.votes.newest(annotator.id, LESSON_VOTES)
        return self._desk.show(after, entry, lesson(reveal, history), reveal.ratings)

    def _noted(self, session: ArenaSession, entry: HistoryEntry, reveal: Reveal) -> Updates:
        """A vote in a study: names only if the study shows them, and how far the person is."""
        place = self._services.studies.place(session.study, reveal.vote.annotator_id)
        line = f"Noted: {verdict_of(entry)}. Go on with Next."
        shown = self._desk.show(session, entry, line, reveal.ratings)
        return {**shown, self._parts.study: study_banner(place), self._parts.prompt: gr.skip()}

    def _bout(self, annotator_id: str, session: ArenaSession, reveal: Reveal, said: object) -> str:
        """Begin to make the run's next bout; say how the run stands."""
        setup = read_setup(said, self._services.settings.images_per_grid)
        if setup.form is BattleForm.KING:
            self._opening.prepare(annotator_id, session, setup, king=session.battle_id)
        return bout_words(reveal, self._services.arena.current_run(annotator_id))

    def _change(
        self,
        session: ArenaSession,
        outcome: Outcome,
        ranking: Tiers | None,
        said: object,
        request: gr.Request,
    ) -> Updates:
        annotator = self._desk.who(request)
        before = self._desk.entry(annotator.id, session.vote_id or 0)
        self._services.arena.edit(
            annotator.id,
            before.first_id,
            outcome,
            ranking=ranking,
            remarks=read_remarks(said, session.battle_id),
        )
        after = self._desk.entry(annotator.id, before.first_id)
        words = changed_words(verdict_of(before), verdict_of(after))
        return self._desk.show(session.settled(), after, words)

    def on_undo(self, session: ArenaSession, request: gr.Request) -> Updates:
        """Take the vote on the stage back."""
        if session.vote_id is None:
            return {self._parts.status: status.problem(NOTHING_HERE)}
        try:
            annotator = self._desk.who(request)
            self._services.arena.undo(annotator.id, session.vote_id)
            entry = self._desk.entry(annotator.id, session.vote_id)
        except GemrecError as error:
            return self._desk.problem(error)
        line = (
            "Vote taken back: it no longer counts. A slip? Change votes again; the trail keeps all."
        )
        return self._desk.show(session.settled(), entry, line)

    def on_change(self, session: ArenaSession, request: gr.Request) -> Updates:
        """Let the bar change the vote on the stage."""
        if session.vote_id is None:
            return {self._parts.status: status.problem(NOTHING_HERE)}
        return self.revisit(session, session.vote_id, request)

    def revisit(self, session: ArenaSession, vote_id: int, request: gr.Request) -> Updates:
        """Put a vote of this person on the stage, with the bar that changes it."""
        try:
            entry = self._desk.entry(self._desk.who(request).id, vote_id)
        except GemrecError as error:
            return self._desk.problem(error)
        vote = entry.vote
        is_here = vote.battle_id == session.battle_id
        changing = (
            replace(session, changing=True)
            if is_here
            else session.revisits(vote.battle_id, vote_id, vote.prompt)
        )
        line = f"It says: {verdict_of(entry)}. Say it anew, or keep it."
        return {**self._desk.show(changing, entry, line), self._parts.prompt: gr.skip()}

    def on_keep(self, session: ArenaSession, request: gr.Request) -> Updates:
        """Give a change up; the vote stays as it was."""
        if session.vote_id is None:
            return {self._parts.status: status.problem(NOTHING_HERE)}
        try:
            entry = self._desk.entry(self._desk.who(request).id, session.vote_id)
        except GemrecError as error:
            return self._desk.problem(error)
        return self._desk.show(session.settled(), entry, f"Kept as it was: {verdict_of(entry)}.")

    def on_end_run(self, session: ArenaSession, request: gr.Request) -> Updates:
        """End the king's run and say who was who."""
        if session.vote_id is None:
            return {self._parts.status: status.problem(NOTHING_HERE)}
        try:
            annotator = self._desk.who(request)
            run = self._services.arena.end_run(annotator.id)
            entry = self._desk.entry(annotator.id, session.vote_id)
        except GemrecError as error:
            return self._desk.problem(error)
        return self._desk.show(replace(session, reigns=False), entry, run_words(run))

    def on_remark(self, session: ArenaSession, said: object, request: gr.Request) -> Updates:
        """Keep what was remarked on the vote on the stage, after the vote."""
        if session.vote_id is None or session.changing:
            return {self._parts.session: gr.skip()}
        try:
            annotator = self._desk.who(request)
            vote = self._desk.entry(annotator.id, session.vote_id).vote
            if vote.outcome is None:
                return {self._parts.session: gr.skip()}
            given = read_remarks(said, session.battle_id)
            old = vote.remarks
            remarks = replace(given, dwell_ms=old.dwell_ms, zooms=old.zooms)
            if remarks != old:
                self._services.arena.edit(
                    annotator.id,
                    session.vote_id,
                    vote.outcome,
                    ranking=vote.ranking,
                    remarks=remarks,
                )
        except GemrecError as error:
            return self._desk.problem(error)
        return {self._parts.status: status.line("Noted with your vote.")}

    def on_draft(self, session: ArenaSession, said: object, request: gr.Request) -> Updates:
        """Keep a ranking that is not finished; says nothing unless it cannot be kept."""
        if not session.is_open:
            return {self._parts.session: gr.skip()}
        try:
            order = read_ranking(said, session.battle_id)
            self._services.arena.save_draft(self._desk.who(request).id, session.battle_id, order)
        except GemrecError as error:
            return self._desk.problem(error)
        return {self._parts.session: gr.skip()}
