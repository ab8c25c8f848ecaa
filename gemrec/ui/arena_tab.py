"""The Arena tab: its layout and which handler each event calls."""

from dataclasses import dataclass

import gradio as gr

from gemrec.ui.arena_handlers import ANY_CATEGORY, ArenaHandlers
from gemrec.ui.arena_view import VOTES, ArenaParts
from gemrec.ui.context import Context
from gemrec.ui.sessions import ArenaSession

GENERATION = "generation"
BATTLES_AT_ONCE = 8
"""Battles whose progress is streamed at the same time; well under Gradio's 40 threads."""


@dataclass(frozen=True)
class _Ask:
    """Where a person says what they want to see."""

    category: gr.Dropdown
    prompt: gr.Textbox
    dice: gr.Button


def build_arena_tab(context: Context, demo: gr.Blocks) -> gr.Textbox:
    """Lay out the tab and wire it; return the prompt box, which For you starts from."""
    ask, start, cancel = _ask_row(context)
    status = gr.HTML(elem_id="status", apply_default_css=False)
    notice = gr.HTML(elem_id="notice", apply_default_css=False)
    stage = gr.HTML(elem_id="stage", apply_default_css=False)
    with gr.Row(elem_id="vote-bar", elem_classes="g-bar-fixed", visible=False) as vote_bar:
        votes = tuple(
            gr.Button(label, elem_id=f"vote-{outcome}", interactive=False, min_width=40)
            for outcome, label in VOTES
        )
    with gr.Row(elem_id="after-bar", elem_classes="g-bar-fixed", visible=False) as after_bar:
        undo = gr.Button("Undo vote", elem_id="undo", min_width=40)
        another = gr.Button("Random prompt", elem_id="another", min_width=40)
        following = gr.Button("Next battle", elem_id="next", variant="primary", min_width=40)
    session = gr.State(ArenaSession())
    parts = ArenaParts(
        status, notice, stage, start, cancel, vote_bar, after_bar, undo, votes, session
    )
    _wire(ArenaHandlers(context, parts), parts, ask, another, following, demo)
    return ask.prompt


def _ask_row(context: Context) -> tuple[_Ask, gr.Button, gr.Button]:
    with gr.Row(elem_id="ask", elem_classes="g-ask"):
        prompt = gr.Textbox(
            label="What do you want to see?",
            placeholder="What do you want to see? For example: a cat face on a blue background",
            elem_id="prompt",
            elem_classes="g-prompt",
            container=False,
            show_label=False,
            max_lines=1,
            max_length=context.services.settings.prompt_length,
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
        cancel = gr.Button("Cancel", elem_id="cancel", min_width=96, scale=1, visible=False)
    return _Ask(category, prompt, dice), start, cancel


def _wire(
    handlers: ArenaHandlers,
    parts: ArenaParts,
    ask: _Ask,
    another: gr.Button,
    following: gr.Button,
    demo: gr.Blocks,
) -> None:
    asked = [ask.prompt, ask.category]
    outputs = parts.all()
    rolled = [ask.prompt, parts.status]
    gr.on(
        [parts.start.click, ask.prompt.submit, following.click],
        handlers.on_start,
        asked,
        outputs,
        show_progress="hidden",
        concurrency_id=GENERATION,
        concurrency_limit=BATTLES_AT_ONCE,
        api_visibility="private",
    )
    ask.dice.click(handlers.on_dice, ask.category, rolled, queue=False, api_visibility="private")
    another.click(
        handlers.on_dice, ask.category, rolled, queue=False, api_visibility="private"
    ).then(
        handlers.on_start,
        asked,
        outputs,
        show_progress="hidden",
        concurrency_id=GENERATION,
        api_visibility="private",
    )
    parts.cancel.click(handlers.on_cancel, None, None, queue=False, api_visibility="private")
    for (outcome, _), button in zip(VOTES, parts.votes, strict=True):
        button.click(
            handlers.vote_handler(outcome),
            parts.session,
            outputs,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
    parts.undo.click(
        handlers.on_undo,
        parts.session,
        outputs,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    demo.load(
        handlers.on_load,
        None,
        [*outputs, ask.prompt],
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    demo.unload(handlers.on_unload)
