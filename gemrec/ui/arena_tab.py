"""The Arena tab: its layout and which handler each event calls."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from gemrec.records import Outcome
from gemrec.ui.arena_desk import ArenaDesk
from gemrec.ui.arena_handlers import ANY_CATEGORY, OpeningHandlers
from gemrec.ui.arena_history import HistoryHandlers
from gemrec.ui.arena_said import build_channel
from gemrec.ui.arena_view import VOTES, ArenaParts
from gemrec.ui.arena_votes import VoteHandlers
from gemrec.ui.context import Context
from gemrec.ui.sessions import ArenaSession
from gemrec.ui.widgets.setup import setup_bar

GENERATION = "generation"
BATTLES_AT_ONCE = 8
"""Battles whose progress is streamed at the same time; well under Gradio's 40 threads."""
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
LATEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}


@dataclass(frozen=True)
class Arena:
    """What other tabs start from.

    Attributes:
        prompt: The prompt box.
        opening: Opens battles on the stage.
        parts: The stage and what belongs to it.
        pause: Leaves a study.
    """

    prompt: gr.Textbox
    opening: OpeningHandlers
    parts: ArenaParts
    pause: gr.Button


@dataclass(frozen=True)
class _Ask:
    """Where a person says what they want to see, and how to compare it."""

    category: gr.Dropdown
    prompt: gr.Textbox
    dice: gr.Button
    start: gr.Button
    cancel: gr.Button
    versus: gr.HTML
    channel: gr.HTML


@dataclass(frozen=True)
class _Bars:
    """The buttons under the stage; the page's script shows those that fit the moment."""

    votes: tuple[tuple[Outcome, gr.Button], ...]
    keep: tuple[gr.Button, ...]
    undo: gr.Button
    change: gr.Button
    another: gr.Button
    again: gr.Button
    end_run: gr.Button
    following: gr.Button


def build_arena_tab(context: Context, demo: gr.Blocks) -> Arena:
    """Lay out the tab and wire it; return what other tabs start from."""
    with gr.Row(elem_id="study-row"):
        study = gr.HTML(elem_id="study", apply_default_css=False)
        pause = gr.Button("Pause", elem_id="study-pause", min_width=80, scale=0)
    ask = _ask_rows(context)
    with gr.Row(elem_id="talk"):
        status = gr.HTML(elem_id="status", apply_default_css=False)
        remarks = gr.HTML(elem_id="remarks", apply_default_css=False)
    notice = gr.HTML(elem_id="notice", apply_default_css=False)
    stage = gr.HTML(elem_id="stage", apply_default_css=False)
    bars, rank = _bars()
    drawer = gr.HTML(elem_id="history", apply_default_css=False)
    session = gr.State(ArenaSession())
    parts = ArenaParts(session, ask.prompt, status, notice, stage, remarks, rank, study)
    desk = ArenaDesk(context, parts)
    opening = OpeningHandlers(desk)
    votes = VoteHandlers(desk, opening)
    _wire_opening(opening, parts, ask, bars, demo)
    _wire_votes(votes, parts, ask.channel, bars)
    _wire_history(HistoryHandlers(desk, votes, drawer), parts, ask.channel, drawer)
    return Arena(ask.prompt, opening, parts, pause)


def _ask_rows(context: Context) -> _Ask:
    settings = context.services.settings
    with gr.Row(elem_id="ask", elem_classes="g-ask"):
        prompt = gr.Textbox(
            label="What do you want to see?",
            placeholder="What do you want to see? For example: a cat face on a blue background",
            elem_id="prompt",
            elem_classes="g-prompt",
            container=False,
            show_label=False,
            max_lines=1,
            max_length=settings.prompt_length,
            scale=6,
        )
        category = gr.Dropdown(
            [ANY_CATEGORY, *context.services.prompts.categories()],
            value=ANY_CATEGORY,
            label="Topic",
            elem_id="category",
            container=False,
            show_label=False,
            filterable=False,
            scale=2,
            min_width=120,
        )
        dice = gr.Button("Random", elem_id="dice", min_width=44, scale=1)
        start = gr.Button("Start", variant="primary", elem_id="start", min_width=96, scale=1)
        cancel = gr.Button("Cancel", elem_id="cancel", min_width=96, scale=1)
    gr.HTML(
        setup_bar(settings.images_per_grid, context.services.arena.limits.images),
        elem_id="setup",
        apply_default_css=False,
    )
    versus = gr.HTML(elem_id="versus", apply_default_css=False)
    return _Ask(category, prompt, dice, start, cancel, versus, build_channel())


def _bars() -> tuple[_Bars, gr.HTML]:
    with gr.Row(elem_id="vote-bar", elem_classes="g-bar-fixed"):
        votes = [(o, gr.Button(text, elem_id=f"vote-{o}", min_width=40)) for o, text in VOTES]
        keep = gr.Button("Keep", elem_id="keep", min_width=40)
    with gr.Row(elem_id="rank-bar", elem_classes="g-bar-fixed"):
        rank = gr.HTML(elem_id="rank", apply_default_css=False)
        skip = gr.Button("Skip", elem_id="rank-skip", min_width=40)
        keep_ranking = gr.Button("Keep", elem_id="rank-keep", min_width=40)
        submit = gr.Button("Done", elem_id="vote-ranking", variant="primary", min_width=40)
    with gr.Row(elem_id="after-bar", elem_classes="g-bar-fixed"):
        undo = gr.Button("Undo vote", elem_id="undo", min_width=40)
        change = gr.Button("Change", elem_id="change", min_width=40)
        another = gr.Button("Random prompt", elem_id="another", min_width=40)
        again = gr.Button("Same prompt", elem_id="again", min_width=40)
        end_run = gr.Button("End the run", elem_id="end-run", min_width=40)
        following = gr.Button("Next battle", elem_id="next", variant="primary", min_width=40)
    outcomes = (*votes, (Outcome.SKIP, skip), (Outcome.RANKING, submit))
    bars = _Bars(outcomes, (keep, keep_ranking), undo, change, another, again, end_run, following)
    return bars, rank


def _wire_opening(
    handlers: OpeningHandlers, parts: ArenaParts, ask: _Ask, bars: _Bars, demo: gr.Blocks
) -> None:
    asked = [ask.prompt, ask.category, ask.channel]
    outputs = parts.all()
    drawn: dict[str, Any] = {
        "show_progress": "hidden",
        "concurrency_id": GENERATION,
        "concurrency_limit": BATTLES_AT_ONCE,
        "api_visibility": "private",
    }
    starts = [ask.start.click, ask.prompt.submit, bars.again.click]
    gr.on(starts, handlers.on_start, asked, outputs, **drawn)
    bars.following.click(handlers.on_next, [*asked, parts.session], outputs, **drawn)
    bars.another.click(handlers.on_another, [ask.category, ask.channel], outputs, **drawn)
    ask.dice.click(handlers.on_dice, ask.category, [ask.prompt, parts.status], **QUIET)
    ask.cancel.click(handlers.on_cancel, None, None, **QUIET)
    ask.channel.names(handlers.on_names, ask.channel, ask.versus, **LATEST)
    demo.load(handlers.on_load, None, outputs, **QUIET)
    demo.unload(handlers.on_unload)


def _wire_votes(handlers: VoteHandlers, parts: ArenaParts, channel: gr.HTML, bars: _Bars) -> None:
    outputs, said = parts.all(), [parts.session, channel]
    for outcome, button in bars.votes:
        button.click(handlers.vote_handler(outcome), said, outputs, **QUIET)
    for button in bars.keep:
        button.click(handlers.on_keep, parts.session, outputs, **QUIET)
    bars.undo.click(handlers.on_undo, parts.session, outputs, **QUIET)
    bars.change.click(handlers.on_change, parts.session, outputs, **QUIET)
    bars.end_run.click(handlers.on_end_run, parts.session, outputs, **QUIET)
    channel.remark(handlers.on_remark, said, outputs, **LATEST)
    channel.draft(handlers.on_draft, said, outputs, **LATEST)


def _wire_history(
    handlers: HistoryHandlers, parts: ArenaParts, channel: gr.HTML, drawer: gr.HTML
) -> None:
    outputs = [*parts.all(), drawer]
    channel.history(handlers.on_open, None, drawer, **LATEST)
    channel.retract(handlers.on_retract, parts.session, outputs, **QUIET)
    channel.change_vote(handlers.on_change, parts.session, parts.all(), **QUIET)
