"""What happens on the Arena tab: parse, one call into the arena, render.

Votes use the ticket that the server holds for the open page, checked against the annotator of the
cookie; nothing that the browser sends says who votes or on what.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from gemrec.arena import (
    ArenaEvent,
    BattleFailed,
    BattleImages,
    BattleProgress,
    BattleReady,
    BattleReplaced,
)
from gemrec.errors import GemrecError
from gemrec.pocket.vocabulary import unknown_words
from gemrec.records import Outcome, Remarks, Reveal
from gemrec.ui.arena_view import (
    ArenaParts,
    Phase,
    Updates,
    ready_stage,
    revealed_stage,
    waiting_stage,
)
from gemrec.ui.context import Context, headers_of, session_of
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets import status
from gemrec.ui.widgets.empty import empty, welcome
from gemrec.ui.wording import lesson, unknown_notice

ANY_CATEGORY = "Any topic"
EXAMPLES = 4
REFRESH_SECONDS = 0.1
"""Least time between two updates of the progress bar."""
NO_PROMPT = "First type what you want to see, or press Random for an idea."
VOTE_HINT = "Which grid is better? Click an image to enlarge both."
_BATTLE_SIZE = 2


class ArenaHandlers:
    """The handlers of one app's Arena tab; they keep no state of their own.

    Args:
        context: Services, identity, pictures.
        parts: The components to update.
    """

    def __init__(self, context: Context, parts: ArenaParts) -> None:
        self._context = context
        self._services = context.services
        self._parts = parts

    def on_dice(self, category: str) -> tuple[Any, Any]:
        """A random prompt of the chosen topic; the status line only when there is none."""
        chosen = None if category == ANY_CATEGORY else category
        try:
            prompt = self._services.prompts.sample(np.random.default_rng(), chosen)
        except GemrecError as error:
            return gr.skip(), status.problem(str(error))
        return prompt.text, gr.skip()

    def on_start(self, text: str, category: str, request: gr.Request) -> Iterator[Updates]:
        """Open a battle and show it while it is drawn."""
        if not text.strip():
            yield {self._parts.status: status.problem(NO_PROMPT)}
            return
        flag = self._context.cancellations.begin(session_of(request))
        size = self._services.settings.images_per_grid
        try:
            annotator = self._context.identity.annotator(headers_of(request))
            prompt = self._services.prompt(text, "" if category == ANY_CATEGORY else category)
            events = self._services.arena.open_battle(
                annotator.id, prompt, images=size, cancelled=flag.is_set
            )
        except GemrecError as error:
            yield {self._parts.status: status.problem(str(error))}
            return
        try:
            yield self._parts.show(
                Phase.DRAWING,
                ArenaSession(),
                status=status.progress(0.0, "Getting ready"),
                notice=status.notice(unknown_notice(unknown_words(text))),
                stage=waiting_stage([[None] * size, [None] * size], text),
            )
            yield from self._drawing(events, size, text)
        finally:
            flag.set()

    def _drawing(self, events: Iterable[ArenaEvent], size: int, text: str) -> Iterator[Updates]:
        names: list[list[str | None]] = [[None] * size, [None] * size]
        shown_at = -REFRESH_SECONDS
        try:
            for event in events:
                if isinstance(event, BattleImages):
                    for side, name in enumerate(event.names):
                        names[side][event.position] = name or names[side][event.position]
                    yield {self._parts.stage: waiting_stage(names, text)}
                elif isinstance(event, BattleProgress):
                    if time.monotonic() - shown_at >= REFRESH_SECONDS:
                        shown_at = time.monotonic()
                        yield {self._parts.status: status.progress(event.fraction, event.message)}
                elif isinstance(event, BattleReplaced):
                    names = [[None] * size, [None] * size]
                    yield {
                        self._parts.status: status.line(event.reason),
                        self._parts.stage: waiting_stage(names, text),
                    }
                else:
                    yield self._ended(event)
                    return
        except GemrecError as error:
            yield self._ended(BattleFailed(str(error)))
            return
        yield self._idle(status.line("Cancelled.", extra="Nothing was recorded."))

    def _ended(self, event: BattleFailed | BattleReady) -> Updates:
        if isinstance(event, BattleFailed):
            return self._idle(status.problem(event.reason))
        return self._parts.show(
            Phase.VOTING,
            ArenaSession(event.ticket, shown_at=time.monotonic()),
            status=status.line(VOTE_HINT),
            stage=ready_stage(event),
        )

    def _idle(self, line: str) -> Updates:
        return self._parts.show(
            Phase.IDLE, ArenaSession(), status=line, stage=self._welcome(), notice=""
        )

    def on_cancel(self, request: gr.Request) -> None:
        """Stop the page's battle; the handler that draws it says when it has stopped."""
        self._context.cancellations.stop(session_of(request))

    def on_unload(self, request: gr.Request) -> None:
        """Nobody looks at the page any more: stop its work."""
        self._context.cancellations.stop(session_of(request))

    def vote_handler(self, outcome: Outcome) -> Callable[[ArenaSession, gr.Request], Updates]:
        """The handler of one vote button."""

        def on_vote(session: ArenaSession, request: gr.Request) -> Updates:
            """Commit the vote, then reveal both models."""
            if session.vote_id is not None:  # a second key pressed before the first vote was shown
                return {self._parts.session: gr.skip()}
            dwell = (
                None
                if session.shown_at is None
                else round((time.monotonic() - session.shown_at) * 1000)
            )
            try:
                annotator = self._context.identity.annotator(headers_of(request))
                reveal = self._services.arena.cast_vote(
                    session.ticket, outcome, annotator.id, remarks=Remarks(dwell_ms=dwell)
                )
                history = self._services.arena.history(annotator.id)
                taught = lesson(reveal, [entry.vote for entry in history])
                return self._parts.show(
                    Phase.REVEALED,
                    replace(session, ticket="", vote_id=reveal.vote.id),
                    status=status.line(taught),
                    stage=self._revealed(reveal),
                ) | {self._parts.undo: gr.update(visible=True)}
            except GemrecError as error:
                return {self._parts.status: status.problem(str(error))}

        return on_vote

    def on_undo(self, session: ArenaSession, request: gr.Request) -> Updates:
        """Take the vote on the shown battle back."""
        if session.vote_id is None:
            return {self._parts.status: status.problem("There is no vote here to take back.")}
        try:
            annotator = self._context.identity.annotator(headers_of(request))
            vote = self._services.arena.undo(annotator.id, session.vote_id)
        except GemrecError as error:
            return {self._parts.status: status.problem(str(error))}
        names = {model_id: self._context.model_name(model_id) for model_id in vote.models}
        return self._parts.show(
            Phase.REVEALED,
            ArenaSession(),
            status=status.line(
                "Vote taken back: it no longer counts.",
                extra="The names are known now, so this battle is over.",
            ),
            stage=self._revealed(Reveal(vote, {}, names)),
        ) | {self._parts.undo: gr.update(visible=False)}

    def on_load(self, request: gr.Request) -> Updates:
        """Pick up the annotator's open battle, or welcome them."""
        annotator = self._context.identity.find(headers_of(request))
        ready = None if annotator is None else self._services.arena.resume(annotator.id)
        if ready is None:
            return {self._parts.stage: self._welcome()}
        return self._parts.show(
            Phase.VOTING,
            ArenaSession(ready.ticket),
            status=status.line("Picked up where you left off.", extra=VOTE_HINT),
            stage=ready_stage(ready),
        )

    def _revealed(self, reveal: Reveal) -> str:
        sides: tuple[list[str], list[str]] = ([], [])
        showings = self._services.store.battles.showings(reveal.vote.battle_id)
        for showing in sorted(showings, key=lambda s: s.position):
            sides[showing.side].append(showing.name)
        return revealed_stage(sides, reveal)

    def _welcome(self) -> str:
        usable = len(self._services.arena.usable_models())
        if usable < _BATTLE_SIZE:
            return empty(
                "A battle needs two models",
                f"{usable} of {len(self._services.catalog.models)} models in the catalog can run here.",
                "Add models to assets/models.toml or to the file that GEMREC_MODELS names; "
                "`python -m gemrec doctor` says why a model cannot run.",
            )
        rng = np.random.default_rng()
        texts = list(dict.fromkeys(prompt.text for prompt in self._services.prompts_of()))
        rng.shuffle(texts)
        return welcome(sorted(texts[:EXAMPLES], key=len))
