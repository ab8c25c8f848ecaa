"""The Arena as it looks at one moment, and the components that show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from gemrec.arena import LABELS, BattleReady, HistoryEntry
from gemrec.records import BattleForm, Outcome, RatingChange, Remarks, Tiers, Vote
from gemrec.ui.context import shown_url
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets.rank import rank_strip
from gemrec.ui.widgets.remarks import reasons, skip_reasons
from gemrec.ui.widgets.stage import SideView, StageView, stage
from gemrec.ui.wording import place_words, reign_words

Updates = dict[Any, Any]
Names = Sequence[Sequence[str | None]]

VOTES: tuple[tuple[Outcome, str], ...] = (
    (Outcome.LEFT, "A better"),
    (Outcome.TIE, "Tie"),
    (Outcome.BOTH_GOOD, "Both good"),
    (Outcome.BOTH_BAD, "Both bad"),
    (Outcome.RIGHT, "B better"),
    (Outcome.SKIP, "Skip"),
)
"""The vote bar from left to right; digits 1 to 6 are its places."""


@dataclass(frozen=True)
class ArenaParts:
    """The components that change during a battle; the bars follow the stage by themselves."""

    session: gr.State
    prompt: gr.Textbox
    status: gr.HTML
    notice: gr.HTML
    stage: gr.HTML
    remarks: gr.HTML
    rank: gr.HTML
    study: gr.HTML

    def all(self) -> list[Component]:
        """Every component that an update may name."""
        return [
            self.session,
            self.prompt,
            self.status,
            self.notice,
            self.stage,
            self.remarks,
            self.rank,
            self.study,
        ]


def drawing(parts: ArenaParts, names: Names, prompt: str, form: BattleForm) -> Updates:
    """Grids that are still being drawn; ``names`` are showing names per side, None while missing."""
    sides = [
        SideView(label, tuple(None if name is None else shown_url(name) for name in side))
        for label, side in zip(LABELS, names, strict=False)
    ]
    return {
        parts.stage: stage(StageView(sides, prompt, "drawing", form.value)),
        parts.remarks: "",
        parts.rank: "",
    }


def voting(parts: ArenaParts, ready: BattleReady, session: ArenaSession, line: str) -> Updates:
    """Complete grids that wait for a vote."""
    sides = [SideView(side.label, _urls(side.names), name=side.model_name) for side in ready.sides]
    if ready.reign is not None and ready.reign.king is not None:
        king = ready.reign.king
        sides[king] = _noted(sides[king], reign_words(ready.reign.wins))
    view = StageView(sides, ready.prompt.text, "voting", ready.form.value, ready.battle_id)
    return {
        parts.session: session,
        parts.status: line,
        parts.stage: stage(view),
        parts.remarks: reasons(Remarks()),
        parts.rank: _strip(view, ready.draft or ()),
    }


def voted(
    parts: ArenaParts,
    entry: HistoryEntry,
    session: ArenaSession,
    line: str,
    ratings: Mapping[str, RatingChange],
) -> Updates:
    """A battle after its vote, or while that vote is being changed.

    Args:
        parts: The components.
        entry: The battle and the vote as it stands.
        session: The page's session from now on.
        line: The status line.
        ratings: Change per model id, right after the first vote; empty otherwise.
    """
    vote = entry.vote
    view = StageView(
        _sides(entry, ratings),
        vote.prompt,
        "changing" if session.changing else "revealed",
        vote.form.value,
        vote.battle_id,
        _flags(session, entry),
        said=vote.outcome.value if session.changing and vote.outcome is not None else "",
    )
    is_skip = vote.outcome is Outcome.SKIP and not session.changing
    chips = skip_reasons(vote.remarks) if is_skip else reasons(vote.remarks)
    return {
        parts.session: session,
        parts.status: line,
        parts.stage: stage(view),
        parts.remarks: chips if vote.outcome is not None or session.changing else "",
        parts.rank: _strip(view, vote.ranking or ()) if session.changing else "",
    }


def _flags(session: ArenaSession, entry: HistoryEntry) -> tuple[str, ...]:
    """The facts on which the bar under a voted battle depends."""
    facts = {
        "rolled": session.is_rolled,
        "undone": entry.is_taken_back,
        "reigning": session.reigns,
        "waiting": session.waits,
    }
    return tuple(name for name, holds in facts.items() if holds)


def _sides(entry: HistoryEntry, ratings: Mapping[str, RatingChange]) -> list[SideView]:
    vote = entry.vote
    first = first_sides(vote)
    names = entry.model_names or (None,) * len(vote.models)
    best = vote.remarks.best
    return [
        SideView(
            LABELS[side],
            _urls(entry.sides[side]),
            name=names[side],
            change=ratings.get(model_id),
            picked=first == (side,),
            note=_note(entry, side),
            best=best[1] if best is not None and best[0] == side else None,
        )
        for side, model_id in enumerate(vote.models)
    ]


def first_sides(vote: Vote) -> tuple[int, ...]:
    """The sides that a vote put first; none when it prefers nothing."""
    if vote.outcome is Outcome.RANKING:
        return (vote.ranking or ((),))[0]
    return {Outcome.LEFT: (0,), Outcome.RIGHT: (1,)}.get(vote.outcome or Outcome.SKIP, ())


def _note(entry: HistoryEntry, side: int) -> str:
    vote = entry.vote
    if vote.outcome is Outcome.RANKING:
        return place_words(vote.ranking or (), side)
    is_hidden_bout = entry.model_names is None and vote.form is BattleForm.KING
    is_king = is_hidden_bout and first_sides(vote) == (side,)
    return "Stays as king" if is_king else ""


def _noted(side: SideView, note: str) -> SideView:
    return SideView(side.label, side.urls, name=side.name, note=note)


def _strip(view: StageView, tiers: Tiers) -> str:
    if not view.ranks:
        return ""
    labels = [side.label for side in view.sides]
    return rank_strip(labels, [side.urls[0] or "" for side in view.sides], tiers, view.round)


def _urls(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(shown_url(name) for name in names)
