"""From a vote in the database to the next recommendation, beside very many votes and pictures."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from gemrec.recommend import recommend
from gemrec.records import Battle, BattleForm, BattleMode, Outcome, Prompt
from gemrec.services import let_answers_through
from tests.bench.filled import fill, make_world
from tests.unit.recommend.helpers import ENCODER, NOW, Study, make_model

pytestmark = pytest.mark.bench

DIM = 64
OF_THE_PERSON, PEOPLE, MEASURED, WARM = 1000, 100, 400, 10
KINDS = [f"kind {i}" for i in range(12)]
CASES = ((10_000, 200, 90, 5.0), (100_000, 200, 90, 5.0), (100_000, 10_000, 2, 20.0))
"""Votes in all, models, prompts with a picture by each model, and most milliseconds of 99 in 100."""

MEDIANS: dict[tuple[int, int], float] = {}


class Filled(Study):
    """A study of many votes, a thousand of them by one person, and many pictures."""

    def __init__(self, folder: Path, votes: int, models: int, prompts: int) -> None:
        names = [f"m{i:05}" for i in range(models)]
        world = make_world(0, names, votes=votes, people=PEOPLE, categories=KINDS, taste=0.5)
        rng = np.random.default_rng(0)
        other = world.person == 0  # the one who votes on has exactly as many as is said
        world.person[other] = 1 + rng.integers(PEOPLE - 1, size=int(other.sum()))
        world.person[rng.choice(votes, OF_THE_PERSON, replace=False)] = 0
        fill(folder / "gemrec.db", world)
        super().__init__(folder, [make_model(n, 10 * (i + 1)) for i, n in enumerate(names)])
        self.me, self.names, self.prompts, self.rng = world.people[0], names, prompts, rng
        self.draw_pictures()

    def draw_pictures(self) -> None:
        """Prompt content plus the model's style plus noise."""
        styles = self.rng.normal(size=(len(self.names), DIM))
        for number in range(self.prompts):
            content = 2 * self.rng.normal(size=DIM)
            where = Prompt(f"a thing number {number}", KINDS[number % len(KINDS)])
            vectors = {}
            for row, name in enumerate(self.names):
                image = self.picture(name, where, number)
                vector = styles[row] + content + 0.5 * self.rng.normal(size=DIM)
                vectors[image.digest] = (vector / np.linalg.norm(vector)).astype(np.float32)
            self.store.vectors.put(ENCODER, vectors)

    def vote_once_more(self) -> int:
        left, right = self.rng.choice(self.names, 2, replace=False).tolist()
        number = int(self.rng.integers(self.prompts))
        self._number += 1
        ticket, kind = f"new{self._number}", KINDS[number % len(KINDS)]
        battle = Battle(
            ticket, self.me, f"a thing number {number}", kind, BattleMode.BLIND,
            (left, right), (1,), "test", None, NOW, BattleForm.PAIR,
        )  # fmt: skip
        self.store.battles.open(battle)
        self.store.tickets.issue(ticket, ticket, self.me, NOW, NOW + timedelta(hours=1))
        outcome = list(Outcome)[int(self.rng.integers(3))]
        return self.store.votes.cast(ticket, outcome, NOW).id


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def megabytes() -> float:
    return psutil.Process().memory_info().rss / 2**20


@pytest.mark.parametrize(("votes", "models", "prompts", "most"), CASES)
def test_a_vote_is_taken_in_and_answered(
    votes: int, models: int, prompts: int, most: float, tmp_path: Path
) -> None:
    """What is waited for: the vote in the snapshot, then models, pictures and reasons."""
    let_answers_through()  # as a server does
    filled = Filled(tmp_path, votes, models, prompts)
    before = megabytes()
    refresher = filled.refresher()
    refresher.load()
    refresher.start()
    spent: list[list[float]] = [[], [], []]
    try:
        for _ in range(MEASURED):
            new, prompt = filled.vote_once_more(), Prompt("a thing number 1", "kind 1")
            taken = milliseconds(lambda: refresher.wait_for(new, 10.0))  # noqa: B023
            ask = partial(recommend, refresher.current(), filled.catalog, filled.me, prompt)
            answered = milliseconds(ask)
            for column, value in zip(spent, (taken, answered, taken + answered), strict=True):
                column.append(value)
            time.sleep(0.01)  # nobody votes without a pause, and a fit may go on meanwhile
    finally:
        refresher.close()
        filled.store.close()
    print(
        f"\n{votes:,} votes, {models:,} models, {models * prompts:,} pictures, {OF_THE_PERSON:,} "
        f"votes of the person; {megabytes() - before:.0f} MB are held"
    )
    for name, column in zip(("vote to snapshot", "recommendation", "both"), spent, strict=True):
        warm = column[WARM:]
        print(
            f"  {name:18s} median {np.median(warm):6.2f} ms, p99 {np.quantile(warm, 0.99):6.2f} ms"
        )
    print(f"  asked: p99 at most {most:.0f} ms")
    MEDIANS[votes, models] = float(np.median(spent[2][WARM:]))


def test_ten_times_the_votes_take_no_longer() -> None:
    (few, many), (_, wide) = ([MEDIANS[c[:2]] for c in part] for part in (CASES[:2], CASES[1:]))
    print(f"\nten times the votes in all: {many / few:.2f} of the time")
    print(f"fifty times the models: {wide / many:.1f} times the time")
    assert many < 1.5 * few
    assert wide < 8 * many
