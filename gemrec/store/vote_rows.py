"""How one vote event is written and read, and which outcomes fit which battle."""

import json
import sqlite3

from gemrec.errors import InputError
from gemrec.records import (
    BattleForm,
    BattleMode,
    EventKind,
    Outcome,
    ReasonTag,
    Remarks,
    Tiers,
    Vote,
)
from gemrec.store.battles import SIDES
from gemrec.store.rows import to_moment

LONGEST_DWELL_MS = 7 * 24 * 3600 * 1000
"""A week; a larger number comes from a broken clock and is stored as unknown."""

MOST_ZOOMS = 10_000
SELECT_VOTE = (
    "SELECT vote.*, battle.mode, battle.form, battle.campaign, prompt.text, prompt.category, "  # noqa: S608
    f"{SIDES} AS models FROM vote JOIN battle ON battle.id = vote.battle_id "
    "JOIN prompt ON prompt.id = battle.prompt_id "
)

_INSERT = (
    "INSERT INTO vote (battle_id, annotator_id, kind, outcome, supersedes, cast_at, ranking, "
    "reasons, best_side, best_position, skip_reason, dwell_ms, zooms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def append_event(
    connection: sqlite3.Connection,
    battle_id: str,
    annotator_id: str,
    kind: EventKind,
    outcome: Outcome | None,
    supersedes: int | None,
    cast_at: str,
    ranking: Tiers | None,
    remarks: Remarks,
) -> Vote:
    """Insert one event, inside the caller's transaction.

    Raises:
        InputError: It does not fit its battle. Nothing is inserted.
    """
    form, seeds, sides = connection.execute(
        "SELECT form, seeds, (SELECT count(*) FROM battle_side WHERE battle_id = battle.id) "
        "FROM battle WHERE id = ?",
        (battle_id,),
    ).fetchone()
    _check_fits(BattleForm(form), sides, outcome, ranking)
    _check_best(remarks.best, sides, len(json.loads(seeds)))
    best = (None, None) if remarks.best is None else remarks.best
    cursor = connection.execute(
        _INSERT,
        (
            battle_id,
            annotator_id,
            kind.value,
            None if outcome is None else Outcome(outcome).value,
            supersedes,
            cast_at,
            None if ranking is None else json.dumps(ranking),
            json.dumps([str(reason) for reason in remarks.reasons]),
            *best,
            remarks.skip_reason,
            _possible(remarks.dwell_ms, LONGEST_DWELL_MS),
            _possible(remarks.zooms, MOST_ZOOMS),
        ),
    )
    row = connection.execute(SELECT_VOTE + "WHERE vote.id = ?", (cursor.lastrowid,)).fetchone()
    return vote_row(row)


def _check_fits(
    form: BattleForm, sides: int, outcome: Outcome | None, ranking: Tiers | None
) -> None:
    """Refuse an order for a pair, the other way round, or sides that the battle lacks."""
    ranks = form is BattleForm.RANKING
    if outcome not in (None, Outcome.SKIP) and ranks is not (outcome is Outcome.RANKING):
        allowed = "ranking, skip" if ranks else "left, right, tie, both_good, both_bad, skip"
        raise InputError(f"outcome: got {str(outcome)!r}; allowed for this battle: {allowed}")
    if (ranking is None) is (outcome is Outcome.RANKING):
        raise InputError(
            f"ranking: got {ranking} with outcome {outcome!r}; allowed: an order with 'ranking', "
            "and with nothing else"
        )
    places = [side for tier in ranking or () for side in tier]
    fits = len(places) >= 2 and len(places) == len(set(places)) and set(places) <= set(range(sides))
    if ranking is not None and not fits:
        raise InputError(
            f"ranking: got {ranking}; allowed: tiers that hold at least two of the sides 0 to "
            f"{sides - 1}, each at most once"
        )


def _check_best(best: tuple[int, int] | None, sides: int, images: int) -> None:
    """Refuse an image that the battle did not show."""
    if best is not None and not (0 <= best[0] < sides and 0 <= best[1] < images):
        raise InputError(
            f"best: got {best}; allowed: a side 0 to {sides - 1} and a place 0 to {images - 1}"
        )


def _possible(number: int | None, most: int) -> int | None:
    return number if number is not None and 0 <= number <= most else None


def vote_row(row: sqlite3.Row) -> Vote:
    """Read one row of :data:`SELECT_VOTE`."""
    best = None if row["best_side"] is None else (row["best_side"], row["best_position"])
    return Vote(
        id=row["id"],
        battle_id=row["battle_id"],
        annotator_id=row["annotator_id"],
        kind=EventKind(row["kind"]),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        models=tuple(json.loads(row["models"])),
        prompt=row["text"],
        category=row["category"],
        mode=BattleMode(row["mode"]),
        supersedes=row["supersedes"],
        cast_at=to_moment(row["cast_at"]),
        ranking=None if row["ranking"] is None else tuple(map(tuple, json.loads(row["ranking"]))),
        remarks=Remarks(
            reasons=tuple(ReasonTag(name) for name in json.loads(row["reasons"])),
            best=best,
            skip_reason=row["skip_reason"],
            dwell_ms=row["dwell_ms"],
            zooms=row["zooms"],
        ),
        form=BattleForm(row["form"]),
        campaign=row["campaign"],
    )
