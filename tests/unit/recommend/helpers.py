"""A small study on a real database: models, people, pictures, votes."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from gemrec.catalog import Catalog
from gemrec.recommend import Refresher
from gemrec.records import (
    Battle,
    BattleForm,
    BattleMode,
    EventKind,
    Image,
    Model,
    ModelSource,
    Outcome,
    Prompt,
    Tiers,
    Vote,
)
from gemrec.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENCODER = "test"
CAT = Prompt("a cat", "animal")


def make_model(model_id: str, downloads: int = 100, retired: bool = False) -> Model:
    return Model(
        id=model_id,
        name=model_id.title(),
        source=ModelSource("scripted", model_id),
        downloads=downloads,
        retired=retired,
    )


def make_catalog(models: Sequence[str | Model]) -> Catalog:
    entries = [make_model(m) if isinstance(m, str) else m for m in models]
    return Catalog({model.id: model for model in entries})


class Study:
    """Everything a refresher reads, with shorthand for filling it."""

    def __init__(self, folder: Path, models: Sequence[str | Model]) -> None:
        self.catalog = make_catalog(models)
        self.store = Store(folder / "gemrec.db")
        self.store.models.sync(self.catalog.models.values(), NOW)
        self.people: dict[str, str] = {}
        self._number = 0

    def person(self, name: str) -> str:
        if name not in self.people:
            self.people[name] = self.store.annotators.create(name, NOW).id
        return self.people[name]

    def vote(
        self,
        name: str,
        left: str,
        right: str,
        outcome: Outcome,
        prompt: Prompt = CAT,
        mode: BattleMode = BattleMode.BLIND,
    ) -> Vote:
        return self._cast(name, (left, right), outcome, None, prompt, mode)

    def rank(self, name: str, models: Sequence[str], ranking: Tiers, prompt: Prompt = CAT) -> Vote:
        return self._cast(name, tuple(models), Outcome.RANKING, ranking, prompt, BattleMode.BLIND)

    def _cast(
        self,
        name: str,
        models: tuple[str, ...],
        outcome: Outcome,
        ranking: Tiers | None,
        prompt: Prompt,
        mode: BattleMode,
    ) -> Vote:
        self._number += 1
        person, battle_id = self.person(name), f"b{self._number}"
        self.store.battles.open(
            Battle(
                battle_id,
                person,
                prompt.text,
                prompt.category,
                mode,
                models,
                (1,),
                "test",
                None,
                NOW,
                BattleForm.PAIR if ranking is None else BattleForm.RANKING,
            )
        )
        ticket = f"t{self._number}"
        self.store.tickets.issue(ticket, battle_id, person, NOW, NOW + timedelta(hours=1))
        return self.store.votes.cast(ticket, outcome, NOW, ranking=ranking)

    def prefer(self, name: str, winner: str, loser: str, times: int = 1, **more: Prompt) -> None:
        for turn in range(times):  # both sides in turn
            sides = (winner, loser) if turn % 2 == 0 else (loser, winner)
            self.vote(name, *sides, (Outcome.LEFT, Outcome.RIGHT)[turn % 2], **more)

    def undo(self, vote: Vote) -> Vote:
        return self.store.votes.append_change(vote.id, EventKind.UNDO, None, NOW)

    def edit(self, vote: Vote, outcome: Outcome, ranking: Tiers | None = None) -> Vote:
        return self.store.votes.append_change(
            vote.id, EventKind.EDIT, outcome, NOW, ranking=ranking
        )

    def picture(
        self, model_id: str, prompt: Prompt, seed: int, vector: np.ndarray | None = None
    ) -> Image:
        digest = hashlib.sha256(f"{model_id}{prompt.text}{seed}".encode()).hexdigest()
        image = self.store.images.add(
            digest=digest,
            model_id=model_id,
            prompt=prompt,
            seed=seed,
            parameters="p",
            parameters_json="{}",
            width=8,
            height=8,
            seconds=None,
            now=NOW,
        )
        if vector is not None:
            self.store.vectors.put(ENCODER, {digest: vector.astype(np.float32)})
        return image

    def refresher(self) -> Refresher:
        return Refresher(self.store, self.catalog, ENCODER, lambda: NOW)


def pictures_by_style(
    study: Study,
    styles: Mapping[str, int],
    prompts: Sequence[Prompt],
    rng: np.random.Generator,
    seeds: int = 2,
    dim: int = 32,
) -> None:
    """Pictures whose vectors are prompt content plus the model's style plus noise."""
    for prompt in prompts:
        content = rng.normal(size=dim)
        for model_id, style in styles.items():
            for seed in range(seeds):
                vector = content + 0.1 * rng.normal(size=dim)
                vector[style] += 3.0
                study.picture(model_id, prompt, seed, vector / np.linalg.norm(vector))
