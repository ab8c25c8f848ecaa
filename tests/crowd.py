"""Databases with many votes, and tickets to cast more: written in bulk, as years of use would."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from PIL import Image

from gemrec.arena import TicketOffice
from gemrec.images import ImageFiles
from gemrec.records import Outcome, Prompt
from gemrec.services import TICKET_SECRET
from gemrec.store import Store

NOW = datetime.now(UTC)
OUTCOMES = (Outcome.LEFT, Outcome.LEFT, Outcome.RIGHT, Outcome.TIE, Outcome.BOTH_BAD)


@dataclass(frozen=True)
class Crowd:
    """Who and what a database is filled with.

    Attributes:
        people: How many annotators.
        models: Ids of models that the store knows, best first.
        prompts: What they are asked for.
    """

    people: int
    models: Sequence[str]
    prompts: Sequence[Prompt]


def fill(store: Store, crowd: Crowd, votes: int, rng: Random) -> None:
    """Add finished battles: the model that comes earlier in the list wins more often."""
    prompts = _basics(store, crowd)
    start = store.votes.last_id()
    with closing(sqlite3.connect(store.path)) as connection, connection:
        for number in range(start, start + votes):
            left, right = rng.sample(range(len(crowd.models)), 2)
            better = Outcome.LEFT if left < right else Outcome.RIGHT
            outcome = better if rng.random() < 0.6 else rng.choice(OUTCOMES)
            person = f"person{rng.randrange(crowd.people)}"
            at = (NOW - timedelta(seconds=votes + start - number)).isoformat(
                timespec="microseconds"
            )
            pair = (crowd.models[left], crowd.models[right])
            _battle(connection, f"done{number}", person, rng.choice(prompts), pair, at)
            connection.execute(
                "INSERT INTO vote (battle_id, annotator_id, kind, outcome, cast_at, reasons, "
                "skip_reason) VALUES (?, ?, 'cast', ?, ?, '[]', '')",
                (f"done{number}", person, outcome.value, at),
            )
    store.votes.rebuild_counts()


def draw(store: Store, images: ImageFiles, crowd: Crowd, per_prompt: int) -> None:
    """Add images of every model for every prompt."""
    for m, model in enumerate(crowd.models):
        for p, prompt in enumerate(crowd.prompts):
            for seed in range(per_prompt):
                colour = (m * 67 % 256, p * 31 % 256, seed * 90 % 256)
                file = images.put(Image.new("RGB", (32, 32), colour))
                store.images.add(
                    digest=file.digest, model_id=model, prompt=prompt, seed=seed, parameters="p",
                    parameters_json="{}", width=32, height=32, seconds=None, now=NOW,
                )  # fmt: skip


def open_tickets(
    store: Store, crowd: Crowd, each: int, rng: Random, clock: Callable[[], datetime]
) -> dict[str, list[str]]:
    """Open battles that wait for a vote; signed tickets by annotator id."""
    prompts = _basics(store, crowd)
    office = TicketOffice(store.secrets.get_or_create(TICKET_SECRET), store, clock, 120)
    issued, expires = (
        moment.isoformat(timespec="microseconds")
        for moment in (clock(), clock() + timedelta(hours=2))
    )
    tickets: dict[str, list[str]] = {}
    run = rng.getrandbits(48)
    with closing(sqlite3.connect(store.path)) as connection, connection:
        for p in range(crowd.people):
            for k in range(each):
                name = f"{run:012x}x{p}x{k}"
                pair = rng.sample(list(crowd.models), 2)
                _battle(connection, name, f"person{p}", rng.choice(prompts), pair, issued)
                connection.execute(
                    "INSERT INTO ticket (id, battle_id, annotator_id, issued_at, expires_at) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (name, name, f"person{p}", issued, expires),
                )
                tickets.setdefault(f"person{p}", []).append(office.sign(name))
    return tickets


def _basics(store: Store, crowd: Crowd) -> list[int]:
    """The people and the prompts; ids of the prompts."""
    for p in range(crowd.people):
        if store.annotators.get(f"person{p}") is None:
            store.annotators.create(f"Person {p}", NOW, f"person{p}")
    with closing(sqlite3.connect(store.path)) as connection, connection:
        for prompt in crowd.prompts:
            connection.execute(
                "INSERT INTO prompt (text, category) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (prompt.text, prompt.category),
            )
        texts = {prompt.text for prompt in crowd.prompts}
        rows = connection.execute("SELECT id, text FROM prompt").fetchall()
    return [number for number, text in rows if text in texts]


def _battle(
    connection: sqlite3.Connection,
    name: str,
    person: str,
    prompt: int,
    models: Sequence[str],
    at: str,
) -> None:
    connection.execute(
        "INSERT INTO battle (id, annotator_id, prompt_id, mode, form, seeds, policy, propensity, "
        "opened_at) VALUES (?, ?, ?, 'blind', 'pair', ?, 'uniform', 0.5, ?)",
        (name, person, prompt, json.dumps([0, 1]), at),
    )
    connection.executemany(
        "INSERT INTO battle_side (battle_id, side, model_id) VALUES (?, ?, ?)",
        [(name, side, model) for side, model in enumerate(models)],
    )


def prepare_server(folder: Path, models: str) -> tuple[Store, ImageFiles]:
    """A data folder as a server with this catalog would leave it; the store is open."""
    from gemrec.services import build_services  # noqa: PLC0415
    from tests.browser.server import settings_of  # noqa: PLC0415

    services = build_services(settings_of(folder, models))
    services.close()
    return Store(services.settings.database), services.images
