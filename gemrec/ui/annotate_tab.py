"""The Annotate tab: studies to work on, and what people may ask for about their data.

Items are judged on the Arena's own stage; this tab only chooses the study.
"""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from gemrec.ui.arena_tab import BATTLES_AT_ONCE, GENERATION, QUIET, Arena
from gemrec.ui.context import Context, headers_of
from gemrec.ui.widgets.studies import study_list, your_data

ARENA, ANNOTATE = "arena", "annotate"


def build_annotate_tab(context: Context, tab: gr.Tab, tabs: gr.Tabs, arena: Arena) -> None:
    """Lay out the tab and wire it; it is read anew whenever it is opened."""
    services = context.services
    gr.HTML('<h1 class="g-title">Annotate</h1>', apply_default_css=False, elem_id="annotate-title")
    studies = gr.HTML(elem_id="studies", apply_default_css=False)
    data = gr.HTML(elem_id="your-data", apply_default_css=False)
    # The buttons of the list speak through these; Gradio has none of its own for HTML.
    chosen = gr.Textbox(elem_id="study-chosen", elem_classes="g-unseen", show_label=False)
    begin = gr.Button("Begin", elem_id="study-begin", elem_classes="g-unseen")

    def on_show(request: gr.Request) -> tuple[str, str]:
        """The studies as they stand for whoever looks."""
        who = context.identity.find(headers_of(request))
        places = services.studies.places(None if who is None else who.id)
        return study_list(places), your_data(
            services.settings.consent, services.settings.on_leaving
        )

    def on_begin(campaign_id: str, request: gr.Request) -> Iterator[dict[Any, Any]]:
        """Go to the stage and open the next item there."""
        yield {tabs: gr.Tabs(selected=ARENA)}
        yield from arena.opening.open_study(campaign_id, request)

    def on_pause() -> dict[Any, Any]:
        """Back to the list."""
        return {tabs: gr.Tabs(selected=ANNOTATE), **arena.opening.leave_study()}

    outputs = [tabs, *arena.parts.all()]
    tab.select(on_show, None, [studies, data], **QUIET)
    begin.click(
        on_begin,
        chosen,
        outputs,
        show_progress="hidden",
        concurrency_id=GENERATION,
        concurrency_limit=BATTLES_AT_ONCE,
        api_visibility="private",
    )
    arena.pause.click(on_pause, None, outputs, **QUIET).then(
        on_show, None, [studies, data], **QUIET
    )
