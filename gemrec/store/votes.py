"""The append-only vote trail: casts, edits and undos."""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from gemrec.errors import InputError, TicketError
from gemrec.records import (
    EventKind,
    Outcome,
    Remarks,
    Tiers,
    Vote,
)
from gemrec.store.assignments import check_allowed, check_room
from gemrec.store.battles import SIDES
from gemrec.store.connection import Database
from gemrec.store.counts import count_rows, count_vote
from gemrec.store.rows import CountRow, TicketRow, to_text
from gemrec.store.tickets import Tickets, ticket_row
from gemrec.store.vote_rows import SELECT_VOTE, append_event, vote_row

if TYPE_CHECKING:
    import pandas as pd

NOTHING = Remarks()

_STANDING = (
    "vote.kind <> 'undo' "
    "AND NOT EXISTS (SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id) "
)


class Votes:
    """The ``vote`` table and the ``vote_count`` table that is derived from it.

    No event is ever changed or removed (the database itself refuses); an edit or an undo is a new
    event that supersedes an older one of the same battle.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tickets = Tickets(database)

    def cast(
        self,
        ticket_id: str,
        outcome: Outcome,
        now: datetime,
        *,
        annotator_id: str | None = None,
        ranking: Tiers | None = None,
        remarks: Remarks = NOTHING,
    ) -> Vote:
        """Use a ticket: store the vote, mark the ticket and count, all in one transaction.

        Saying the same again, as a double click does, stores nothing and returns the vote that is
        there, as long as it stands.

        Args:
            ticket_id: Id of the ticket's row.
            outcome: What was said.
            now: Time of the vote.
            annotator_id: Who votes; None trusts the ticket alone.
            ranking: The order, with ``RANKING`` alone.
            remarks: What else was said; impossible numbers become None.

        Raises:
            TicketError: The ticket is unknown, somebody else's, used for another outcome, or
                expired. Nothing changes except that the refusal is counted.
            InputError: The outcome and the ranking do not fit the battle. Nothing changes.
        """
        cast_at = to_text(now)
        reason = ""
        try:
            with self._database.transaction() as connection:
                ticket = _ticket(connection, ticket_id)
                reason = _why_refused(connection, ticket, annotator_id, now)
                if reason == "used" and ticket is not None:
                    same = _said_before(connection, ticket, outcome, ranking)
                    if same is not None:
                        return same
                if ticket is None or reason:
                    raise TicketError(_refusal(ticket, reason, now))
                check_allowed(connection, ticket.battle_id, outcome.value)
                vote = append_event(
                    connection,
                    ticket.battle_id,
                    ticket.annotator_id,
                    EventKind.CAST,
                    outcome,
                    None,
                    cast_at,
                    ranking,
                    remarks,
                )
                connection.execute(
                    "UPDATE ticket SET vote_id = ? WHERE id = ?", (vote.id, ticket.id)
                )
                connection.execute("DELETE FROM draft WHERE battle_id = ?", (vote.battle_id,))
                count_vote(connection, vote, +1)
                return vote
        except TicketError:
            self._tickets.refuse(reason, now)
            raise

    def append_change(
        self,
        vote_id: int,
        kind: EventKind,
        outcome: Outcome | None,
        now: datetime,
        *,
        ranking: Tiers | None = None,
        remarks: Remarks | None = None,
    ) -> Vote:
        """Append an edit or an undo of a vote and adjust the counts, in one transaction.

        Args:
            vote_id: The newest event of its battle. An undo can be edited (that votes again) but
                not undone.
            kind: ``EDIT`` or ``UNDO``.
            outcome: The new outcome of an edit; None for an undo.
            now: Time of the change.
            ranking: The new order, with ``RANKING`` alone.
            remarks: What else is said now; None keeps the remarks of the vote.

        Returns:
            The new event, which supersedes ``vote_id``.

        Raises:
            InputError: There is no such vote, it was changed since, or kind, outcome and ranking do
                not go together. Nothing changes.
        """
        if kind is EventKind.CAST or (kind is EventKind.EDIT) == (outcome is None):
            raise InputError(
                f"change: got {kind.value!r} with outcome {outcome!r}; allowed: 'edit' with an "
                "outcome, or 'undo' without one"
            )
        with self._database.transaction() as connection:
            old = _changeable(connection, vote_id)
            if kind is EventKind.UNDO and old.kind is EventKind.UNDO:
                raise InputError(f"vote: got {vote_id}, which is taken back already")
            if old.campaign:
                check_allowed(connection, old.battle_id, None if outcome is None else outcome.value)
            if old.campaign and old.outcome in (None, Outcome.SKIP) and outcome is not Outcome.SKIP:
                check_room(connection, old.battle_id, to_text(now))
            new = append_event(
                connection,
                old.battle_id,
                old.annotator_id,
                kind,
                outcome,
                old.id,
                to_text(now),
                ranking,
                _kept(old.remarks, outcome) if remarks is None else remarks,
            )
            count_vote(connection, old, -1)
            count_vote(connection, new, +1)
            return new

    def after(self, vote_id: int, limit: int | None = None) -> tuple[Vote, ...]:
        """Return the events after this one, oldest first, at most ``limit``."""
        return self._select(
            SELECT_VOTE + "WHERE vote.id > ? ORDER BY vote.id LIMIT ?",
            vote_id,
            -1 if limit is None else limit,
        )

    def current(self, annotator_id: str | None = None) -> tuple[Vote, ...]:
        """Return what stands: each battle's newest event unless it is an undo, oldest first.

        Args:
            annotator_id: Whose votes; None for everybody's.
        """
        if annotator_id is None:
            return self._select(SELECT_VOTE + "WHERE " + _STANDING + "ORDER BY vote.id")
        return self._select(
            SELECT_VOTE + "WHERE vote.annotator_id = ? AND " + _STANDING + "ORDER BY vote.id",
            annotator_id,
        )

    def of_battle(self, battle_id: str) -> tuple[Vote, ...]:
        """Return every event of one battle, oldest first."""
        return self._select(SELECT_VOTE + "WHERE vote.battle_id = ? ORDER BY vote.id", battle_id)

    def newest(self, annotator_id: str, limit: int, before: int | None = None) -> tuple[Vote, ...]:
        """Return one event per battle, its newest, undos among them, in the order of the casts.

        Args:
            annotator_id: Whose.
            limit: At most this many.
            before: Only battles first voted on before this event; None starts with the last one.

        Returns:
            Last cast first.
        """
        newest = "(SELECT max(id) FROM vote AS any WHERE any.battle_id = cast_.battle_id)"
        return self._select(
            SELECT_VOTE + f"JOIN vote AS cast_ ON cast_.kind = 'cast' AND vote.id = {newest} "
            "WHERE cast_.annotator_id = ? AND (? IS NULL OR cast_.id < ?) "
            "ORDER BY cast_.id DESC LIMIT ?",
            annotator_id,
            before,
            before,
            limit,
        )

    def last_id(self) -> int:
        """Return the id of the newest event, 0 when there is none."""
        with self._database.connect() as connection:
            return int(connection.execute("SELECT ifnull(max(id), 0) FROM vote").fetchone()[0])

    def count(self, annotator_id: str) -> int:
        """Return how many battles this person's standing votes cover, skips included."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT count(*) FROM vote WHERE annotator_id = ? AND kind <> 'undo' AND NOT EXISTS "
                "(SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id)",
                (annotator_id,),
            ).fetchone()
        return int(row[0])

    def counts(self) -> tuple[CountRow, ...]:
        """Return the count table; only blind battles and outcomes that say something."""
        with self._database.connect() as connection:
            return count_rows(connection)

    def rebuild_counts(self) -> None:
        """Make the count table again from the vote events."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM vote_count")
            rows = connection.execute(SELECT_VOTE + "WHERE " + _STANDING).fetchall()
            for row in rows:
                count_vote(connection, vote_row(row), +1)

    def frame(self) -> "pd.DataFrame":
        """Return every event as a table; ``stands`` says whether it is part of :meth:`current`."""
        from gemrec.store.frames import read_frame  # noqa: PLC0415 - pandas is slow to import

        frame = read_frame(
            self._database,
            "SELECT vote.id, vote.battle_id, vote.annotator_id, kind, outcome, ranking, supersedes, "  # noqa: S608
            "cast_at, reasons, best_side, best_position, skip_reason, dwell_ms, zooms, "
            f"{SIDES} AS models, mode, form, campaign, prompt.text AS prompt, category, seeds, "
            "policy, propensity, opened_at, vote.kind <> 'undo' AND NOT EXISTS "
            "(SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id) AS stands "
            "FROM vote JOIN battle ON battle.id = vote.battle_id "
            "JOIN prompt ON prompt.id = prompt_id ORDER BY vote.id",
            times=("cast_at", "opened_at"),
        )
        models = frame["models"].map(json.loads)
        frame = frame.assign(models=models, model_left=models.str[0], model_right=models.str[1])
        whole = ("supersedes", "best_side", "best_position", "dwell_ms", "zooms")
        return frame.astype({**dict.fromkeys(whole, "Int64"), "stands": bool})

    def _select(self, sql: str, *values: object) -> tuple[Vote, ...]:
        with self._database.connect() as connection:
            rows = connection.execute(sql, values).fetchall()
        return tuple(vote_row(row) for row in rows)


def _ticket(connection: sqlite3.Connection, ticket_id: str) -> TicketRow | None:
    row = connection.execute("SELECT * FROM ticket WHERE id = ?", (ticket_id,)).fetchone()
    return None if row is None else ticket_row(row)


def _why_refused(
    connection: sqlite3.Connection,
    ticket: TicketRow | None,
    annotator_id: str | None,
    now: datetime,
) -> str:
    """Return the reason in one word, or nothing when the ticket is good."""
    if ticket is None:
        return "unknown"
    if annotator_id is not None and ticket.annotator_id != annotator_id:
        return "annotator"
    voted = connection.execute(
        "SELECT 1 FROM vote WHERE battle_id = ? LIMIT 1", (ticket.battle_id,)
    ).fetchone()
    if ticket.vote_id is not None or voted is not None:
        return "used"
    return "expired" if now >= ticket.expires_at else ""


def _said_before(
    connection: sqlite3.Connection, ticket: TicketRow, outcome: Outcome, ranking: Tiers | None
) -> Vote | None:
    """Return the vote that the ticket was used for, if it said the same and still stands."""
    if ticket.vote_id is None:
        return None
    row = connection.execute(
        SELECT_VOTE + "WHERE vote.id = ? AND " + _STANDING, (ticket.vote_id,)
    ).fetchone()
    if row is None:
        return None
    vote = vote_row(row)
    return vote if (vote.outcome, vote.ranking) == (outcome, ranking) else None


def _kept(remarks: Remarks, outcome: Outcome | None) -> Remarks:
    """What remains of the remarks after an edit: the reason of a skip goes with the skip."""
    return remarks if outcome is Outcome.SKIP else replace(remarks, skip_reason="")


def _refusal(ticket: TicketRow | None, reason: str, now: datetime) -> str:
    """Say why a ticket is refused and what to do."""
    if ticket is None:
        return "This ticket is not known here; open a new battle."
    if reason == "annotator":
        return "This ticket belongs to another annotator; open a battle of your own."
    if reason == "used":
        return (
            f"The ticket for battle {ticket.battle_id} has been used already: each ticket is good "
            "for one vote. Open a new battle, or edit the vote."
        )
    seconds = (now - ticket.expires_at).total_seconds()
    return (
        f"The ticket for battle {ticket.battle_id} expired {seconds:.0f} s ago; open a new battle."
    )


def _changeable(connection: sqlite3.Connection, vote_id: int) -> Vote:
    """Return the event if nothing supersedes it."""
    row = connection.execute(SELECT_VOTE + "WHERE vote.id = ?", (vote_id,)).fetchone()
    if row is None:
        raise InputError(f"vote: got {vote_id}; allowed: the id of a vote that exists")
    later = connection.execute("SELECT id FROM vote WHERE supersedes = ?", (vote_id,)).fetchone()
    if later is not None:
        raise InputError(
            f"vote: got {vote_id}, which event {later['id']} has replaced; change that one"
        )
    return vote_row(row)
