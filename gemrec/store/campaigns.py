"""Studies, their items, and how far they are."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gemrec.errors import InputError
from gemrec.records import (
    AssignmentKind,
    Campaign,
    CampaignItem,
    CampaignState,
    Judgement,
    Standing,
)
from gemrec.store.assignments import ANSWERED, BROKEN, HELD, LAPSE, VOID_TICKETS, VOTED
from gemrec.store.connection import Database
from gemrec.store.rows import to_moment, to_text


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study is.

    Attributes:
        items: Items without gold.
        complete: Items that have their overlap.
        wanted: Judgements that are wanted: items times overlap.
        answered: Judgements of items that stand.
        held: Items that somebody holds now.
        lapsed: Times that somebody left without a vote.
        broken: Items set aside because their images cannot be made.
    """

    items: int
    complete: int
    wanted: int
    answered: int
    held: int
    lapsed: int
    broken: int


class Campaigns:
    """The ``campaign`` and ``campaign_item`` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, campaign_id: str, spec: str, items: Sequence[CampaignItem], now: datetime
    ) -> None:
        """Store a study and its items.

        Raises:
            InputError: There is one of this id.
        """
        with self._database.transaction() as connection:
            added = connection.execute(
                "INSERT INTO campaign (id, spec, state, created_at) VALUES (?, ?, 'open', ?) "
                "ON CONFLICT DO NOTHING",
                (campaign_id, spec, to_text(now)),
            ).rowcount
            if not added:
                raise InputError(f"id: got {campaign_id!r}; allowed: an id that no study has yet")
            connection.executemany(
                "INSERT INTO campaign_item (campaign_id, number, prompt, category, model_first, "
                "model_second, seeds, gold) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        campaign_id,
                        i.number,
                        i.prompt,
                        i.category,
                        *i.models,
                        json.dumps(i.seeds),
                        i.gold,
                    )
                    for i in items
                ],
            )

    def get(self, campaign_id: str) -> Campaign | None:
        """Return one study, or None."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT * FROM campaign WHERE id = ?", (campaign_id,)
            ).fetchone()
        return None if row is None else _campaign(row)

    def all(self) -> tuple[Campaign, ...]:
        """Return every study, the newest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT * FROM campaign ORDER BY created_at DESC, id"
            ).fetchall()
        return tuple(map(_campaign, rows))

    def hides(self, campaign_id: str) -> bool:
        """Whether a study keeps its models hidden, also from those who have voted."""
        found = self.get(campaign_id) if campaign_id else None
        if found is None or found.state is CampaignState.CLOSED:
            return False
        return not json.loads(found.spec).get("reveal", False)

    def set_state(self, campaign_id: str, state: CampaignState, now: datetime) -> None:
        """Open, pause or close a study; one that is closed stays so.

        Closing takes back what people hold.
        """
        with self._database.transaction() as connection:
            is_closed = state is CampaignState.CLOSED
            connection.execute(
                "UPDATE campaign SET state = ?, closed_at = ? WHERE id = ? AND state <> 'closed'",
                (state.value, to_text(now) if is_closed else None, campaign_id),
            )
            if is_closed:
                values = {"campaign": campaign_id, "now": "9999"}
                connection.execute(LAPSE, values)
                connection.execute(VOID_TICKETS, values)

    def progress(self, campaign_id: str, overlap: int, now: datetime) -> Progress:
        """Count how far a study is."""
        values = {"campaign": campaign_id, "now": to_text(now)}
        items = (
            "SELECT number, failures, (SELECT count(*) FROM assignment "  # noqa: S608
            "WHERE campaign_id = item.campaign_id AND assignment.item = item.number "
            f"AND kind = 'item' AND {ANSWERED}) AS answered, "
            "(SELECT count(*) FROM assignment WHERE campaign_id = item.campaign_id "
            f"AND assignment.item = item.number AND kind = 'item' AND {HELD}) AS held "
            "FROM campaign_item AS item WHERE campaign_id = :campaign AND gold IS NULL"
        )
        with self._database.connect() as connection:
            rows = connection.execute(items, values).fetchall()
            left = connection.execute(
                f"SELECT count(*) FROM assignment WHERE campaign_id = :campaign AND NOT {VOTED} "  # noqa: S608
                "AND (lapsed = 1 OR expires_at <= :now)",
                values,
            ).fetchone()[0]
        return Progress(
            items=len(rows),
            complete=sum(row["answered"] >= overlap for row in rows),
            wanted=len(rows) * overlap,
            answered=sum(row["answered"] for row in rows),
            held=sum(row["held"] for row in rows),
            lapsed=left,
            broken=sum(row["failures"] >= BROKEN for row in rows),
        )

    def judgements(self, campaign_id: str) -> tuple[Judgement, ...]:
        """Return everything that stands and is no skip, in the order of its assignments."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT assignment.*, vote.outcome, vote.dwell_ms, vote.cast_at FROM assignment "
                "JOIN vote ON vote.battle_id = assignment.battle_id WHERE campaign_id = ? "
                "AND vote.kind <> 'undo' AND vote.outcome <> 'skip' AND NOT EXISTS "
                "(SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id) "
                "ORDER BY assignment.id",
                (campaign_id,),
            ).fetchall()
        return tuple(_judgement(row) for row in rows)

    def golds(self, campaign_id: str) -> dict[int, str]:
        """Return the known answers by number of the item."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT number, gold FROM campaign_item WHERE campaign_id = ? AND gold IS NOT NULL",
                (campaign_id,),
            ).fetchall()
        return {row["number"]: row["gold"] for row in rows}

    def standings(self, campaign_id: str, now: datetime) -> tuple[Standing, ...]:
        """Return how each person stands, the busiest first."""
        golds = self.golds(campaign_id)
        wrong: dict[str, list[bool]] = {}
        for said in self.judgements(campaign_id):
            if said.kind is AssignmentKind.GOLD:
                wrong.setdefault(said.annotator_id, []).append(said.answer != golds[said.item])
        sql = (
            f"SELECT annotator_id, sum({ANSWERED}) AS answered, "  # noqa: S608
            f"sum({VOTED} AND NOT {ANSWERED}) AS skipped, sum({HELD}) AS holding "
            "FROM assignment WHERE campaign_id = :campaign GROUP BY annotator_id "
            "ORDER BY answered DESC, annotator_id"
        )
        with self._database.connect() as connection:
            rows = connection.execute(
                sql, {"campaign": campaign_id, "now": to_text(now)}
            ).fetchall()
        return tuple(
            Standing(
                row["annotator_id"], row["answered"], row["skipped"], row["holding"],
                len(wrong.get(row["annotator_id"], ())), sum(wrong.get(row["annotator_id"], ())),
            )
            for row in rows
        )  # fmt: skip

    def hidden_images(self) -> frozenset[int]:
        """Return the images of studies that are not closed; who made them is nobody's to know yet."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT DISTINCT showing.image_id FROM campaign "
                "JOIN battle ON battle.campaign = campaign.id AND battle.campaign <> '' "
                "JOIN showing ON showing.battle_id = battle.id WHERE campaign.state <> 'closed'"
            ).fetchall()
        return frozenset(row[0] for row in rows)


def _campaign(row: sqlite3.Row) -> Campaign:
    closed = row["closed_at"]
    return Campaign(
        row["id"],
        row["spec"],
        CampaignState(row["state"]),
        to_moment(row["created_at"]),
        None if closed is None else to_moment(closed),
    )


def _judgement(row: sqlite3.Row) -> Judgement:
    return Judgement(
        row["annotator_id"],
        row["item"],
        AssignmentKind(row["kind"]),
        bool(row["is_turned"]),
        row["outcome"],
        row["dwell_ms"],
        to_moment(row["cast_at"]),
    )
