"""Tastes kept for the next vote give the same answers as tastes made afresh."""

import numpy as np

from gemrec.preference import FeatureTable, fit_everybody, fit_taste
from gemrec.recommend.taste_desk import TasteDesk
from gemrec.records import BattleMode, EventKind, Outcome, Vote
from tests.unit.recommend.helpers import NOW

MODELS = ("a", "b", "c")
TABLE = FeatureTable(
    dim=1, looks=np.array([[1.0], [-1.0], [0.0]]), models={"a": 0, "b": 1}
)  # nobody has seen c's pictures


def vote(number: int, person: str, winner: str, loser: str) -> Vote:
    return Vote(
        number, f"b{number}", person, EventKind.CAST, Outcome.LEFT, (winner, loser), "p", "x",
        BattleMode.BLIND, None, NOW,
    )  # fmt: skip


def test_a_new_everybody_finds_the_last_people_ready() -> None:
    mine = [vote(i, "ann", "a", "b") for i in range(1, 6)]
    others = [vote(i, "bob", "c", "a") for i in range(10, 15)]
    before, after = (fit_everybody(v, MODELS, {}, TABLE) for v in (mine, [*mine, *others]))
    desk = TasteDesk()
    desk.fit("ann", mine, before, TABLE)
    desk.prepare(after, TABLE)
    # Meanwhile the old one is still served, and then the new one, which was fitted before.
    old = desk.fit("ann", mine, before, TABLE)
    assert old.everybody is before
    more = [*mine, vote(20, "ann", "b", "c")]
    found, afresh = desk.fit("ann", more, after, TABLE), fit_taste(more, after, TABLE)
    assert found.everybody is after
    np.testing.assert_allclose(
        found.score_models(MODELS).score, afresh.score_models(MODELS).score, atol=1e-7
    )
    # The second time in a row it starts from the last one.
    assert desk.fit("ann", more, after, TABLE).offers is found.offers


def test_preparing_takes_the_work_from_the_next_fit() -> None:
    mine = [vote(i, "ann", "a", "b") for i in range(1, 6)]
    before, after = (fit_everybody(v, MODELS, {}, TABLE) for v in ((), mine))
    desk = TasteDesk()
    desk.fit("ann", mine, before, TABLE)
    desk.prepare(after, TABLE)
    ready = desk._ready["ann"]
    assert desk.fit("ann", mine, after, TABLE).offers is ready.offers
