"""``leaderboard`` and ``rebuild``."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gemrec.cli import board_tables
from gemrec.cli.opening import open_services, settings_for
from gemrec.cli.options import AsJson, Db
from gemrec.cli.output import answer, tell
from gemrec.documents import Document, board_document, rebuilt_document, voters_document
from gemrec.errors import InputError
from gemrec.leaderboard import DRAWS, BoardMethod, BoardQuery, Cluster, fit_board, screen_voters
from gemrec.leaderboard.votes_file import read_votes_file, some
from gemrec.recommend import rebuild as rebuild_from_events
from gemrec.services import Services


class MethodWord(StrEnum):
    """How to rate."""

    DAVIDSON = "davidson"
    BT = "bt"
    ELO = "elo"


class ClusterWord(StrEnum):
    """What to take for independent."""

    ANNOTATOR = "annotator"
    PROMPT = "prompt"
    NONE = "none"


_METHODS: dict[MethodWord, BoardMethod] = {
    MethodWord.DAVIDSON: "davidson",
    MethodWord.BT: "half_win",
    MethodWord.ELO: "elo",
}
_CLUSTERS: dict[ClusterWord, Cluster] = {
    ClusterWord.ANNOTATOR: "annotator",
    ClusterWord.PROMPT: "prompt",
    ClusterWord.NONE: "none",
}
_MOMENT = "a date such as 2026-03-01, or 2026-03-01T12:00"


def leaderboard(
    votes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A CSV file of votes instead of the database: model_a, model_b, outcome (or "
            "winner) and, where known, annotator, prompt, category, created_at.",
        ),
    ] = None,
    method: Annotated[
        MethodWord,
        typer.Option(
            help="davidson models ties, bt counts each as half a win, elo follows the order of votes."
        ),
    ] = MethodWord.DAVIDSON,
    cluster: Annotated[
        ClusterWord, typer.Option(help="Which votes depend on each other, for the intervals.")
    ] = ClusterWord.ANNOTATOR,
    category: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only votes on prompts of this category.")
    ] = None,
    annotator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this annotator's votes.")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="ID", help="Only votes of this study.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only votes cast on this day (UTC) or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only votes cast up to this day (UTC).")
    ] = None,
    voters: Annotated[
        bool,
        typer.Option("--voters", help="Also show who voted and how much each of them decides."),
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Rank the models by blind votes, with intervals, from the database or a file of votes."""
    query = BoardQuery(
        category=category,
        campaign=campaign,
        annotator_id=annotator,
        since=read_moment("since", since),
        until=read_moment("until", until, end=True),
        method=_METHODS[method],
        cluster=_CLUSTERS[cluster],
        draws=0 if method is MethodWord.ELO else DRAWS,
    )
    if votes is None:
        with open_services(db) as services:
            document = _from_database(services, query, voters)
    else:
        document = _from_file(votes, query, voters, settings_for(db).board_minimum_votes)
    answer(document, as_json, board_tables.board)


def _from_database(services: Services, query: BoardQuery, with_voters: bool) -> Document:
    name = query.annotator_id
    if name is not None:
        found = services.annotator_id(name)
        if found is None:
            raise InputError(f"annotator: got {name!r}; allowed: {_voters_of(services)}")
        query = replace(query, annotator_id=found)
    services.refresher.refresh()
    studies = services.refresher.current().desk.campaigns
    if query.campaign is not None and query.campaign not in ("", *studies):
        raise InputError(
            f"campaign: got {query.campaign!r}; allowed: "
            f"{some(studies) or 'none, no study has votes yet'}"
        )
    document = board_document(services.fit_board(query).board) | {"annotator": name}
    if with_voters:
        snapshot = services.refresher.current()
        names = services.store.annotators.names()
        document |= voters_document(snapshot.voters(query), snapshot.fit(query).ratings, names)
    return document


def _from_file(path: Path, query: BoardQuery, with_voters: bool, minimum: int) -> Document:
    for word, value in (
        ("campaign", query.campaign),
        ("since", query.since),
        ("until", query.until),
    ):
        if value is not None:
            raise InputError(f"{word}: not known of a file of votes; leave out --{word} or --votes")
    file = read_votes_file(path)
    if file.skipped:
        tell(
            f"{file.skipped} lines of {path.name} are skips, rankings or named comparisons and count nothing."
        )
    query = replace(query, minimum_votes=minimum)
    if query.cluster == "annotator" and file.annotators == ("",):
        tell(f"{path.name} does not say who voted: intervals take the votes for independent.")
        query = replace(query, cluster="none")
    table = file.table(query)
    fitted = fit_board(table, file.elo(query), file.columns.shape[1], query, models=file.models)
    document = board_document(fitted.board)
    if with_voters:
        people = file.table(replace(query, cluster="annotator"))
        found = screen_voters(fitted.ratings, people, file.sides(query))
        document |= voters_document(found, fitted.ratings, {})
    return document


def _voters_of(services: Services) -> str:
    """The names of those who have voted, as far as they fit into a line."""
    services.refresher.refresh()
    names, voters = services.store.annotators.names(), services.refresher.current().desk.annotators
    known = [names.get(person, "") for person in voters]
    return some(known) or "nobody, as nobody has voted yet; leave out --annotator"


def rebuild(db: Db = None, as_json: AsJson = False) -> None:
    """Make everything derived again from the vote events, and say whether it was right."""
    with open_services(db) as services:
        shown = -1

        def progress(share: float) -> None:
            nonlocal shown
            if (tenth := int(share * 10)) > shown:
                shown = tenth
                tell(f"events read: {tenth * 10}%")

        found = rebuild_from_events(services.store, tuple(services.catalog.models), progress)
        services.refresher.refresh()
        answer(rebuilt_document(found), as_json, board_tables.rebuilt)


def read_moment(what: str, text: str | None, *, end: bool = False) -> datetime | None:
    """A moment in UTC; a day given as the end is meant with all its hours.

    Raises:
        InputError: It is no date and no time.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{what}: got {text!r}; allowed: {_MOMENT}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment + timedelta(days=1) if end and len(text) == len("2026-03-01") else moment
