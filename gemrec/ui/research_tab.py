"""The Research tab: how good the judgements are, exports in one click, and studies for their owner."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import yaml

from gemrec.campaigns import parse_spec, quality_of
from gemrec.errors import GemrecError, InputError
from gemrec.records import CampaignState
from gemrec.ui.arena_tab import QUIET
from gemrec.ui.context import Context
from gemrec.ui.exports import FORMS, make_archive
from gemrec.ui.owners import check_owner, is_owner
from gemrec.ui.widgets import status
from gemrec.ui.widgets.studies import quality_table, status_cards
from gemrec.ui.widgets.text import plain

EVERYTHING = "All blind votes"
EXAMPLE = """id: my-study
title: Which grid fits the prompt better?
instructions: |
  Look at **all** images of both sides, then choose.
prompts: [a cat face on a blue background, a pizza]
models: [MODELS]
overlap: 3
per_annotator: 40
"""
_SLOW: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass(frozen=True)
class _Parts:
    about: gr.Dropdown
    quality: gr.HTML
    form: gr.Dropdown
    said: gr.HTML
    studies: gr.HTML
    which: gr.Dropdown


def build_research_tab(context: Context, tab: gr.Tab) -> None:
    """Lay out the tab and wire it; it is read anew whenever it is opened."""
    gr.HTML('<h1 class="g-title">Research</h1>', apply_default_css=False, elem_id="research-title")
    gr.HTML('<h2 class="g-part">How far people agree</h2>', apply_default_css=False)
    with gr.Row(elem_id="research-quality", elem_classes="g-head"):
        about = _choice("Judgements of", [EVERYTHING], "quality-about")
        work = gr.Button("Work out the quality", elem_id="quality-run", scale=0, min_width=180)
    quality = gr.HTML(elem_id="quality", apply_default_css=False)
    gr.HTML('<h2 class="g-part">Data out</h2>', apply_default_css=False)
    with gr.Row(elem_id="research-export", elem_classes="g-head"):
        form = _choice("Export as", list(FORMS), "export-form")
        export = gr.Button("Export", elem_id="export-run", scale=0, min_width=120)
    said = gr.HTML(elem_id="export-said", apply_default_css=False)
    gr.HTML('<h2 class="g-part">Studies</h2>', apply_default_css=False)
    studies = gr.HTML(elem_id="owner-studies", apply_default_css=False)
    with gr.Row(elem_id="research-studies", elem_classes="g-head"):
        which = _choice("Study", [], "study-which")
        buttons = {
            state: gr.Button(word, scale=0, min_width=90, elem_id=f"study-{state}")
            for state, word in (
                (CampaignState.OPEN, "Resume"),
                (CampaignState.PAUSED, "Pause"),
                (CampaignState.CLOSED, "Close"),
            )
        }
    with gr.Accordion("New study", open=False, elem_id="new-study") as new_study:
        # Filled when it is opened: a page that shows a blind battle names no model before the vote.
        spec = gr.Code(language="yaml", label="Specification", lines=10)
        create = gr.Button("Create", elem_id="study-create", variant="primary", scale=0)
    desk = ResearchDesk(context, _Parts(about, quality, form, said, studies, which))
    shown = [about, studies, which]
    tab.select(desk.on_show, None, shown, **QUIET)
    work.click(desk.on_quality, about, quality, **_SLOW)
    export.click(desk.on_export, [form, about], said, **_SLOW)
    for state, button in buttons.items():
        button.click(desk.state_handler(state), which, [*shown, said], **QUIET)
    new_study.expand(desk.on_new, spec, spec, **QUIET)
    create.click(desk.on_create, spec, [*shown, said], **QUIET)


class ResearchDesk:
    """The handlers of the tab.

    Args:
        context: Services and identity.
        parts: The components to update.
    """

    def __init__(self, context: Context, parts: _Parts) -> None:
        self._context = context
        self._services = context.services
        self._parts = parts

    def on_show(self, request: gr.Request) -> dict[Any, Any]:
        """The studies as they stand."""
        studies = self._services.studies
        ids = [campaign.id for campaign in studies.all()]
        updates: dict[Any, Any] = {
            self._parts.about: gr.Dropdown(choices=[EVERYTHING, *ids]),
            self._parts.which: gr.Dropdown(choices=ids, value=ids[0] if ids else None),
        }
        names = self._names(request)
        cards = status_cards([studies.status(campaign_id) for campaign_id in ids], names)
        return updates | {self._parts.studies: cards}

    def on_quality(self, about: str, request: gr.Request) -> Iterator[str]:
        """All measures of the chosen judgements."""
        yield status.waiting("Comparing what people said")
        campaign = None if about == EVERYTHING else about
        try:
            if campaign is not None:
                self._services.studies.get(campaign)
            rng = self._services.rng_factory()
            snapshot = self._services.refresher.current()
            store, clock = self._services.store, self._services.clock
            found = quality_of(store, snapshot, campaign, rng, clock)
        except GemrecError as error:
            yield status.problem(str(error))
            return
        titles = {model.id: model.name for model in self._services.catalog.models.values()}
        yield quality_table(found, self._names(request), titles)

    def on_export(self, form: str, about: str, request: gr.Request) -> Iterator[str]:
        """Make an archive and say where it is."""
        yield status.waiting("Writing the files")
        try:
            check_owner(self._context, request)
            archive = make_archive(self._services, form, None if about == EVERYTHING else about)
        except GemrecError as error:
            yield status.problem(str(error))
            return
        size = archive.stat().st_size / 2**20
        yield (
            '<p class="g-line" role="status">Exported: '
            f'<a class="g-quiet-button" href="exports/{plain(archive.name)}" download>'
            f"Download {plain(archive.name)} ({size:.1f} MiB)</a></p>"
        )

    def state_handler(
        self, state: CampaignState
    ) -> Callable[[str | None, gr.Request], dict[Any, Any]]:
        """The handler of Resume, Pause or Close."""

        def on_state(campaign_id: str | None, request: gr.Request) -> dict[Any, Any]:
            """Open, pause or close the chosen study."""
            try:
                check_owner(self._context, request)
                changed = self._services.studies.set_state(campaign_id or "", state)
            except GemrecError as error:
                return {self._parts.said: status.problem(str(error))}
            line = status.line(f"{changed.id} is {changed.state} now.")
            return self.on_show(request) | {self._parts.said: line}

        return on_state

    def on_new(self, text: str | None) -> str:
        """An example to start from, unless something is written already."""
        models = ", ".join(model.id for model in self._services.arena.usable_models()[:3])
        return text or EXAMPLE.replace("MODELS", models)

    def on_create(self, text: str, request: gr.Request) -> dict[Any, Any]:
        """Make a study from the specification in the box."""
        try:
            check_owner(self._context, request)
            try:
                held = yaml.safe_load(text)
            except yaml.YAMLError as error:
                raise InputError(f"spec: no YAML: {' '.join(str(error).split())}") from error
            made = self._services.studies.create(parse_spec(held, self._services.catalog.models))
        except GemrecError as error:
            return {self._parts.said: status.problem(str(error))}
        line = status.line(f"{made.id} is open: its items wait in Annotate.")
        return self.on_show(request) | {self._parts.said: line}

    def _names(self, request: gr.Request) -> dict[str, str]:
        """People's names for owners; others see none."""
        owner = is_owner(self._context, request)
        return self._services.store.annotators.names() if owner else {}


def _choice(label: str, choices: list[str], elem_id: str) -> gr.Dropdown:
    return gr.Dropdown(
        choices,
        value=choices[0] if choices else None,
        label=label,
        show_label=False,
        container=False,
        filterable=False,
        elem_id=elem_id,
        elem_classes="g-choice",
        scale=0,
        min_width=300,
    )
