"""Battles and the random names under which their images were shown."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from gemrec.errors import InputError
from gemrec.records import (
    LARGEST_RANKING,
    SMALLEST_RANKING,
    Battle,
    BattleForm,
    BattleMode,
    Prompt,
    Showing,
)
from gemrec.store.connection import Database
from gemrec.store.prompts import prompt_row
from gemrec.store.rows import to_moment, to_text

SIDES = (
    "(SELECT json_group_array(model_id) FROM (SELECT model_id FROM battle_side "
    "WHERE battle_side.battle_id = battle.id ORDER BY side))"
)
"""The models of the row's battle as a JSON list, in the order of the sides."""

HAS_VALID_TICKET = (
    "EXISTS (SELECT 1 FROM battle AS other JOIN ticket ON ticket.battle_id = other.id "
    "WHERE other.run_id = king_run.id AND ticket.expires_at > ?)"
)
"""Whether a king's run can still be voted on, or was a moment ago; takes the time of now."""

_SELECT = (
    f"SELECT battle.*, prompt.text, prompt.category, {SIDES} AS models "  # noqa: S608 - a constant
    "FROM battle JOIN prompt ON prompt.id = battle.prompt_id "
)


class Battles:
    """The ``battle`` and ``showing`` tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, battle: Battle) -> None:
        """Store a new battle, and its prompt when that is new.

        Raises:
            InputError: Too few or too many sides for its form, or a pair of one model.
            StoreError: The annotator or a model is unknown, or the id is taken.
        """
        _check_sides(battle)
        with self._database.transaction() as connection:
            prompt_id = prompt_row(connection, Prompt(battle.prompt, battle.category))
            connection.execute(
                "INSERT INTO battle (id, annotator_id, prompt_id, mode, form, seeds, policy, "
                "propensity, opened_at, campaign, run_id, king) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    battle.id,
                    battle.annotator_id,
                    prompt_id,
                    battle.mode.value,
                    battle.form.value,
                    json.dumps(battle.seeds),
                    battle.policy,
                    battle.propensity,
                    to_text(battle.opened_at),
                    battle.campaign,
                    battle.run or None,
                    battle.king,
                ),
            )
            connection.executemany(
                "INSERT INTO battle_side (battle_id, side, model_id) VALUES (?, ?, ?)",
                [(battle.id, side, model_id) for side, model_id in enumerate(battle.models)],
            )

    def get(self, battle_id: str) -> Battle | None:
        """Return one battle, or None."""
        return self._one(_SELECT + "WHERE battle.id = ?", battle_id)

    def latest_open(self, annotator_id: str) -> Battle | None:
        """Return the person's newest battle that has a ticket and no vote, or None.

        Whether that ticket is still valid is for the caller to see.
        """
        return self._one(
            _SELECT + "JOIN ticket ON ticket.battle_id = battle.id AND ticket.vote_id IS NULL "
            "LEFT JOIN vote ON vote.battle_id = battle.id "
            "WHERE ticket.annotator_id = ? AND vote.id IS NULL "
            "ORDER BY ticket.issued_at DESC, battle.rowid DESC LIMIT 1",
            annotator_id,
        )

    def show(self, showings: Sequence[Showing]) -> None:
        """Store the names under which images are about to be shown.

        Raises:
            StoreError: A name is taken, or a battle or image is unknown; none is stored then.
        """
        rows = [(s.name, s.battle_id, s.image_id, s.side, s.position) for s in showings]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO showing (name, battle_id, image_id, side, position) "
                "VALUES (?, ?, ?, ?, ?)",
                rows,
            )

    def showing(self, name: str) -> Showing | None:
        """Return what was shown under this name, or None."""
        with self._database.connect() as connection:
            row = connection.execute("SELECT * FROM showing WHERE name = ?", (name,)).fetchone()
        return None if row is None else _showing(row)

    def showings(self, battle_id: str) -> tuple[Showing, ...]:
        """Return everything shown in one battle, by side and position."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT * FROM showing WHERE battle_id = ? ORDER BY side, position", (battle_id,)
            ).fetchall()
        return tuple(_showing(row) for row in rows)

    def hidden_images(self, now: datetime) -> frozenset[int]:
        """Return the images whose models somebody may not know yet, whoever's they are.

        They are those of blind battles that wait for a vote and of king's runs that go on.
        """
        moment = to_text(now)
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT showing.image_id FROM ticket "  # noqa: S608 - a constant
                "JOIN battle ON battle.id = ticket.battle_id AND battle.mode = 'blind' "
                "JOIN showing ON showing.battle_id = ticket.battle_id "
                "WHERE ticket.vote_id IS NULL AND ticket.expires_at > ? "
                "UNION SELECT showing.image_id FROM king_run "
                "JOIN battle ON battle.run_id = king_run.id "
                "JOIN showing ON showing.battle_id = battle.id "
                f"WHERE king_run.ended_at IS NULL AND {HAS_VALID_TICKET}",
                (moment, moment),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def count_open(self, now: datetime) -> int:
        """Return how many battles still wait for a vote that would be accepted now."""
        with self._database.connect() as connection:
            row = connection.execute(
                "SELECT count(DISTINCT battle_id) FROM ticket "
                "WHERE vote_id IS NULL AND expires_at > ?",
                (to_text(now),),
            ).fetchone()
        return int(row[0])

    def propensities(self) -> dict[str, float]:
        """Probability with which its pair was drawn, per id of each blind battle of a drawn pair."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT id, propensity FROM battle WHERE propensity IS NOT NULL "
                "AND mode = 'blind' AND form = 'pair'"
            ).fetchall()
        return {row[0]: row[1] for row in rows}

    def of_run(self, run_id: str) -> tuple[Battle, ...]:
        """Return the battles of a king's run, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                _SELECT + "WHERE battle.run_id = ? ORDER BY battle.rowid", (run_id,)
            ).fetchall()
        return tuple(map(_battle, rows))

    def _one(self, sql: str, value: str) -> Battle | None:
        with self._database.connect() as connection:
            row = connection.execute(sql, (value,)).fetchone()
        return None if row is None else _battle(row)


def _check_sides(battle: Battle) -> None:
    """Refuse a battle that nobody could vote on."""
    if battle.form is BattleForm.RANKING:
        if not SMALLEST_RANKING <= len(battle.models) <= LARGEST_RANKING:
            raise InputError(
                f"models: got {len(battle.models)} sides to rank; allowed: {SMALLEST_RANKING} to "
                f"{LARGEST_RANKING}"
            )
        return
    if len(battle.models) != len(set(battle.models)) or len(battle.models) != 2:
        raise InputError(
            f"models: got {', '.join(map(repr, battle.models))}; a battle needs two different models"
        )


def _battle(row: sqlite3.Row) -> Battle:
    return Battle(
        id=row["id"],
        annotator_id=row["annotator_id"],
        prompt=row["text"],
        category=row["category"],
        mode=BattleMode(row["mode"]),
        models=tuple(json.loads(row["models"])),
        seeds=tuple(json.loads(row["seeds"])),
        policy=row["policy"],
        propensity=row["propensity"],
        opened_at=to_moment(row["opened_at"]),
        form=BattleForm(row["form"]),
        campaign=row["campaign"],
        run=row["run_id"] or "",
        king=row["king"],
    )


def _showing(row: sqlite3.Row) -> Showing:
    return Showing(row["name"], row["battle_id"], row["image_id"], row["side"], row["position"])
