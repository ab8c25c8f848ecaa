"""Everybody's part of the utilities, put together from its pieces."""

from datetime import UTC, datetime

import numpy as np

from gemrec.preference import Contests, Everybody, FeatureTable, Reader, fit_everybody
from gemrec.records import BattleMode, EventKind, Outcome, Vote

MODELS = tuple("abcdefg")
OUTCOMES = list(Outcome)[:5]


def votes(count: int, rng: np.random.Generator) -> list[Vote]:
    return [
        Vote(
            number,
            f"b{number}",
            f"p{rng.integers(4)}",
            EventKind.CAST,
            OUTCOMES[int(rng.integers(5))],
            tuple(rng.permutation(MODELS)[:2].tolist()),
            f"prompt {rng.integers(6)}",
            ("", "x", "y")[number % 3],
            BattleMode.BLIND,
            None,
            datetime(2026, 1, 1, tzinfo=UTC),
        )
        for number in range(1, count + 1)
    ]


def fitted(rng: np.random.Generator) -> tuple[Everybody, Contests]:
    looks = np.concatenate([rng.normal(size=(len(MODELS), 3)), np.zeros((1, 3))])
    table = FeatureTable(dim=3, looks=looks, models={m: i for i, m in enumerate(MODELS)})
    downloads = {m: 10.0**i for i, m in enumerate(MODELS)}
    cast = votes(90, rng)
    everybody = fit_everybody(cast, MODELS, downloads, table)
    return everybody, Reader(MODELS, table, everybody.numbers).read(cast)


def test_the_joint_fit_says_the_same_of_a_person_it_has_never_met() -> None:
    everybody, contests = fitted(np.random.default_rng(0))
    strangers = Contests(**{**vars(contests), "person": np.full(len(contests), -1)})
    told = everybody.tell(contests, -1)
    expected = everybody.joint.differences(strangers)
    np.testing.assert_allclose(told.known, expected, atol=1e-12)
    assert np.abs(told.known).max() > 0.2


def test_utilities_differ_by_what_contests_say() -> None:
    everybody, contests = fitted(np.random.default_rng(1))
    row = int(np.flatnonzero((contests.models < everybody.joint.bar).all(axis=1))[5])
    one = contests.only(np.array([row]))
    models, prompt = one.models[0], int(one.prompt[0])
    features = np.concatenate([one.features, np.zeros((1, 3))])
    first, second = everybody.utilities(models, int(one.category[0]), features, prompt)
    side = everybody.joint.part("side", np.zeros(1, dtype=np.int64))[0] * one.sided[0]
    np.testing.assert_allclose(first - second + side, everybody.tell(one, -1).known[0], atol=1e-12)
