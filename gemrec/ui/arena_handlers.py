"""Opening battles on the Arena tab: what Start, Next and the dice do, and picking up after a reload.

Nothing that the browser sends says who votes on what: people are known by their cookie, battles by
the session that the server holds.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
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
    RunState,
)
from gemrec.errors import GemrecError
from gemrec.pocket.vocabulary import unknown_words
from gemrec.records import BattleForm, BattleMode
from gemrec.ui.arena_desk import ArenaDesk
from gemrec.ui.arena_said import Setup, read_setup
from gemrec.ui.arena_view import Names, Updates, drawing, voting
from gemrec.ui.context import address_of, headers_of, session_of
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets import status
from gemrec.ui.widgets.empty import empty, welcome
from gemrec.ui.widgets.setup import versus
from gemrec.ui.widgets.studies import consent_panel, study_banner
from gemrec.ui.wording import run_goes_on, unknown_notice

ANY_CATEGORY = "Any topic"
EXAMPLES = 4
REFRESH_SECONDS = 0.1
"""Least time between two updates while a battle is drawn."""
NO_PROMPT = "First type what you want to see, or press Random for an idea."
PICKED_UP = "Picked up where you left off."
HINTS = {
    BattleForm.PAIR: "Which grid is better? Open an image to enlarge all sides together.",
    BattleForm.KING: "Who wins? The winner stays and meets the next challenger.",
    BattleForm.RANKING: "Put them in order, best first. Ties are fine.",
}
_BATTLE_SIZE = 2
STUDY_DONE = "You have judged everything here"


class OpeningHandlers:
    """The handlers of Start, Next, the dice, Cancel and of loading the page.

    Args:
        desk: The tab's parts and services.
    """

    def __init__(self, desk: ArenaDesk) -> None:
        self._desk = desk
        self._parts = desk.parts
        self._services = desk.context.services

    # ---- what people press ----

    def on_dice(self, category: str) -> tuple[Any, Any]:
        """A random prompt of the chosen topic; the status line only when there is none."""
        try:
            return self._roll(category), gr.skip()
        except GemrecError as error:
            return gr.skip(), status.problem(str(error))

    def on_start(
        self, text: str, category: str, said: object, request: gr.Request
    ) -> Iterator[Updates]:
        """Open a battle on the prompt in the box."""
        fresh = ArenaSession(prompt=text, category=category)
        yield from self._open(fresh, said, request)

    def on_next(
        self, text: str, category: str, said: object, session: ArenaSession, request: gr.Request
    ) -> Iterator[Updates]:
        """Go on as before: the same prompt, or again one from the dice, or the king's next bout."""
        if session.waits:
            yield self.on_load(request)
            return
        if session.study:
            yield from self.open_study(session.study, request)
            return
        if not session.battle_id:  # the server was started again under this page
            session = self._run_of(request) or session
        is_same = text == session.prompt
        fresh = ArenaSession(prompt=text, category=category)
        if is_same and session.is_rolled:
            yield from self._open_rolled(session.rolled, category, said, request)
        elif is_same and session.reigns:
            yield from self._open(fresh, said, request, king=session.battle_id)
        else:
            yield from self._open(fresh, said, request)

    def on_another(self, category: str, said: object, request: gr.Request) -> Iterator[Updates]:
        """Open a battle on a prompt from the dice."""
        yield from self._open_rolled("", category, said, request)

    def on_cancel(self, request: gr.Request) -> None:
        """Stop the page's battle; the handler that draws it says when it has stopped."""
        self._desk.context.cancellations.stop(session_of(request))

    def on_unload(self, request: gr.Request) -> None:
        """Nobody looks at the page any more: stop its work."""
        self.on_cancel(request)
        annotator_id = self._desk.context.identity.annotator_id(headers_of(request))
        if annotator_id is not None:
            self._services.arena.cancel_prepared(annotator_id)

    def on_names(self, said: object) -> str:
        """The models to choose from, for people who want to compare by name; else nothing."""
        models = self._services.arena.usable_models()
        wants_names = read_setup(said, 1).mode is BattleMode.NAMED
        return versus(models) if wants_names and len(models) >= _BATTLE_SIZE else ""

    def on_load(self, request: gr.Request) -> Updates:
        """Pick up the annotator's open battle, or welcome them."""
        annotator = self._desk.context.identity.find(headers_of(request))
        rights = self._services.rights
        if rights.needs_consent(None if annotator is None else annotator.id):
            return {self._parts.stage: consent_panel(rights.consent), self._parts.study: ""}
        if annotator is None:
            return {self._parts.stage: self._welcome()}
        ready = self._services.arena.resume(annotator.id)
        if ready is None:
            return self._run_that_goes_on(annotator.id) or {self._parts.stage: self._welcome()}
        study = self._services.studies.study_of(ready.battle_id)
        session = ArenaSession(ready.battle_id, ready.ticket, prompt=ready.prompt.text, study=study)
        line = status.line(PICKED_UP, extra=HINTS[ready.form])
        return {
            **voting(self._parts, ready, session, line),
            self._parts.study: self._banner(study, annotator.id) if study else "",
            self._parts.prompt: ready.prompt.text,
        }

    def _run_that_goes_on(self, annotator_id: str) -> Updates:
        """The last bout of a king's run between two bouts; nothing when there is no run."""
        run = self._services.arena.current_run(annotator_id)
        last = self._services.arena.history(annotator_id, limit=1)
        if run is None or not last or last[0].vote.battle_id != run.newest_battle:
            return {}
        line = f"{PICKED_UP} {run_goes_on(run)}"
        session = replace(_reigning(run), vote_id=last[0].first_id)
        return {**self._desk.show(session, last[0], line), self._parts.prompt: run.prompt}

    def _run_of(self, request: gr.Request) -> ArenaSession | None:
        annotator = self._desk.context.identity.find(headers_of(request))
        run = None if annotator is None else self._services.arena.current_run(annotator.id)
        return None if run is None else _reigning(run)

    # ---- studies ----

    def open_study(self, campaign_id: str, request: gr.Request) -> Iterator[Updates]:
        """Open a person's next item of a study, or the one that they hold."""
        flag = self._desk.context.cancellations.begin(session_of(request))
        try:
            annotator = self._desk.who(request)
            if self._services.rights.needs_consent(annotator.id):
                yield {self._parts.stage: consent_panel(self._services.rights.consent)}
                return
            studies = self._services.studies
            images = studies.place(campaign_id, annotator.id).spec.images
            events = studies.open_next(
                campaign_id, annotator.id, address=address_of(request), cancelled=flag.is_set
            )
            banner = self._banner(campaign_id, annotator.id)
        except GemrecError as error:
            yield self._idle(status.problem(str(error)))
            return
        if events is None:
            done = empty(STUDY_DONE, "There is nothing more for you in this study. Thank you!")
            yield self._idle(status.line(STUDY_DONE)) | {self._parts.stage: done}
            return
        try:
            yield {
                self._parts.status: status.progress(0.0, "Getting ready"),
                self._parts.notice: "",
                self._parts.study: banner,
            }
            setup = Setup(BattleForm.PAIR, BattleMode.BLIND, images, _BATTLE_SIZE, None)
            yield from self._drawing(events, ArenaSession(study=campaign_id), setup)
        finally:
            flag.set()

    def leave_study(self) -> Updates:
        """Put the stage back as it is between battles; an item that is held stays so for a while."""
        return self._idle(status.line("Paused.", extra="Go on whenever you like."))

    def _banner(self, campaign_id: str, annotator_id: str) -> str:
        return study_banner(self._services.studies.place(campaign_id, annotator_id))

    # ---- opening ----

    def _open_rolled(
        self, rolled: str, category: str, said: object, request: gr.Request
    ) -> Iterator[Updates]:
        try:
            text = rolled or self._roll(category)
            following = self._roll(category)
        except GemrecError as error:
            yield self._desk.problem(error)
            return
        fresh = ArenaSession(prompt=text, category=category, is_rolled=True, rolled=following)
        yield {self._parts.prompt: text}
        yield from self._open(fresh, said, request)

    def _open(
        self, fresh: ArenaSession, said: object, request: gr.Request, king: str | None = None
    ) -> Iterator[Updates]:
        if not fresh.prompt.strip():
            yield {self._parts.status: status.problem(NO_PROMPT)}
            return
        flag = self._desk.context.cancellations.begin(session_of(request))
        try:
            annotator = self._desk.who(request)
            if self._services.rights.needs_consent(annotator.id):
                yield {self._parts.stage: consent_panel(self._services.rights.consent)}
                return
            setup = read_setup(said, self._services.settings.images_per_grid)
            events = self._services.arena.open_battle(
                annotator.id,
                self._prompt(fresh.prompt, fresh.category),
                **asked(setup, king),
                address=address_of(request),
                cancelled=flag.is_set,
            )
        except GemrecError as error:
            yield self._desk.problem(error)
            return
        try:
            yield {
                self._parts.status: status.progress(0.0, "Getting ready"),
                self._parts.notice: status.notice(unknown_notice(unknown_words(fresh.prompt))),
                self._parts.study: "",
            }
            yield from self._drawing(events, fresh, setup)
            if setup.form is not BattleForm.KING:
                self.prepare(annotator.id, fresh, setup)
        finally:
            flag.set()

    def _drawing(
        self, events: Iterable[ArenaEvent], fresh: ArenaSession, setup: Setup
    ) -> Iterator[Updates]:
        names: list[list[str | None]] = [[None] * setup.images for _ in range(setup.sides)]
        shown_at = time.monotonic()
        line = status.progress(0.0, "Getting ready")
        try:
            for event in events:
                if isinstance(event, BattleReady | BattleFailed):
                    yield self._ended(event, fresh)
                    return
                if isinstance(event, BattleImages):
                    for side, name in enumerate(event.names):
                        names[side][event.position] = name or names[side][event.position]
                elif isinstance(event, BattleReplaced):
                    names = [[None] * setup.images for _ in range(setup.sides)]
                    line = status.progress(0.0, event.reason)
                elif isinstance(event, BattleProgress):
                    line = status.progress(event.fraction, event.message)
                if time.monotonic() - shown_at >= REFRESH_SECONDS:
                    shown_at = time.monotonic()
                    yield self._drawn(names, fresh, setup, line)
        except GemrecError as error:
            yield self._ended(BattleFailed(str(error)), fresh)
            return
        yield self._idle(status.line("Cancelled.", extra="Nothing was recorded."))

    def _drawn(self, names: Names, fresh: ArenaSession, setup: Setup, line: str) -> Updates:
        return {
            **drawing(self._parts, names, fresh.prompt, setup.form),
            self._parts.session: ArenaSession(),
            self._parts.status: line,
        }

    def _ended(self, event: BattleFailed | BattleReady, fresh: ArenaSession) -> Updates:
        if isinstance(event, BattleFailed):
            return self._idle(status.problem(event.reason))
        session = replace(
            fresh, battle_id=event.battle_id, ticket=event.ticket, shown_at=time.monotonic()
        )
        return voting(self._parts, event, session, status.line(HINTS[event.form]))

    def _idle(self, line: str) -> Updates:
        return {
            self._parts.session: ArenaSession(),
            self._parts.status: line,
            self._parts.notice: "",
            self._parts.stage: self._welcome(),
            self._parts.remarks: "",
            self._parts.rank: "",
            self._parts.study: "",
        }

    def prepare(
        self, annotator_id: str, session: ArenaSession, setup: Setup, king: str | None = None
    ) -> None:
        """Begin to make the battle that Next will most likely ask for."""
        text = session.rolled if session.is_rolled else session.prompt
        with suppress(GemrecError):  # Next says what is wrong, if it still is
            self._services.arena.prepare(
                annotator_id, self._prompt(text, session.category), **asked(setup, king)
            )

    def _prompt(self, text: str, category: str) -> Any:
        return self._services.prompt(text, "" if category == ANY_CATEGORY else category)

    def _roll(self, category: str) -> str:
        chosen = None if category == ANY_CATEGORY else category
        return self._services.prompts.sample(np.random.default_rng(), chosen).text

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


def _reigning(run: RunState) -> ArenaSession:
    """The session of a page that shows the last bout of a run."""
    return ArenaSession(run.newest_battle, prompt=run.prompt, reigns=True)


def asked(setup: Setup, king: str | None) -> dict[str, Any]:
    """A setup as the arguments that ``open_battle`` and ``prepare`` share."""
    return {
        "models": setup.models,
        "images": setup.images,
        "mode": setup.mode,
        "form": setup.form,
        "sides": setup.sides,
        "king": king if setup.form is BattleForm.KING else None,
    }
