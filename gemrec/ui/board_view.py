"""What the Leaderboard tab shows: which votes were asked for, and what is known of each model."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from gemrec.errors import InputError
from gemrec.leaderboard import DRAWS, BoardFit, BoardQuery
from gemrec.records import Model
from gemrec.ui.context import Context

ALL: Final = ""
MINE: Final = "me"
PERIODS: Final[Mapping[str, tuple[str, timedelta | None]]] = {
    ALL: ("All time", None),
    "day": ("Last 24 hours", timedelta(days=1)),
    "week": ("Last 7 days", timedelta(days=7)),
    "month": ("Last 30 days", timedelta(days=30)),
}
_TOKEN = 12  # characters that stand for an annotator's id on the page


@dataclass(frozen=True, slots=True)
class Slice:
    """Which votes, in the words of the page; everything empty means all of them.

    Attributes:
        topic: Category of the prompts.
        voter: Token of an annotator, or ``me``.
        period: A key of ``PERIODS``.
        study: Id of a campaign.
    """

    topic: str = ALL
    voter: str = ALL
    period: str = ALL
    study: str = ALL

    @property
    def is_whole(self) -> bool:
        """Whether every vote counts."""
        return not (self.topic or self.voter or self.period or self.study)

    @property
    def address(self) -> str:
        """The query of the table's download."""
        chosen = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in chosen.items() if value})


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model besides its votes; None where nobody knows.

    Attributes:
        name: Display name.
        licence: SPDX id or the licence's name.
        url: Its page.
        seconds: Median time of an image here, or else the catalog's hint.
        usd: Price of an image, US dollars.
        vram_gb: GPU memory it needs, GiB.
        downloads: Download count; None when it is not known or 0.
    """

    name: str
    licence: str = ""
    url: str = ""
    seconds: float | None = None
    usd: float | None = None
    vram_gb: float | None = None
    downloads: float | None = None


@dataclass(frozen=True)
class BoardView:
    """A leaderboard ready to be shown.

    Attributes:
        fitted: The board with the numbers behind it.
        facts: What is known of each model on it.
        asked: Which votes it was asked of.
        query: The same for the rest of the program.
    """

    fitted: BoardFit
    facts: Mapping[str, ModelFacts]
    asked: Slice
    query: BoardQuery


def voter_token(annotator_id: str) -> str:
    """What stands for an annotator on the page, so that no id leaves the server."""
    return hashlib.sha256(f"voter {annotator_id}".encode()).hexdigest()[:_TOKEN]


def look_up(context: Context, asked: Slice, me: str | None) -> BoardView:
    """Make the board that the page asks for.

    Args:
        context: Services and catalog.
        asked: Which votes.
        me: Id of the annotator who asks; None when they have no cookie.

    Raises:
        InputError: A value is none of those that the page offers.
    """
    services = context.services
    query = BoardQuery(
        category=asked.topic or None,
        campaign=asked.study or None,
        annotator_id=_annotator(context, asked.voter, me),
        since=_since(asked.period, services.clock()),
        draws=DRAWS,
    )
    fitted = services.fit_board(query)
    measured = services.store.images.seconds_by_model()
    known = services.catalog.models
    ids = [row.model_id for row in fitted.board.rows]
    facts = {i: facts_of(known.get(i), i, measured.get(i)) for i in ids}
    return BoardView(fitted, told_apart(facts), asked, query)


def facts_of(model: Model | None, model_id: str, measured: float | None) -> ModelFacts:
    """What is known of a model; a model that the catalog no longer has keeps its id as name."""
    if model is None:
        return ModelFacts(model_id, seconds=measured)
    hint = model.cost.seconds_per_image
    return ModelFacts(
        model.name,
        model.licence,
        model.url,
        hint if measured is None else measured,
        model.cost.usd_per_image,
        model.cost.vram_gb,
        model.downloads or None,
    )


def told_apart(facts: Mapping[str, ModelFacts]) -> dict[str, ModelFacts]:
    """The same facts; models that share a name have their id added to it."""
    often = Counter(known.name for known in facts.values())
    return {
        i: replace(known, name=f"{known.name} ({i})") if often[known.name] > 1 else known
        for i, known in facts.items()
    }


def voter_choices(context: Context, me: str | None) -> list[tuple[str, str]]:
    """Everybody, the reader, and all who have voted with their votes, the busiest first."""
    services = context.services
    table = services.fit_board(BoardQuery(draws=DRAWS)).table
    names = services.store.annotators.names()
    votes = zip(table.names, table.cluster_votes.tolist(), strict=False)
    busiest = sorted(((round(n), person) for person, n in votes if n), key=lambda v: -v[0])
    others = [
        (f"{names.get(person) or 'nameless'} ({number:,})", voter_token(person))
        for number, person in busiest
        if person != me
    ]
    return [("Everybody's votes", ALL), ("My votes", MINE), *others]


def _annotator(context: Context, voter: str, me: str | None) -> str | None:
    if voter == ALL:
        return None
    if voter == MINE:
        return me or ""  # somebody without a cookie has no votes
    people = context.services.refresher.current().desk.annotators
    found = next((person for person in people if voter_token(person) == voter), None)
    if found is None:
        raise InputError(f"voter: got {voter!r}; allowed: one of those on the list. Reload it.")
    return found


def _since(period: str, now: datetime) -> datetime | None:
    """The start of a period on the full hour, so that boards within an hour are the same."""
    if period not in PERIODS:
        raise InputError(f"period: got {period!r}; allowed: {', '.join(filter(None, PERIODS))}")
    length = PERIODS[period][1]
    return None if length is None else (now - length).replace(minute=0, second=0, microsecond=0)
