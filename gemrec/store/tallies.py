"""Standing votes of a span of time, counted by who cast them or by what they are about."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gemrec.records import Outcome, Vote
from gemrec.store.connection import Database
from gemrec.store.rows import to_moment, to_text
from gemrec.store.vote_rows import SELECT_VOTE, vote_row

Precision = Literal["day", "hour", "minute"]

_KEYS = {"annotator": "vote.annotator_id", "prompt": "prompt.text"}

# Moments are stored as text whose beginning is the day, the hour or the minute.
_MOMENTS = {
    "day": "substr(vote.cast_at, 1, 10)",
    "hour": "substr(vote.cast_at, 1, 13)",
    "minute": "substr(vote.cast_at, 1, 16)",
}

_STANDS = (
    "battle.mode = 'blind' AND vote.id <= :up_to AND vote.kind <> 'undo' AND NOT EXISTS "
    "(SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id AND later.id <= :up_to) "
    "AND (:category IS NULL OR prompt.category = :category) "
    "AND (:campaign IS NULL OR battle.campaign = :campaign) "
    "AND (:annotator IS NULL OR vote.annotator_id = :annotator) "
)

_SIDES = (
    "FROM vote JOIN battle ON battle.id = vote.battle_id "
    "JOIN prompt ON prompt.id = battle.prompt_id "
    "JOIN battle_side AS l ON l.battle_id = battle.id AND l.side = 0 "
    "JOIN battle_side AS r ON r.battle_id = battle.id AND r.side = 1 "
)


@dataclass(frozen=True, slots=True)
class Span:
    """Which votes to count.

    Attributes:
        up_to: The event after which they stand.
        since: Cast from then on; None for no limit.
        until: Cast before then; None for no limit.
        category: Only prompts of this category; None for all.
        campaign: Only this study; None for all.
        annotator_id: Only this person; None for all.
    """

    up_to: int
    since: datetime | None = None
    until: datetime | None = None
    category: str | None = None
    campaign: str | None = None
    annotator_id: str | None = None

    def where(self) -> tuple[str, dict[str, str | int | None]]:
        """The condition and its values; limits of time appear only when set, to use the index."""
        values: dict[str, str | int | None] = {
            "up_to": self.up_to,
            "category": self.category,
            "campaign": self.campaign,
            "annotator": self.annotator_id,
        }
        sql = _STANDS
        for name, sign, moment in (("since", ">=", self.since), ("until", "<", self.until)):
            if moment is not None:
                sql += f"AND vote.cast_at {sign} :{name} "
                values[name] = to_text(moment)
        return sql, values


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one outcome was given to one pair.

    Attributes:
        key: Annotator id, prompt text or moment, as asked for.
        annotator_id: Who said so; empty where not asked for.
        left: Model on the left side.
        right: Model on the right side.
        outcome: What was said.
        times: How often.
    """

    key: str
    annotator_id: str
    left: str
    right: str
    outcome: Outcome
    times: int


class Tallies:
    """Counts blind votes that stand, in one pass by index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pairs(self, span: Span, by: Literal["annotator", "prompt"]) -> tuple[Tally, ...]:
        """Count votes on pairs.

        Args:
            span: Which votes.
            by: What the key of each row is.
        """
        where, values = span.where()
        return self._tally(_KEYS[by], "''", where, values)

    def rankings(self, span: Span) -> tuple[Vote, ...]:
        """Return the rankings, which no table of pairs can hold, oldest first."""
        where, values = span.where()
        sql = SELECT_VOTE + f"WHERE vote.outcome = 'ranking' AND {where} ORDER BY vote.id"
        return tuple(vote_row(row) for row in self._rows(sql, values))

    def moments(self, span: Span, precision: Precision) -> tuple[Tally, ...]:
        """Count votes on pairs by when they were cast (UTC) and by whom."""
        where, values = span.where()
        return self._tally(_MOMENTS[precision], "vote.annotator_id", where, values)

    def limits(self, span: Span) -> tuple[datetime | None, datetime | None]:
        """Return when the first and the last of these votes was cast; None without any."""
        where, values = span.where()
        row = self._rows(
            "SELECT min(vote.cast_at), max(vote.cast_at) FROM vote "  # noqa: S608
            "JOIN battle ON battle.id = vote.battle_id JOIN prompt ON prompt.id = battle.prompt_id "
            f"WHERE {where}",
            values,
        )[0]
        return (None, None) if row[0] is None else (to_moment(row[0]), to_moment(row[1]))

    def sides(self, span: Span) -> dict[str, tuple[int, int]]:
        """Count votes for the left and for the right side by annotator id."""
        where, values = span.where()
        rows = self._rows(
            "SELECT vote.annotator_id, sum(outcome = 'left'), sum(outcome = 'right') FROM vote "  # noqa: S608
            "JOIN battle ON battle.id = vote.battle_id JOIN prompt ON prompt.id = battle.prompt_id "
            f"WHERE outcome IN ('left', 'right') AND {where} GROUP BY 1",
            values,
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def _tally(
        self, key: str, annotator: str, where: str, values: dict[str, str | int | None]
    ) -> tuple[Tally, ...]:
        rows = self._rows(
            f"SELECT {key}, {annotator}, l.model_id, r.model_id, outcome, count(*) {_SIDES}"
            "WHERE outcome IN ('left', 'right', 'tie', 'both_good', 'both_bad') "
            f"AND {where} GROUP BY 1, 2, 3, 4, 5",
            values,
        )
        return tuple(Tally(row[0], row[1], row[2], row[3], Outcome(row[4]), row[5]) for row in rows)

    def _rows(self, sql: str, values: dict[str, str | int | None]) -> list[sqlite3.Row]:
        with self._database.connect() as connection:
            rows: list[sqlite3.Row] = connection.execute(sql, values).fetchall()
        return rows
