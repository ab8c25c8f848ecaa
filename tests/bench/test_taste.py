"""From one more vote to the person's fresh order of all models, beside a thousand votes of theirs."""

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from gemrec.preference import Asked, Everybody, FeatureTable, Taste, fit_everybody, fit_taste
from gemrec.records import BattleMode, EventKind, Model, ModelSource, Outcome, Vote
from gemrec.retrieval import Shelf, retrieve_models
from gemrec.services import let_answers_through

pytestmark = pytest.mark.bench

VOTES, MEASURED, DIM, PROMPTS = 1000, 200, 24, 90
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


class Setting:
    """Models with features, votes of other people, and one person who votes a lot."""

    def __init__(self, models: int, others: int) -> None:
        self.rng = np.random.default_rng(0)
        names = [f"m{i}" for i in range(models)]
        looks = self.rng.normal(size=(models, DIM)) / np.sqrt(DIM)
        self.features = FeatureTable(
            dim=DIM,
            looks=np.concatenate([looks, np.zeros((1, DIM))]),
            models={name: row for row, name in enumerate(names)},
        )
        self.models = [Model(n, n, ModelSource("scripted", n), downloads=1) for n in names]
        self.shelf = Shelf.of(self.models)
        crowd = [self.vote(f"p{i % 50}", i) for i in range(others)]
        self.everybody: Everybody = fit_everybody(crowd, names, {}, self.features)
        self.votes = [self.vote("ann", i) for i in range(VOTES + MEASURED)]

    def vote(self, person: str, number: int) -> Vote:
        # Recommendations come back to some models more often than to others.
        size = len(self.models)
        sides = (size * self.rng.random(2) ** 2).astype(int)
        sides[1] = (sides[1] + (sides[0] == sides[1])) % size
        left, right = (self.models[i].id for i in sides)
        outcome = list(Outcome)[int(self.rng.integers(5))]
        prompt = f"prompt {self.rng.integers(PROMPTS)}"
        return Vote(
            number, f"b{number}", person, EventKind.CAST, outcome, (left, right), prompt,
            f"kind {number % 12}", BattleMode.BLIND, None, NOW,
        )  # fmt: skip

    def one_more(self, votes: int, before: Taste) -> Taste:
        taste = fit_taste(self.votes[:votes], self.everybody, self.features, before)
        retrieve_models(taste, self.shelf, Asked("kind 1"))
        return taste

    def measure(self) -> list[float]:
        taste = fit_taste(self.votes[:VOTES], self.everybody, self.features)
        spent = []
        for number in range(VOTES + 1, VOTES + MEASURED + 1):
            held: list[Taste] = []
            spent.append(milliseconds(lambda: held.append(self.one_more(number, taste))))  # noqa: B023
            (taste,) = held
        return spent


def test_a_vote_beside_a_thousand() -> None:
    """Nothing grows with the votes of others, and little with the models on offer."""
    let_answers_through()  # as a server does
    spent: dict[tuple[int, int], list[float]] = {}
    for models, others in ((200, 1_000), (200, 10_000), (10_000, 1_000)):
        spent[models, others] = Setting(models, others).measure()
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{models:6,} models, {others:6,} votes of others, {VOTES:,} of the person: vote to order "
            f"median {np.median(spent[models, others]):5.2f} ms, "
            f"p99 {np.quantile(spent[models, others], 0.99):5.2f} ms; {held:.0f} MB so far"
        )
    few, many, wide = (np.median(times) for times in spent.values())
    print(f"ten times the votes of others: {many / few:.2f} of the time")
    assert many < 1.5 * few
    assert wide < 6 * many
