"""The Leaderboard tab: ratings with intervals, overall or in one category."""

import gradio as gr

from gemrec.errors import GemrecError
from gemrec.ui.context import Context
from gemrec.ui.widgets import status
from gemrec.ui.widgets.board import board_table
from gemrec.ui.widgets.empty import empty

OVERALL = "All topics"


def build_leaderboard_tab(context: Context, tab: gr.Tab) -> None:
    """Lay out the tab and wire it; it is read anew whenever it is opened."""
    with gr.Row(elem_id="board-head", elem_classes="g-head"):
        gr.HTML(
            '<h1 class="g-title">Leaderboard</h1>', apply_default_css=False, elem_id="board-title"
        )
        category = gr.Dropdown(
            [OVERALL, *context.services.prompts.categories()],
            value=OVERALL,
            label="Topic",
            elem_id="board-category",
            container=False,
            show_label=False,
            filterable=False,
            scale=0,
            min_width=200,
        )
    table = gr.HTML(elem_id="board", apply_default_css=False)

    def on_show(chosen: str) -> str:
        """The board of the chosen topic as it stands now."""
        try:
            board = context.services.leaderboard(None if chosen == OVERALL else chosen)
        except GemrecError as error:
            return status.problem(str(error))
        if not any(row.votes for row in board.rows):
            where = "" if chosen == OVERALL else " in this topic"
            return empty(
                f"No votes{where} yet",
                "Every vote in the Arena moves this board at once.",
                "Ratings need a handful of votes per model before their intervals say much.",
            )
        return board_table(board, context.model_name)

    gr.on(
        [tab.select, category.change],
        on_show,
        category,
        table,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
