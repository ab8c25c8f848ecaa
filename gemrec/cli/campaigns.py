"""``campaign`` and ``forget``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gemrec.campaigns import (
    campaign_document,
    quality_document,
    quality_of,
    read_spec,
    status_document,
)
from gemrec.cli.opening import open_services
from gemrec.cli.options import AsJson, Db
from gemrec.cli.output import answer
from gemrec.documents import Document
from gemrec.errors import InputError
from gemrec.records import CampaignState

campaign_app = typer.Typer(name="campaign", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="The study's id.")]


@campaign_app.callback()
def _group() -> None:
    """Run studies: create, list, status, quality, pause, resume, close."""


@campaign_app.command()
def create(
    spec: Annotated[Path, typer.Argument(metavar="FILE", help="The specification, YAML.")],
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Make a study from its specification; it gives work out at once."""
    with open_services(db) as services:
        made = services.studies.create(read_spec(spec, services.catalog.models))
        answer(campaign_document(made), as_json, _campaign)


@campaign_app.command("list")
def list_all(db: Db = None, as_json: AsJson = False) -> None:
    """List all studies, the newest first."""
    with open_services(db) as services:
        document = {"campaigns": [campaign_document(c) for c in services.studies.all()]}
        answer(document, as_json, _campaigns)


@campaign_app.command()
def status(campaign: Id, db: Db = None, as_json: AsJson = False) -> None:
    """Say how far a study is, who works on it, and who got gold items wrong."""
    with open_services(db) as services:
        answer(status_document(services.studies.status(campaign)), as_json, status_table)


@campaign_app.command()
def quality(
    campaign: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="The study's id; without it, all blind votes."),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Say how far people agree, with themselves too, and how reliable each of them is."""
    with open_services(db) as services:
        if campaign is not None:
            services.studies.get(campaign)
        rng = services.rng_factory()
        snapshot = services.refresher.current()
        found = quality_of(services.store, snapshot, campaign, rng, services.clock)
        answer(quality_document(found), as_json, _quality)


@campaign_app.command()
def pause(campaign: Id, db: Db = None, as_json: AsJson = False) -> None:
    """Give nothing out for a while; what people hold they may still answer."""
    _set(campaign, CampaignState.PAUSED, db, as_json)


@campaign_app.command()
def resume(campaign: Id, db: Db = None, as_json: AsJson = False) -> None:
    """Go on after a pause."""
    _set(campaign, CampaignState.OPEN, db, as_json)


@campaign_app.command()
def close(campaign: Id, db: Db = None, as_json: AsJson = False) -> None:
    """End a study for good; what people hold is taken back."""
    _set(campaign, CampaignState.CLOSED, db, as_json)


def forget(
    annotator: Annotated[str, typer.Option(metavar="NAME|ID", help="Whose data to remove.")] = "",
    inactive_days: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="Everybody who has not voted for so many days."),
    ] = 0,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Remove people: tables, images and exports; their votes become anonymous or vanish (GEMREC_ON_LEAVING)."""
    if bool(annotator) == bool(inactive_days):
        raise InputError("forget: allowed: either --annotator NAME|ID or --inactive-days N")
    with open_services(db) as services:
        if inactive_days:
            people = services.rights.forget_inactive(inactive_days)
            answer(
                {"people": people}, as_json, lambda d: Text(f"{d['people']:,} people forgotten.")
            )
            return
        found = services.store.annotators.get(annotator) or services.store.annotators.named(
            annotator
        )
        if found is None:
            raise InputError(f"annotator: got {annotator!r}; allowed: a name or id that exists")
        left = asdict(services.rights.forget(found.id))
        left["changed_exports"] = list(left["changed_exports"])
        answer(left, as_json, _left)


def _set(campaign: str, state: CampaignState, db: Path | None, as_json: bool) -> None:
    with open_services(db) as services:
        changed = services.studies.set_state(campaign, state)
        answer(campaign_document(changed), as_json, _campaign)


def _left(document: Document) -> RenderableType:
    text = Text(
        f"Gone: {document['votes']:,} vote events, {document['prompts']:,} prompts, "
        f"{document['images']:,} images, {document['exports']:,} exported files."
    )
    for path in document["changed_exports"]:
        text.append(f"\nChanged since it was written, look at it yourself: {path}")
    return text


def _campaign(document: Document) -> RenderableType:
    return _campaigns({"campaigns": [document]})


def _campaigns(document: Document) -> RenderableType:
    if not document["campaigns"]:
        return Text("No studies yet: python -m gemrec campaign create FILE")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in ("id", "title", "state"):
        table.add_column(name, overflow="fold")
    for name in ("items", "gold", "overlap"):
        table.add_column(name, justify="right")
    for one in document["campaigns"]:
        words = (Text(one["id"]), Text(one["title"]), one["state"])
        table.add_row(*words, *(str(one[k]) for k in ("items", "gold", "overlap")))
    return table


def _quality(document: Document) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, justify in (
        ("measure", "left"),
        ("value", "right"),
        ("95%", "right"),
        ("n", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("what it says")
    for one in document["measures"]:
        value = "" if one["value"] is None else f"{one['value']:.3f}"
        span = "" if one["low"] is None else f"{one['low']:.3f} … {one['high']:.3f}"
        table.add_row(one["name"], value, span, f"{one['n']:,} {one['of']}", one["meaning"])
    least = document["annotators"][:10]
    people = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    people.add_column("least reliable", overflow="fold")
    for name in ("skill", "95%", "items"):
        people.add_column(name, justify="right")
    for one in least:
        span = f"{one['low']:.2f} … {one['high']:.2f}"
        people.add_row(Text(one["annotator"]), f"{one['skill']:.2f}", span, str(one["n"]))
    model = Text(
        f"Reliability: {document['reliability_model']}; shown, never applied.", style="dim"
    )
    return Group(table, people, model) if least else table


def status_table(document: Document) -> RenderableType:
    """How far a study is, and its people."""
    head = Text(f"{document['title']} ({document['state']})", style="bold")
    lines = Text(
        f"{document['complete']:,} of {document['items']:,} items complete; "
        f"{document['answered']:,} of {document['wanted']:,} judgements; "
        f"{document['held']:,} being judged; {document['left_without_a_vote']:,} times somebody left."
    )
    if document["set_aside"]:
        lines.append(f"\n{document['set_aside']:,} items set aside: their images cannot be made.")
    if document["work_left_seconds"]:
        lines.append(f"\nAbout {document['work_left_seconds'] / 60:,.0f} minutes of work left.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("annotator", overflow="fold")
    for name in ("answered", "skipped", "holding", "gold", "wrong"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in document["annotators"]:
        table.add_row(
            Text(one["annotator"]),
            *(str(one[k]) for k in ("answered", "skipped", "holding", "gold", "gold_wrong")),
            "flagged: gold" if one["flagged"] else "",
            style="yellow" if one["flagged"] else "",
        )
    return Group(head, lines, table if document["annotators"] else "Nobody has taken part yet.")
