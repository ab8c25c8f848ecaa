"""The Leaderboard tab: its layout and which handler each event calls."""

from typing import Any

import gradio as gr

from gemrec.ui.board_view import ALL, MINE, PERIODS
from gemrec.ui.context import Context
from gemrec.ui.leaderboard_handlers import TABLE, VIEWS, BoardHandlers, BoardParts

_LATEST: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "always_last",
}


def build_leaderboard_tab(context: Context, tab: gr.Tab) -> None:
    """Lay out the tab and wire it; it is read anew whenever it is opened."""
    with gr.Row(elem_id="board-head", elem_classes="g-head"):
        gr.HTML('<h1 class="g-title">Leaderboard</h1>', apply_default_css=False)
        topics = context.services.prompts.categories()
        topic = _choice("Topic", [("All topics", ALL), *((t, t) for t in topics)], "topic")
        voter = _choice("Whose votes", [("Everybody's votes", ALL), ("My votes", MINE)], "voter")
        spans = [(text, period) for period, (text, _) in PERIODS.items()]
        period = _choice("Time", spans, "period")
        study = _choice("Study", [("All studies", ALL)], "study", visible=False)
    with gr.Row(elem_id="board-views"):
        view = gr.Radio(
            list(VIEWS),
            value=TABLE,
            label="View",
            elem_id="board-view",
            elem_classes="g-segments",
            container=False,
            show_label=False,
        )
        cost = gr.Radio(
            [],
            label="Cost",
            elem_id="board-cost",
            elem_classes="g-segments",
            container=False,
            show_label=False,
            visible=False,
        )
    page = gr.HTML(elem_id="board", apply_default_css=False)
    chart = gr.Plot(
        elem_id="board-chart", show_label=False, container=False, visible=False, buttons=[]
    )
    parts = BoardParts(voter, study, cost, page, chart)
    handlers = BoardHandlers(context, parts)
    asked: list[Any] = [view, topic, voter, period, study, cost]
    tab.select(handlers.on_open, asked, parts.all(), **_LATEST)
    changes = [part.input for part in asked]
    gr.on(changes, handlers.on_choose, asked, parts.all(), **_LATEST)


def _choice(
    label: str, choices: list[tuple[str, str]], name: str, *, visible: bool = True
) -> gr.Dropdown:
    return gr.Dropdown(
        choices,
        value=ALL,
        label=label,
        elem_id=f"board-{name}",
        elem_classes="g-choice",
        container=False,
        show_label=False,
        filterable=name == "voter",
        scale=0,
        min_width=170,
        visible=visible,
    )
