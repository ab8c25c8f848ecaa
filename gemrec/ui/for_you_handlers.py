"""What happens on the For you tab: parse, one call, render."""

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image as PILImage

from gemrec.errors import GemrecError, GenerationCancelledError, InputError
from gemrec.generation import snippet
from gemrec.recommend import Drawing, Wished, in_words
from gemrec.records import Recommendation, TasteSettings
from gemrec.services import MOST_MODELS
from gemrec.ui.context import Context, headers_of, session_of
from gemrec.ui.for_you_said import (
    ANY_LICENCE,
    Asked,
    read_action,
    read_limits,
    read_number,
)
from gemrec.ui.for_you_view import ForYouParts, Updates
from gemrec.ui.widgets import status, taste
from gemrec.ui.widgets.podium import Shown, podium, ranks
from gemrec.ui.widgets.ranking import images as image_list
from gemrec.ui.widgets.text import count

MODELS_SHOWN = 6
LOOKING = "All drawn. Looking at the pictures to put them in your order."
REFRESH_SECONDS = 0.25
"""Least time between two updates of the page while models draw."""


class ForYouHandlers:
    """The handlers of one app's For you tab; they keep no state of their own.

    Args:
        context: Services, identity, pictures.
        parts: The components to update.
    """

    def __init__(self, context: Context, parts: ForYouParts) -> None:
        self._context = context
        self._services = context.services
        self._parts = parts

    def on_ask(
        self,
        prompt: str,
        licence: str,
        seconds: float,
        vram_gb: float,
        unsafe: bool,
        request: gr.Request,
    ) -> Updates:
        """Rank models and images for the annotator and the prompt."""
        try:
            asked = Asked(prompt, read_limits(licence, seconds, vram_gb, unsafe))
            return {self._parts.said: "", **self._answer(asked, self._who(request))}
        except GemrecError as error:
            return self._parts.empty(status.problem(str(error)))

    def on_licences(self) -> Any:
        """The licences that the limit can ask for."""
        known = self._services.refresher.current().everybody.index
        licences = {m.licence for m in self._services.catalog.active() if m.id in known}
        return gr.update(choices=[ANY_LICENCE, *sorted(licences)])

    def on_open(
        self,
        prompt: str,
        arena_prompt: str,
        licence: str,
        seconds: float,
        vram_gb: float,
        unsafe: bool,
        request: gr.Request,
    ) -> Updates:
        """Greet the annotator; start from the Arena's prompt when there is none here."""
        text = prompt.strip() or arena_prompt.strip()
        annotator = self._context.identity.find(headers_of(request))
        greeting: Updates = {
            self._parts.name: "" if annotator is None else annotator.name,
            self._parts.votes: self._votes(request),
        }
        if not text:  # somebody may be typing already, so the box and the answer stay
            who = None if annotator is None else annotator.id
            settings = self._services.recommender.settings(who)
            return greeting | {self._parts.chips: self._chips(who, settings, ())}
        if not prompt.strip():
            greeting[self._parts.prompt] = text
        return greeting | self.on_ask(text, licence, seconds, vram_gb, unsafe, request)

    def on_rename(self, name: str, request: gr.Request) -> Updates:
        """Give the annotator another name and say so."""
        try:
            annotator = self._context.identity.rename(headers_of(request), name)
        except GemrecError as error:
            return {self._parts.votes: status.problem(str(error))}
        line = status.line(f"Saved. You are {annotator.name} now.")
        return {self._parts.name: annotator.name, self._parts.votes: line}

    def on_words(
        self,
        words: str,
        prompt: str,
        licence: str,
        seconds: float,
        vram_gb: float,
        unsafe: bool,
        request: gr.Request,
    ) -> Updates:
        """Take wishes in words in, and show what they change."""
        try:
            asked = Asked(prompt, read_limits(licence, seconds, vram_gb, unsafe))
            annotator = self._context.identity.annotator(headers_of(request)).id
            wished = self._services.recommender.wish(annotator, words)
        except GemrecError as error:
            return {self._parts.said: status.problem(str(error))}
        left = " ".join(wish.what for wish in wished.unknown)
        return {
            self._parts.said: self._about(wished),
            self._parts.words: left,
            **self._answer(asked, annotator),
        }

    def on_picture(
        self,
        picture: PILImage.Image | None,
        prompt: str,
        licence: str,
        seconds: float,
        vram_gb: float,
        unsafe: bool,
        request: gr.Request,
    ) -> Updates:
        """Wish for pictures like an example, and name the models that make such pictures."""
        if picture is None:
            return {self._parts.said: gr.skip()}
        try:
            asked = Asked(prompt, read_limits(licence, seconds, vram_gb, unsafe))
            annotator = self._context.identity.annotator(headers_of(request)).id
            found = self._services.recommender.wish_for_picture(annotator, picture)
        except GemrecError as error:
            return {self._parts.said: status.problem(str(error))}
        names = [self._context.model_name(model_id) for model_id, _ in found[:4]]
        said = (
            f"Pictures like yours come from {', '.join(names)}."
            if names
            else "No model here has drawn anything yet, so nothing can be compared with it."
        )
        return {
            self._parts.said: status.line(said, extra="Your picture itself is not kept."),
            **self._answer(asked, annotator),
        }

    def on_change(
        self,
        action: str,
        prompt: str,
        licence: str,
        seconds: float,
        vram_gb: float,
        unsafe: bool,
        request: gr.Request,
    ) -> Updates:
        """Remove a wish, set an axis, take the last change back, or start over."""
        try:
            asked = Asked(prompt, read_limits(licence, seconds, vram_gb, unsafe))
            annotator = self._context.identity.annotator(headers_of(request)).id
            self._change(annotator, action)
        except GemrecError as error:
            return {self._parts.said: status.problem(str(error))}
        return {self._parts.said: "", **self._answer(asked, annotator)}

    def on_draw(
        self,
        prompt: str,
        licence: str,
        seconds: float,
        vram_gb: float,
        unsafe: bool,
        request: gr.Request,
    ) -> Iterator[Updates]:
        """Let the models that are worth it draw the prompt; show every picture as it comes."""
        flag = self._context.cancellations.begin(session_of(request))
        try:
            asked = Asked(prompt, read_limits(licence, seconds, vram_gb, unsafe))
            annotator = self._who(request)
            steps = self._services.draw(annotator, prompt, asked.filters, flag.is_set)
            yield self._parts.drawing(True)
            yield from self._while_drawing(steps, asked, annotator)
        except GenerationCancelledError:
            line = status.line("Stopped.", extra="The pictures that were ready stay.")
            yield {**self._parts.drawing(False), self._parts.progress: line}
        except GemrecError as error:
            yield {
                **self._parts.drawing(False),
                self._parts.progress: status.problem(str(error)),
            }
        finally:
            flag.set()

    def on_stop(self, request: gr.Request) -> None:
        """Stop the page's drawing; the handler that shows it says when it has stopped."""
        self._context.cancellations.stop(session_of(request))

    def _while_drawing(
        self, steps: Iterator[Drawing], asked: Asked, annotator: str | None
    ) -> Iterator[Updates]:
        shown_at = -REFRESH_SECONDS
        for step in steps:
            if step.complete:
                failed = " ".join(step.failures)
                looking = "" if step.done else status.line(LOOKING)
                yield {
                    **self._parts.drawing(False),
                    self._parts.progress: status.problem(failed) if failed else looking,
                    **self._answer(asked, annotator),
                }
            elif step.news or time.monotonic() - shown_at >= REFRESH_SECONDS:
                shown_at = time.monotonic()
                shown = status.progress(step.fraction, step.message)
                updates: Updates = {self._parts.progress: shown}
                if step.news:
                    updates |= self._answer(asked, annotator, look_ahead=False)
                yield updates

    def _answer(self, asked: Asked, annotator: str | None, look_ahead: bool = True) -> Updates:
        """The whole answer; while models draw, only what their pictures change."""
        settings = self._services.recommender.settings(annotator)
        if not asked.prompt.strip():
            return {
                self._parts.chips: self._chips(annotator, settings, ()),
                self._parts.side: self._side(annotator, None),
                **self._parts.empty(),
            }
        answer = self._services.recommend(
            annotator,
            asked.prompt,
            MODELS_SHOWN,
            filters=asked.filters,
            look_ahead=look_ahead,
        )
        pictures = image_list(answer, self._context.model_name, self._context.image_url)
        models = podium(answer, self._shown(answer, asked, settings), self._context.image_url)
        updates: Updates = {self._parts.podium: models, self._parts.images: pictures}
        if not look_ahead:
            return updates
        return updates | {
            self._parts.chips: self._chips(annotator, settings, answer.unheard),
            self._parts.side: self._side(annotator, answer),
            self._parts.draw_row: gr.update(visible=bool(answer.models)),
            # Visible again: this answer may be the one that ends a drawing.
            self._parts.draw: gr.update(value=self._offer(answer), visible=True),
        }

    def _shown(self, answer: Recommendation, asked: Asked, settings: TasteSettings) -> Any:
        """What to say of each model besides the recommendation, as a function of its id."""
        before: dict[str, int] = {}
        if not settings.is_plain:
            plain = self._services.recommend(
                answer.annotator_id,
                asked.prompt,
                MOST_MODELS,
                filters=asked.filters,
                look_ahead=False,
                settings=TasteSettings(),
            )
            before = ranks(plain.models)
        now = ranks(answer.models)
        catalog = self._services.catalog.models

        def shown(model_id: str) -> Shown:
            model = catalog.get(model_id)
            if model is None:
                return Shown(None)
            base = catalog.get(model.source.base) if model.source.base else None
            moved = (
                before[model_id] - now[model_id] if model_id in before and model_id in now else 0
            )
            return Shown(model, snippet(model, base, asked.prompt.strip()), moved)

        return shown

    def _offer(self, answer: Recommendation) -> str:
        names = [self._context.model_name(model_id) for model_id in answer.worth_running]
        return f"Draw it with {count(len(names), 'model')}" if names else "Draw it"

    def _chips(
        self, annotator: str | None, settings: TasteSettings, unheard: tuple[str, ...]
    ) -> str:
        can_undo = self._services.recommender.can_undo(annotator)
        return taste.chips(settings, unheard, can_undo)

    def _side(self, annotator: str | None, answer: Recommendation | None) -> str:
        recommender = self._services.recommender
        votes = 0 if answer is None else answer.knowledge.votes
        line = "" if answer is None else taste.known(answer.knowledge, answer.votes_to_go)
        points = taste.taste_map(recommender.map_of(annotator), self._context.model_name)
        return line + points + taste.profile(recommender.profile(annotator), votes)

    def _about(self, wished: Wished) -> str:
        added = ", ".join(in_words(wish) for wish in wished.added)
        unknown = ", ".join(f"“{wish.what}”" for wish in wished.unknown)
        if not unknown:
            return status.line(f"Steering by: {added}.", extra="Arrows show what moved.")
        about = f"The encoder here does not know {unknown}; try words of style or colour."
        return status.problem(f"{f'Steering by: {added}. ' if added else ''}{about}")

    def _change(self, annotator: str, action: str) -> None:
        recommender = self._services.recommender
        said = read_action(action)
        match said.get("do"):
            case "drop":
                recommender.drop_wish(annotator, str(said.get("key", "")))
            case "strength":
                recommender.set_strength(
                    annotator, str(said.get("axis", "")), read_number(said.get("strength"))
                )
            case "undo":
                recommender.undo(annotator)
            case "reset":
                recommender.reset(annotator)
            case other:
                raise InputError(f"change: got {other!r}; allowed: drop, strength, undo, reset")

    def _who(self, request: gr.Request) -> str | None:
        annotator = self._context.identity.find(headers_of(request))
        return None if annotator is None else annotator.id

    def _votes(self, request: gr.Request) -> str:
        annotator = self._context.identity.find(headers_of(request))
        votes = 0 if annotator is None else self._services.store.votes.count(annotator.id)
        if not votes:
            return '<p class="g-soft">No votes yet: this is everybody’s order until you vote.</p>'  # noqa: RUF001
        return f'<p class="g-soft">{count(votes, "vote")} of yours so far</p>'
