"""The For you tab: its layout and which handler each event calls."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from gemrec.ui.arena_tab import BATTLES_AT_ONCE, GENERATION
from gemrec.ui.context import Context
from gemrec.ui.for_you_handlers import ForYouHandlers
from gemrec.ui.for_you_said import ANY_LICENCE
from gemrec.ui.for_you_view import START, ForYouParts
from gemrec.ui.identity import NAME_LENGTH

WISH_LENGTH = 200


@dataclass(frozen=True)
class _Controls:
    """The components that only start something."""

    save: gr.Button
    ask: gr.Button
    steer: gr.Button
    picture: gr.Image
    action: gr.Textbox
    act: gr.Button
    limits: tuple[gr.Dropdown, gr.Number, gr.Number, gr.Checkbox]


def build_for_you_tab(context: Context, tab: gr.Tab, arena_prompt: gr.Textbox) -> None:
    """Lay out the tab and wire it."""
    votes, name, save = _head()
    with gr.Row(elem_id="for-you-ask", elem_classes="g-ask"):
        prompt = gr.Textbox(
            label="Prompt",
            placeholder="What do you want to see?",
            elem_id="for-you-prompt",
            elem_classes="g-prompt",
            container=False,
            show_label=False,
            max_lines=1,
            max_length=context.services.settings.prompt_length,
            scale=6,
        )
        ask = gr.Button("Recommend", variant="primary", elem_id="recommend", scale=1, min_width=120)
    words, steer, picture, limits = _steering()
    chips = gr.HTML(elem_id="wishes", apply_default_css=False)
    said = gr.HTML(elem_id="wish-said", apply_default_css=False)
    with gr.Row(elem_id="answer"):
        with gr.Column(scale=8, min_width=0, elem_id="answer-main"):
            podium = gr.HTML(START, elem_id="podium", apply_default_css=False)
            with gr.Row(elem_id="draw-row", visible=False) as draw_row:
                draw = gr.Button("Draw it", elem_id="draw", scale=0, min_width=190)
                stop = gr.Button("Stop", elem_id="stop-drawing", visible=False, scale=0)
                progress = gr.HTML(elem_id="draw-progress", apply_default_css=False)
            images = gr.HTML(elem_id="for-you-images", apply_default_css=False)
        with gr.Column(scale=3, min_width=300, elem_id="answer-side"):
            side = gr.HTML(elem_id="taste", apply_default_css=False)
    with gr.Row(elem_classes="g-offstage"):
        action = gr.Textbox(elem_id="taste-action", show_label=False, container=False)
        act = gr.Button("Apply", elem_id="taste-act")
    parts = ForYouParts(
        name,
        votes,
        prompt,
        chips,
        said,
        podium,
        images,
        side,
        draw_row,
        draw,
        stop,
        progress,
        words,
    )
    controls = _Controls(save, ask, steer, picture, action, act, limits)
    _wire(ForYouHandlers(context, parts), parts, controls, tab, arena_prompt)


def _head() -> tuple[gr.HTML, gr.Textbox, gr.Button]:
    with gr.Row(elem_id="who", elem_classes="g-head"):
        gr.HTML('<h1 class="g-title">For you</h1>', apply_default_css=False)
        votes = gr.HTML(elem_id="votes", apply_default_css=False)
        name = gr.Textbox(
            label="Your name",
            elem_id="annotator-name",
            max_length=NAME_LENGTH,
            placeholder="Your name",
            container=False,
            show_label=False,
            max_lines=1,
            scale=0,
            min_width=180,
        )
        save = gr.Button("Save name", elem_id="save-name", scale=0, min_width=100)
    return votes, name, save


def _steering() -> tuple[
    gr.Textbox, gr.Button, gr.Image, tuple[gr.Dropdown, gr.Number, gr.Number, gr.Checkbox]
]:
    with gr.Row(elem_id="steer-row", elem_classes="g-ask"):
        words = gr.Textbox(
            label="Steer it in words",
            placeholder="Steer it: more colourful, less cartoon",
            elem_id="steer-words",
            elem_classes="g-prompt",
            container=False,
            show_label=False,
            max_lines=1,
            max_length=WISH_LENGTH,
            scale=6,
        )
        steer = gr.Button("Steer", elem_id="steer", scale=1, min_width=90)
    with gr.Row(elem_id="aids"):
        with gr.Accordion("Steer by a picture", open=False, elem_id="by-picture"):
            picture = gr.Image(
                label="A picture you like",
                show_label=False,
                type="pil",
                sources=["upload", "clipboard"],
                elem_id="example-picture",
                height=190,
                buttons=[],
            )
        with gr.Accordion("Limits", open=False, elem_id="limits"), gr.Row():
            licence = gr.Dropdown(
                [ANY_LICENCE],
                value=ANY_LICENCE,
                label="Licence",
                elem_id="limit-licence",
                filterable=False,
                min_width=140,
            )
            seconds = gr.Number(
                0, label="Seconds an image", minimum=0, elem_id="limit-seconds", min_width=110
            )
            vram = gr.Number(
                0, label="GPU memory, GB", minimum=0, elem_id="limit-vram", min_width=110
            )
            unsafe = gr.Checkbox(
                False, label="Also models not safe for everybody", elem_id="limit-unsafe"
            )
    return words, steer, picture, (licence, seconds, vram, unsafe)


def _wire(
    handlers: ForYouHandlers,
    parts: ForYouParts,
    controls: _Controls,
    tab: gr.Tab,
    arena_prompt: gr.Textbox,
) -> None:
    quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    outputs = parts.all()
    limits = list(controls.limits)
    asked = [parts.prompt, *limits]
    gr.on([controls.ask.click, parts.prompt.submit], handlers.on_ask, asked, outputs, **quiet)
    licence, seconds, vram, unsafe = controls.limits
    gr.on(
        [licence.change, seconds.change, vram.change, unsafe.change],
        handlers.on_ask,
        asked,
        outputs,
        **quiet,
    )
    gr.on(
        [controls.steer.click, parts.words.submit],
        handlers.on_words,
        [parts.words, *asked],
        outputs,
        **quiet,
    )
    controls.picture.input(handlers.on_picture, [controls.picture, *asked], outputs, **quiet)
    controls.act.click(handlers.on_change, [controls.action, *asked], outputs, **quiet)
    parts.draw.click(
        handlers.on_draw,
        asked,
        outputs,
        show_progress="hidden",
        concurrency_id=GENERATION,
        concurrency_limit=BATTLES_AT_ONCE,
        api_visibility="private",
    )
    parts.stop.click(handlers.on_stop, None, None, **quiet)
    named = [parts.name, parts.votes]
    gr.on([controls.save.click, parts.name.submit], handlers.on_rename, parts.name, named, **quiet)
    # Not before the tab opens: what models are called and how they are licensed is not for a page
    # on which somebody may still have to vote.
    tab.select(handlers.on_licences, None, licence, **quiet)
    tab.select(handlers.on_open, [parts.prompt, arena_prompt, *limits], outputs, **quiet)
