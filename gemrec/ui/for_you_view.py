"""The For you tab as it looks at one moment, and the components that show it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from gemrec.ui.widgets.empty import empty

Updates = dict[Any, Any]

START = empty(
    "Which model should draw it for you?",
    "Type a prompt and see the models in the order that suits you, each with its reason.",
    "The more you vote in the Arena, the more this order is yours.",
)


@dataclass(frozen=True)
class ForYouParts:
    """The components that change.

    Attributes:
        name: The person's name.
        votes: A line beside it.
        prompt: What they want to see.
        chips: Their wishes.
        said: What became of the last wish or change.
        podium: The models.
        images: The pictures.
        side: Knowledge, map and profile.
        draw_row: The buttons below the podium.
        draw: Starts drawing.
        stop: Stops it.
        progress: How far it is.
        words: Where wishes are typed.
    """

    name: gr.Textbox
    votes: gr.HTML
    prompt: gr.Textbox
    chips: gr.HTML
    said: gr.HTML
    podium: gr.HTML
    images: gr.HTML
    side: gr.HTML
    draw_row: gr.Row
    draw: gr.Button
    stop: gr.Button
    progress: gr.HTML
    words: gr.Textbox

    def all(self) -> list[Component | gr.Row]:
        """Every component that an update may name."""
        return [
            self.name,
            self.votes,
            self.prompt,
            self.chips,
            self.said,
            self.podium,
            self.images,
            self.side,
            self.draw_row,
            self.draw,
            self.stop,
            self.progress,
            self.words,
        ]

    def drawing(self, busy: bool) -> Updates:
        """Show Stop while models draw, Draw it otherwise."""
        return {self.draw: gr.update(visible=not busy), self.stop: gr.update(visible=busy)}

    def empty(self, message: str = START) -> Updates:
        """Before there is anything to show."""
        return {
            self.podium: message,
            self.images: "",
            self.progress: "",
            self.draw_row: gr.update(visible=False),
        }
