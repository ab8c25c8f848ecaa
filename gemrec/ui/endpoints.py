"""The named API: five endpoints for scripts, by position or by name."""

from collections import deque
from typing import Any, TypeVar, cast

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api
from gradio.events import api
from gradio.route_utils import get_root_url

from gemrec.arena import BattleFailed, BattleReady
from gemrec.documents import (
    battle_document,
    board_document,
    recommendation_document,
)
from gemrec.errors import GemrecError, GenerationError, InputError
from gemrec.records import BattleForm, BattleMode, Image
from gemrec.ui.arena_tab import BATTLES_AT_ONCE, GENERATION
from gemrec.ui.ballots import cast_vote
from gemrec.ui.context import Context, address_of, headers_of, shown_url
from gemrec.ui.identity import NAME_LENGTH

ANONYMOUS = "anonymous"
"""Who opens a battle when the open API is called without a name."""

FORMS = (BattleForm.PAIR, BattleForm.RANKING)
"""Forms of battles for scripts; a king's run is for people, who end it on the page."""

Document = dict[str, Any]
Word = TypeVar("Word", BattleForm, BattleMode)


class Endpoints:
    """The functions behind the API; their signatures are its documentation.

    Args:
        context: Services, identity, pictures.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._services = context.services

    def open_battle(
        self,
        prompt: str,
        request: gr.Request,
        models: list[str] | None = None,
        images: int = 4,
        annotator: str | None = None,
        form: str = "pair",
        sides: int = 2,
        mode: str = "blind",
    ) -> Document:
        """Open a battle, wait for its images, and return its ticket and image addresses.

        Args:
            prompt: What all models are asked for.
            request: Sent along by Gradio.
            models: Model ids to choose from; null means all.
            images: Images per side.
            annotator: A plain name; believed only when the server's API is open.
            form: pair or ranking.
            sides: How many models: 2 for a pair, 3 to 8 for a ranking.
            mode: blind, or named to know what is compared.
        """
        try:
            who = self._annotator(request, annotator)
            events = self._services.arena.open_battle(
                who or self._named(ANONYMOUS),
                self._services.prompt(prompt),
                models=_model_ids(models),
                images=images,
                mode=_word("mode", mode, tuple(BattleMode)),
                form=_word("form", form, FORMS),
                sides=sides,
                address=address_of(request),
            )
            last = next(iter(deque(events, maxlen=1)), None)
            if isinstance(last, BattleReady):
                root = _root(request)
                return battle_document(last, lambda name: f"{root}/{shown_url(name)}")
            reason = last.reason if isinstance(last, BattleFailed) else "The battle was stopped."
            raise GenerationError(reason)
        except GemrecError as error:
            raise _api_error(error) from error

    def vote(
        self,
        ticket: str,
        outcome: str,
        request: gr.Request,
        ranking: list[list[str]] | None = None,
        reasons: list[str] | None = None,
        best: list[str | int] | None = None,
        skip_reason: str = "",
        dwell_ms: int | None = None,
        zooms: int | None = None,
    ) -> Document:
        """Vote on an open battle and learn the models behind it.

        Args:
            ticket: As the battle gave it; good for one vote. The same vote sent again gets the same
                answer.
            outcome: left, right, tie, both_good, both_bad or skip; ranking for a ranking.
            request: Sent along by Gradio.
            ranking: Labels in tiers, best first: [["B"], ["A", "C"]].
            reasons: Any of prompt_match, looks, artefacts, style.
            best: The best single image, as label and place: ["B", 3].
            skip_reason: Why a battle is skipped, in words.
            dwell_ms: Milliseconds between seeing the images and voting.
            zooms: How often images were enlarged.
        """
        try:
            return cast_vote(
                self._services,
                address_of(request),
                {
                    "ticket": ticket,
                    "outcome": outcome,
                    "ranking": ranking,
                    "reasons": reasons,
                    "best": best,
                    "skip_reason": skip_reason,
                    "dwell_ms": dwell_ms,
                    "zooms": zooms,
                },
            )
        except GemrecError as error:
            raise _api_error(error) from error

    def recommend(
        self, prompt: str, request: gr.Request, annotator: str | None = None, k: int = 5
    ) -> Document:
        """Rank models and images for a prompt and an annotator, or for everybody.

        Args:
            prompt: What somebody wants to see.
            request: Sent along by Gradio.
            annotator: A plain name; believed only when the server's API is open.
            k: Most models to return.
        """
        root = _root(request)

        def url_for(image: Image) -> str:
            return f"{root}/{self._context.image_url(image)}"

        try:
            answer = self._services.recommend(self._annotator(request, annotator), prompt, k)
            return recommendation_document(answer, url_for)
        except GemrecError as error:
            raise _api_error(error) from error

    def leaderboard(self, category: str | None = None) -> Document:
        """Ratings with intervals.

        Args:
            category: One topic; null means all.
        """
        try:
            return board_document(self._services.leaderboard(category or None))
        except GemrecError as error:
            raise _api_error(error) from error

    def consent(
        self, request: gr.Request, annotator: str | None = None, agree: bool = False
    ) -> Document:
        """What people must agree to before their first vote, and whether somebody has.

        Args:
            request: Sent along by Gradio.
            annotator: A plain name; believed only when the server's API is open.
            agree: Agree to the text, which the person has read.
        """
        rights = self._services.rights
        try:
            who = self._annotator(request, annotator)
            if agree is True and rights.consent:
                who = who or self._named(annotator)
                rights.agree(who)
            return {"text": rights.consent, "agreed": not rights.needs_consent(who)}
        except GemrecError as error:
            raise _api_error(error) from error

    def _annotator(self, request: gr.Request, name: str | None) -> str | None:
        """Whose call it is: the cookie's annotator, or the given name if names are believed."""
        if self._context.identity.annotator_id(headers_of(request)) is not None:
            return self._context.identity.annotator(headers_of(request)).id
        if not name and self._services.settings.believes_names:
            return None
        return self._named(name)

    def _named(self, name: str | None) -> str:
        if not self._services.settings.believes_names:
            raise InputError(
                "This server does not believe plain names (GEMREC_OPEN_API is off): "
                "open its page in a browser, which gives you an identity of your own."
            )
        if not isinstance(name, str) or not 1 <= len(name.strip()) <= NAME_LENGTH:
            raise InputError(f"annotator: got {name!r}; allowed: 1 to {NAME_LENGTH} characters")
        annotators = self._services.store.annotators
        return annotators.by_name(name.strip(), self._services.clock()).id


class Page(gr.Blocks):
    """Blocks whose endpoints may be called over plain HTTP without their last, optional arguments."""

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """Fill in the defaults of an endpoint's missing arguments, then check as usual."""
        missing = block_fn.inputs[len(inputs) :]
        if all(isinstance(component, Api) for component in missing):
            inputs.extend(cast("Api", component).value for component in missing)
        super().validate_inputs(block_fn, inputs)


def add_endpoints(context: Context) -> None:
    """Add the endpoints to the Blocks that are being built."""
    endpoints = Endpoints(context)
    api(
        endpoints.open_battle,
        api_name="open_battle",
        concurrency_id=GENERATION,
        concurrency_limit=BATTLES_AT_ONCE,
    )
    api(endpoints.vote, api_name="vote", queue=False)
    api(endpoints.recommend, api_name="recommend", queue=False)
    api(endpoints.leaderboard, api_name="leaderboard", queue=False)
    api(endpoints.consent, api_name="consent", queue=False)


def _word(name: str, said: object, allowed: tuple[Word, ...]) -> Word:
    """One of the allowed words."""
    for word in allowed:
        if word == said:
            return word
    raise InputError(f"{name}: got {said!r}; allowed: {', '.join(allowed)}")


def _model_ids(models: object) -> list[str] | None:
    """The wanted ids; a text with commas counts as a list of them."""
    if models is None:
        return None
    ids = models.split(",") if isinstance(models, str) else models
    if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
        raise InputError(f"models: got {models!r}; allowed: null or a list of model ids")
    return [i.strip() for i in ids if i.strip()] or None


def _root(request: gr.Request) -> str:
    """The address of the page as the caller sees it."""
    raw = request.request
    if raw is None:
        return ""
    return get_root_url(raw, route_path=raw.url.path, root_path=raw.scope.get("root_path") or None)


def _api_error(error: Exception) -> gr.Error:
    return gr.Error(str(error), print_exception=False)
