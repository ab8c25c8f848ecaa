"""The Arena as it looks at one moment, and the components that show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import gradio as gr
from gradio.components import Component

from gemrec.arena import BattleReady
from gemrec.records import Outcome, Reveal
from gemrec.ui.context import shown_url
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets.stage import SideView, stage

Updates = dict[Any, Any]

VOTES: tuple[tuple[Outcome, str], ...] = (
    (Outcome.LEFT, "A better"),
    (Outcome.TIE, "Tie"),
    (Outcome.BOTH_GOOD, "Both good"),
    (Outcome.BOTH_BAD, "Both bad"),
    (Outcome.RIGHT, "B better"),
    (Outcome.SKIP, "Skip"),
)
"""The vote bar from left to right; digits 1 to 6 are its places."""


class Phase(StrEnum):
    """Where a page is in its battle; decides which buttons there are."""

    IDLE = "idle"
    DRAWING = "drawing"
    VOTING = "voting"
    REVEALED = "revealed"


@dataclass(frozen=True)
class ArenaParts:
    """The components that change during a battle."""

    status: gr.HTML
    notice: gr.HTML
    stage: gr.HTML
    start: gr.Button
    cancel: gr.Button
    vote_bar: gr.Row
    after_bar: gr.Row
    undo: gr.Button
    votes: tuple[gr.Button, ...]
    session: gr.State

    def all(self) -> list[Component | gr.Row]:
        """Every component that an update may name."""
        return [
            self.status,
            self.notice,
            self.stage,
            self.start,
            self.cancel,
            self.vote_bar,
            self.after_bar,
            self.undo,
            *self.votes,
            self.session,
        ]

    def phase(self, phase: Phase) -> Updates:
        """Show the buttons of a phase and hide the others."""
        drawing = phase is Phase.DRAWING
        return {
            self.start: gr.update(visible=not drawing),
            self.cancel: gr.update(visible=drawing),
            self.vote_bar: gr.update(visible=phase in (Phase.DRAWING, Phase.VOTING)),
            self.after_bar: gr.update(visible=phase is Phase.REVEALED),
            **{button: gr.update(interactive=phase is Phase.VOTING) for button in self.votes},
        }

    def show(self, phase: Phase, session: ArenaSession, **texts: str) -> Updates:
        """A whole step: buttons, session, and the HTML of ``status``, ``stage`` or ``notice``."""
        html = {getattr(self, name): text for name, text in texts.items()}
        return {**self.phase(phase), self.session: session, **html}


def waiting_stage(names: Sequence[Sequence[str | None]], prompt: str) -> str:
    """Grids that are still being drawn; ``names`` are showing names per side, None while missing."""
    return stage(
        [
            SideView(label, tuple(None if n is None else shown_url(n) for n in side))
            for label, side in zip("AB", names, strict=True)
        ],
        prompt,
    )


def ready_stage(ready: BattleReady) -> str:
    """Complete grids that wait for a vote."""
    return stage(
        [SideView(s.label, _urls(s.names), name=s.model_name) for s in ready.sides],
        ready.prompt.text,
    )


def revealed_stage(sides: Sequence[Sequence[str]], reveal: Reveal) -> str:
    """The grids after the vote, with names and rating changes."""
    picks = (Outcome.LEFT, Outcome.RIGHT)
    return stage(
        [
            SideView(
                label,
                _urls(names),
                name=reveal.names[model_id],
                change=reveal.ratings.get(model_id),
                picked=reveal.vote.outcome is pick,
            )
            for label, names, model_id, pick in zip(
                "AB", sides, reveal.vote.models, picks, strict=True
            )
        ],
        reveal.vote.prompt,
    )


def _urls(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(shown_url(name) for name in names)
