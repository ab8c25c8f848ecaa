"""Who judges what until when.

Whether an item was answered is read from the votes, never noted twice. An assignment that has run
out loses its ticket in the very transaction that gives its place to somebody else, so that no item
is ever judged by more people than were asked for, whoever is late.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gemrec.errors import InputError
from gemrec.records import Assignment, AssignmentKind, CampaignItem
from gemrec.store.connection import Database
from gemrec.store.rows import to_moment, to_text

BROKEN = 3  # failures after which an item is set aside

# A vote of this assignment that stands and is no skip.
ANSWERED = (
    "EXISTS (SELECT 1 FROM vote WHERE vote.battle_id = assignment.battle_id "
    "AND vote.kind <> 'undo' AND vote.outcome <> 'skip' AND NOT EXISTS "
    "(SELECT 1 FROM vote AS later WHERE later.supersedes = vote.id))"
)
VOTED = "EXISTS (SELECT 1 FROM vote WHERE vote.battle_id = assignment.battle_id)"
HELD = f"(lapsed = 0 AND expires_at > :now AND NOT {VOTED})"
TAKEN = f"({ANSWERED} OR {HELD})"

LAPSE = (
    "UPDATE assignment SET lapsed = 1 WHERE campaign_id = :campaign AND lapsed = 0 "  # noqa: S608
    f"AND expires_at <= :now AND NOT {VOTED}"
)
VOID_TICKETS = (
    "DELETE FROM ticket WHERE vote_id IS NULL AND battle_id IN (SELECT battle_id FROM assignment "
    "WHERE campaign_id = :campaign AND lapsed = 1)"
)
_MINE = (
    "SELECT kind, count(*) AS held, sum(" + ANSWERED + ") AS answered FROM assignment "  # noqa: S608
    "WHERE campaign_id = :campaign AND annotator_id = :annotator "
    f"AND {TAKEN} GROUP BY kind"
)
# Items that are nearly done come first, so that what is left at the end is new to somebody.
_NEXT_ITEM = (
    "SELECT item.*, (SELECT count(*) FROM assignment WHERE campaign_id = item.campaign_id "  # noqa: S608
    f"AND assignment.item = item.number AND assignment.kind = 'item' AND {TAKEN}) AS taken "
    "FROM campaign_item AS item WHERE campaign_id = :campaign AND gold IS NULL "
    f"AND failures < {BROKEN} AND taken < :overlap AND NOT EXISTS "
    "(SELECT 1 FROM assignment WHERE campaign_id = item.campaign_id "
    "AND assignment.item = item.number AND annotator_id = :annotator "
    f"AND ({VOTED} OR {HELD})) ORDER BY taken DESC, (number * :order) % 7919, number LIMIT 1"
)
_NEXT_GOLD = (
    "SELECT item.* FROM campaign_item AS item WHERE campaign_id = :campaign AND gold IS NOT NULL "  # noqa: S608
    f"AND failures < {BROKEN} AND NOT EXISTS (SELECT 1 FROM assignment "
    "WHERE campaign_id = item.campaign_id AND assignment.item = item.number "
    f"AND annotator_id = :annotator AND ({VOTED} OR {HELD})) "
    "ORDER BY (number * :order) % 7919, number LIMIT 1"
)
_NEXT_REPEAT = (
    "SELECT item.*, assignment.is_turned FROM assignment JOIN campaign_item AS item "  # noqa: S608
    "ON item.campaign_id = assignment.campaign_id AND item.number = assignment.item "
    "WHERE assignment.campaign_id = :campaign AND annotator_id = :annotator "
    f"AND assignment.kind = 'item' AND failures < {BROKEN} AND {ANSWERED} AND NOT EXISTS "
    "(SELECT 1 FROM assignment AS again WHERE again.campaign_id = assignment.campaign_id "
    "AND again.item = assignment.item AND again.annotator_id = :annotator "
    "AND again.kind = 'repeat' AND (again.lapsed = 0 OR EXISTS "
    "(SELECT 1 FROM vote WHERE vote.battle_id = again.battle_id))) "
    "ORDER BY assignment.id LIMIT 1"
)
_WITH_ITEM = (
    "SELECT assignment.*, item.prompt, item.category, item.model_first, item.model_second, "
    "item.seeds, item.gold, item.number FROM assignment JOIN campaign_item AS item "
    "ON item.campaign_id = assignment.campaign_id AND item.number = assignment.item "
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides who gets what next.

    Attributes:
        overlap: How many people judge each item.
        cap: Most judgements of one person, gold and repeats among them; None for no limit.
        gold_every: One gold item in so many; 0 for none.
        repeat_every: One repeat in so many; 0 for none.
    """

    overlap: int
    cap: int | None = None
    gold_every: int = 0
    repeat_every: int = 0


class Assignments:
    """The ``assignment`` table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(
        self,
        campaign_id: str,
        annotator_id: str,
        rules: Rules,
        battle_id: str,
        now: datetime,
        until: datetime,
        *,
        turn: bool,
        order: int,
    ) -> Assignment | None:
        """Give a person their next item by one transaction, or what they hold already.

        Args:
            campaign_id: The study; must be open.
            annotator_id: Who asks.
            rules: What decides.
            battle_id: Id for the battle of a new assignment.
            now: When.
            until: When the lease of a new assignment ends.
            turn: Whether the second model of a new item shall stand on the left.
            order: Any number; shuffles items that are equally far.

        Returns:
            The assignment; None when there is nothing for this person.
        """
        values: dict[str, str | int] = {
            "campaign": campaign_id,
            "annotator": annotator_id,
            "now": to_text(now),
            "overlap": rules.overlap,
            "order": order % 7918 + 1,
        }
        with self._database.transaction() as connection:
            state = connection.execute(
                "SELECT state FROM campaign WHERE id = ?", (campaign_id,)
            ).fetchone()
            if state is None or state["state"] != "open":
                return None
            connection.execute(LAPSE, values)
            connection.execute(VOID_TICKETS, values)
            held = connection.execute(
                _WITH_ITEM + "WHERE assignment.campaign_id = :campaign "
                f"AND annotator_id = :annotator AND {HELD} LIMIT 1",
                values,
            ).fetchone()
            if held is not None:
                return _assignment(held)
            chosen = _choose(connection, rules, values)
            if chosen is None:
                return None
            kind, item = chosen
            is_turned = not item["is_turned"] if kind is AssignmentKind.REPEAT else turn
            connection.execute(
                "INSERT INTO assignment (campaign_id, item, annotator_id, kind, is_turned, "
                "battle_id, leased_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (campaign_id, item["number"], annotator_id, kind.value, is_turned, battle_id,
                 values["now"], to_text(until)),
            )  # fmt: skip
            row = connection.execute(
                _WITH_ITEM + "WHERE assignment.battle_id = ?", (battle_id,)
            ).fetchone()
            return _assignment(row)

    def release(self, assignment_id: int, *, failed: bool = False) -> None:
        """Give an assignment back; ``failed`` notes that its images could not be made."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM assignment WHERE id = ?", (assignment_id,)
            ).fetchone()
            if row is None or row["lapsed"]:
                return
            connection.execute("UPDATE assignment SET lapsed = 1 WHERE id = ?", (assignment_id,))
            connection.execute(VOID_TICKETS, {"campaign": row["campaign_id"]})
            if failed:
                connection.execute(
                    "UPDATE campaign_item SET failures = failures + 1 "
                    "WHERE campaign_id = ? AND number = ?",
                    (row["campaign_id"], row["item"]),
                )

    def of_battle(self, battle_id: str) -> Assignment | None:
        """Return the assignment that a battle belongs to, or None."""
        with self._database.connect() as connection:
            row = connection.execute(
                _WITH_ITEM + "WHERE assignment.battle_id = ?", (battle_id,)
            ).fetchone()
        return None if row is None else _assignment(row)


def check_allowed(connection: sqlite3.Connection, battle_id: str, outcome: str | None) -> None:
    """Refuse an outcome that the study of a battle does not ask for.

    Raises:
        InputError: It does not.
    """
    row = connection.execute(
        "SELECT spec FROM assignment JOIN campaign ON campaign.id = campaign_id WHERE battle_id = ?",
        (battle_id,),
    ).fetchone()
    allowed = None if row is None else json.loads(row["spec"]).get("outcomes")
    if allowed is not None and outcome is not None and outcome not in allowed:
        raise InputError(f"outcome: got {outcome!r}; allowed in this study: {', '.join(allowed)}")


def check_room(connection: sqlite3.Connection, battle_id: str, now: str) -> None:
    """Refuse to vote again on an item of a study that others have judged meanwhile.

    Args:
        connection: Inside a write transaction.
        battle_id: The battle whose vote was a skip, or taken back.
        now: When.

    Raises:
        InputError: The item has its overlap, or the study is closed.
    """
    row = connection.execute(
        "SELECT assignment.campaign_id, item, kind, state, spec FROM assignment "
        "JOIN campaign ON campaign.id = campaign_id WHERE battle_id = ?",
        (battle_id,),
    ).fetchone()
    if row is None or row["kind"] != "item":
        return
    taken = connection.execute(
        f"SELECT count(*) FROM assignment WHERE campaign_id = :campaign AND item = :item "  # noqa: S608
        f"AND kind = 'item' AND {TAKEN}",
        {"campaign": row["campaign_id"], "item": row["item"], "now": now},
    ).fetchone()[0]
    if taken >= json.loads(row["spec"])["overlap"] or row["state"] == "closed":
        raise InputError(
            "vote: this item went back to the study's queue and has been judged by others "
            "meanwhile; go on with the next one"
        )


def _choose(
    connection: sqlite3.Connection, rules: Rules, values: dict[str, str | int]
) -> tuple[AssignmentKind, sqlite3.Row] | None:
    """What a person gets next."""
    held = {row["kind"]: row["held"] for row in connection.execute(_MINE, values)}
    total = sum(held.values())
    if rules.cap is not None and total >= rules.cap:
        return None
    place = total + 1
    if rules.gold_every and place % rules.gold_every == 0:
        gold = connection.execute(_NEXT_GOLD, values).fetchone()
        if gold is not None:
            return AssignmentKind.GOLD, gold
    if (
        rules.repeat_every
        and held.get("item", 0) >= (held.get("repeat", 0) + 1) * rules.repeat_every
    ):
        again = connection.execute(_NEXT_REPEAT, values).fetchone()
        if again is not None:
            return AssignmentKind.REPEAT, again
    item = connection.execute(_NEXT_ITEM, values).fetchone()
    return None if item is None else (AssignmentKind.ITEM, item)


def _assignment(row: sqlite3.Row) -> Assignment:
    item = CampaignItem(
        row["number"],
        row["prompt"],
        row["category"],
        (row["model_first"], row["model_second"]),
        tuple(json.loads(row["seeds"])),
        row["gold"],
    )
    return Assignment(
        row["id"],
        row["campaign_id"],
        item,
        row["annotator_id"],
        AssignmentKind(row["kind"]),
        bool(row["is_turned"]),
        row["battle_id"],
        to_moment(row["expires_at"]),
    )
