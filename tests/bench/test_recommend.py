"""From one vote to the next recommendation, at the size of the shipped models."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from gemrec.recommend import recommend
from gemrec.records import Outcome, Prompt
from tests.unit.recommend.helpers import Study, make_model, pictures_by_style

pytestmark = pytest.mark.bench

MODELS, PROMPTS, VOTES, PEOPLE, MEASURED = 12, 24, 300, 6, 60


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    folder: Path = tmp_path_factory.mktemp("recommend")
    study = Study(folder, [make_model(f"m{i}", 10 * (i + 1)) for i in range(MODELS)])
    rng = np.random.default_rng(0)
    prompts = [Prompt(f"a thing {i}", f"kind {i % 12}") for i in range(PROMPTS)]
    styles = {f"m{i}": i for i in range(MODELS)}
    pictures_by_style(study, styles, prompts, rng, seeds=4, dim=128)
    for _ in range(VOTES):
        cast(study, rng)
    yield study
    study.store.close()


def cast(study: Study, rng: np.random.Generator) -> None:
    left, right = rng.permutation(MODELS)[:2]
    outcome = list(Outcome)[int(rng.integers(3))]
    person, prompt = f"p{rng.integers(PEOPLE)}", int(rng.integers(PROMPTS))
    where = Prompt(f"a thing {prompt}", f"kind {prompt % 12}")
    study.vote(person, f"m{left}", f"m{right}", outcome, where)


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def test_one_vote_is_taken_in_within_5_ms(study: Study) -> None:
    rng, refresher = np.random.default_rng(1), study.refresher()
    refresher.rebuild()
    prompt = Prompt("a thing 3", "kind 3")
    refreshed, answered = [], []
    for _ in range(MEASURED):
        cast(study, rng)
        person = study.store.votes.after(refresher.current().last_vote_id)[0].annotator_id
        refreshed.append(milliseconds(refresher.refresh))
        snapshot = refresher.current()
        ask = partial(recommend, snapshot, study.catalog, person, prompt)
        answered.append(milliseconds(ask))
    print(
        f"vote to snapshot {np.median(refreshed):.2f} ms, snapshot to recommendation "
        f"{np.median(answered):.2f} ms (medians of {MEASURED})"
    )
    assert np.median(refreshed) < 5.0
    assert np.median(answered) < 15.0
