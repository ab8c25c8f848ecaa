"""The For you tab: a prompt in, ranked models and images out, each with its reason."""

from typing import Any

import gradio as gr

from gemrec.errors import GemrecError
from gemrec.ui.context import Context, headers_of
from gemrec.ui.identity import NAME_LENGTH
from gemrec.ui.widgets import status
from gemrec.ui.widgets.empty import empty
from gemrec.ui.widgets.ranking import ranking
from gemrec.ui.widgets.text import count

MODELS_SHOWN = 6
_START = empty(
    "Which model should draw it for you?",
    "Type a prompt and see the models in the order that suits you, each with its reason.",
    "The more you vote in the Arena, the more this order is yours.",
)


class ForYouHandlers:
    """The handlers of one app's For you tab.

    Args:
        context: Services, identity, pictures.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._services = context.services

    def on_ask(self, prompt: str, request: gr.Request) -> str:
        """Rank models and images for the annotator and the prompt."""
        if not prompt.strip():
            return _START
        try:
            annotator = self._context.identity.find(headers_of(request))
            answer = self._services.recommend(
                None if annotator is None else annotator.id, prompt, MODELS_SHOWN
            )
        except GemrecError as error:
            return status.problem(str(error))
        return ranking(answer, self._context.model_name, self._context.image_url)

    def on_open(
        self, prompt: str, arena_prompt: str, request: gr.Request
    ) -> tuple[str, str, str, str]:
        """Greet the annotator; start from the Arena's prompt when there is none here."""
        asked = prompt.strip() or arena_prompt.strip()
        annotator = self._context.identity.find(headers_of(request))
        name = "" if annotator is None else annotator.name
        return name, self._votes(request), asked, self.on_ask(asked, request)

    def on_rename(self, name: str, request: gr.Request) -> tuple[Any, str]:
        """Give the annotator another name and say so."""
        try:
            annotator = self._context.identity.rename(headers_of(request), name)
        except GemrecError as error:
            return gr.skip(), status.problem(str(error))
        return annotator.name, status.line(f"Saved. You are {annotator.name} now.")

    def _votes(self, request: gr.Request) -> str:
        annotator = self._context.identity.find(headers_of(request))
        votes = 0 if annotator is None else self._services.store.votes.count(annotator.id)
        if not votes:
            return '<p class="g-soft">No votes yet: this is everybody’s order until you vote.</p>'  # noqa: RUF001
        return f'<p class="g-soft">{count(votes, "vote")} of yours so far</p>'


def build_for_you_tab(context: Context, tab: gr.Tab, arena_prompt: gr.Textbox) -> None:
    """Lay out the tab and wire it."""
    handlers = ForYouHandlers(context)
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
    answer = gr.HTML(_START, elem_id="answer", apply_default_css=False)
    quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    gr.on([ask.click, prompt.submit], handlers.on_ask, prompt, answer, **quiet)
    gr.on([save.click, name.submit], handlers.on_rename, name, [name, votes], **quiet)
    tab.select(handlers.on_open, [prompt, arena_prompt], [name, votes, prompt, answer], **quiet)
