"""Votes by the million: as columns of numbers, and written into a database as the app would leave it."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from gemrec.leaderboard import Counts, counts_from_codes
from gemrec.leaderboard.davidson import pair_probabilities
from gemrec.store import Store

OUTCOMES = ("left", "right", "tie", "both_good", "both_bad")
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Votes as columns of numbers: (K,) positions of models, people, categories and outcomes."""

    models: list[str]
    people: list[str]
    categories: list[str]
    first: np.ndarray
    second: np.ndarray
    outcome: np.ndarray
    person: np.ndarray
    category: np.ndarray

    @property
    def size(self) -> int:
        """How many votes."""
        return len(self.first)

    def only(self, chosen: np.ndarray) -> "World":
        """The votes that a (K,) mask picks."""
        columns = ("first", "second", "outcome", "person", "category")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def counts(self) -> Counts:
        return counts_from_codes(
            models=self.models,
            annotators=self.people,
            categories=self.categories,
            first=self.first,
            second=self.second,
            annotator=self.person,
            category=self.category,
            cells=(self.outcome == np.arange(5)[:, None]).view(np.int8),
        )


def make_world(
    seed: int,
    models: list[str],
    *,
    votes: int,
    people: int,
    categories: list[str],
    taste: float = 0.0,
    log_nu: float = float(np.log(0.55)),
) -> World:
    """Davidson votes on random pairs; ``taste`` is how far people differ, in logits.

    With the default tie parameter and strengths about 20% of the votes are ties.
    """
    rng = np.random.default_rng(seed)
    size = len(models)
    strength = rng.normal(0, 0.6, size)
    likes = strength + taste * rng.normal(size=(people, size))
    first = rng.integers(0, size, votes)
    second = (first + rng.integers(1, size, votes)) % size
    person = rng.integers(0, people, votes)
    p, q, _ = pair_probabilities(likes[person, first] - likes[person, second], log_nu)
    draw = rng.random(votes)
    return World(
        models=models,
        people=[f"person-{i:03}" for i in range(people)],
        categories=categories,
        first=first,
        second=second,
        outcome=np.where(draw < p, 0, np.where(draw < p + q, 1, 2)),
        person=person,
        category=rng.integers(0, len(categories), votes),
    )


def fill(path: Path, world: World, days: float = 30) -> None:
    """Write the votes into a new database, spread evenly over ``days``, with their count table."""
    Store(path).close()
    size = len(world.first)
    step = timedelta(days=days) / size
    moments = [(START + i * step).isoformat(timespec="microseconds") for i in range(size)]
    people = [world.people[i] for i in world.person.tolist()]
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.executemany(
            "INSERT INTO annotator VALUES (?, ?, ?)",
            [(name, name.title(), moments[0]) for name in world.people],
        )
        db.executemany(
            "INSERT OR IGNORE INTO model (id, name, first_seen_at) VALUES (?, ?, ?)",
            [(name, name, moments[0]) for name in world.models],
        )
        db.executemany(
            "INSERT INTO prompt (id, text, category) VALUES (?, ?, ?)",
            [(i, f"a picture of {name}", name) for i, name in enumerate(world.categories)],
        )
        db.executemany(
            "INSERT INTO battle (id, annotator_id, prompt_id, mode, form, seeds, policy, opened_at) "
            "VALUES (?, ?, ?, 'blind', 'pair', '[0]', 'uniform', ?)",
            ((str(i), *row) for i, row in enumerate(zip(people, world.category.tolist(), moments,
                                                        strict=True))),
        )  # fmt: skip
        for side, column in enumerate((world.first, world.second)):
            db.executemany(
                "INSERT INTO battle_side VALUES (?, ?, ?)",
                ((str(i), side, world.models[model]) for i, model in enumerate(column.tolist())),
            )
        db.executemany(
            "INSERT INTO vote (battle_id, annotator_id, kind, outcome, cast_at) "
            "VALUES (?, ?, 'cast', ?, ?)",
            ((str(i), person, OUTCOMES[outcome], moment) for i, (person, outcome, moment) in
             enumerate(zip(people, world.outcome.tolist(), moments, strict=True))),
        )  # fmt: skip
        db.execute(_COUNT)
    db.close()


_COUNT = """
INSERT INTO vote_count
SELECT min(l.model_id, r.model_id) AS a, max(l.model_id, r.model_id) AS b, prompt.category,
  vote.annotator_id, '', 2,
  sum(outcome = CASE WHEN l.model_id < r.model_id THEN 'left' ELSE 'right' END),
  sum(outcome = CASE WHEN l.model_id < r.model_id THEN 'right' ELSE 'left' END),
  sum(outcome = 'tie'), sum(outcome = 'both_good'), sum(outcome = 'both_bad')
FROM vote JOIN battle ON battle.id = vote.battle_id JOIN prompt ON prompt.id = battle.prompt_id
JOIN battle_side AS l ON l.battle_id = battle.id AND l.side = 0
JOIN battle_side AS r ON r.battle_id = battle.id AND r.side = 1
GROUP BY a, b, prompt.category, vote.annotator_id
"""
