"""A recording of deliberately chosen pairs says what randomly drawn pairs would have said."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from gemrec.cli.main import main
from gemrec.evaluation import Recording, replay
from gemrec.evaluation.weighting import CLIP, weighted_mean
from gemrec.preference import FeatureTable
from gemrec.records import Battle, BattleForm, BattleMode, EventKind, Outcome, Vote
from tests.unit.recommend.helpers import Study

MODELS = tuple(f"m{i}" for i in range(6))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STRENGTH = np.array([1.2, 0.9, 0.3, -0.2, -0.8, -1.4])
PAIRS = np.array(list(itertools.combinations(range(6), 2)))
# Downloads name the best model right; close pairs, which are hard to foretell, are shown most.
DOWNLOADS = {m: float(10.0**i) for m, i in zip(MODELS, (5, 4, 3, 2, 1, 0), strict=True)}
CHANCE = np.exp(-2.0 * np.abs(STRENGTH[PAIRS[:, 0]] - STRENGTH[PAIRS[:, 1]]))
CHANCE = 0.1 / len(PAIRS) + 0.9 * CHANCE / CHANCE.sum()


def wins(pair: np.ndarray) -> float:
    return float(1 / (1 + np.exp(STRENGTH[pair[1]] - STRENGTH[pair[0]])))


def recording(count: int, seed: int) -> Recording:
    rng = np.random.default_rng(seed)
    votes, propensities = [], {}
    for number in range(1, count + 1):
        drawn = int(rng.choice(len(PAIRS), p=CHANCE))
        sides = rng.permutation(PAIRS[drawn])
        outcome = Outcome.LEFT if rng.random() < wins(sides) else Outcome.RIGHT
        votes.append(
            Vote(
                number, f"b{number}", f"p{rng.integers(60)}", EventKind.CAST, outcome,
                (MODELS[sides[0]], MODELS[sides[1]]), "a thing", "", BattleMode.BLIND, None, NOW,
            )
        )  # fmt: skip
        propensities[f"b{number}"] = float(CHANCE[drawn])
    return Recording(tuple(votes), propensities, DOWNLOADS, FeatureTable())


def test_what_popularity_is_worth_is_found_among_pairs_drawn_on_purpose() -> None:
    """Popularity orders these models as they are, so its true worth is known."""
    accuracy = np.mean([max(wins(pair), 1 - wins(pair)) for pair in PAIRS])
    win_rate = np.mean([wins(np.array([0, other])) for other in range(1, 6)])
    told = replay(recording(6000, 0), np.random.default_rng(1))
    popularity = next(row for row in told if row.method == "popularity")
    assert popularity.win_rate is not None
    for found, truth in ((popularity.accuracy, accuracy), (popularity.win_rate, win_rate)):
        assert found.low <= truth <= found.high
        assert found.high - found.low < 0.12
        assert found.effective_n < found.n
    # Without weights both would be far off: the hard pairs were shown most.
    as_shown = float(CHANCE @ [max(wins(pair), 1 - wins(pair)) for pair in PAIRS])
    with_best = PAIRS[:, 0] == 0
    picks_as_shown = float(CHANCE[with_best] @ [wins(p) for p in PAIRS[with_best]])
    assert as_shown < popularity.accuracy.low
    assert picks_as_shown / CHANCE[with_best].sum() < popularity.win_rate.low


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    accuracy = np.mean([max(wins(pair), 1 - wins(pair)) for pair in PAIRS])
    rng, held = np.random.default_rng(2), 0
    for _ in range(100):
        drawn = rng.choice(len(PAIRS), p=CHANCE, size=400)
        right = rng.random(400) < [max(wins(PAIRS[d]), 1 - wins(PAIRS[d])) for d in drawn]
        people = [f"p{who}" for who in rng.integers(40, size=400)]
        weights = 1 / len(PAIRS) / CHANCE[drawn]
        told = weighted_mean(right.astype(float), weights, people, rng)
        assert told is not None
        held += told.low <= accuracy <= told.high
    assert held >= 86


def test_even_weights_are_a_plain_mean_and_one_heavy_vote_is_cut() -> None:
    rng = np.random.default_rng(3)
    values = rng.random(50)
    even = weighted_mean(values, np.ones(50), ["a"] * 50, rng)
    assert even is not None
    assert (even.value, even.effective_n) == (pytest.approx(values.mean()), pytest.approx(50))
    heavy = weighted_mean(np.r_[1.0, np.zeros(50)], np.r_[1e9, np.ones(50)], ["a"] * 51, rng)
    assert heavy is not None
    assert heavy.value == pytest.approx(CLIP / (CLIP + 50))
    assert weighted_mean(np.zeros(0), np.zeros(0), [], rng) is None


def test_a_database_is_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study, told = Study(tmp_path, list(MODELS)), recording(60, 4)
    for vote in told.votes:
        person, moment = study.person(vote.annotator_id), NOW + timedelta(seconds=vote.id)
        battle = Battle(
            vote.battle_id, person, vote.prompt, "", BattleMode.BLIND, vote.models, (1,),
            "personal", told.propensities[vote.battle_id], moment, BattleForm.PAIR,
        )  # fmt: skip
        study.store.battles.open(battle)
        study.store.battles.open(replace(battle, id=f"c{vote.id}", propensity=None))
        for ticket in (vote.battle_id, f"c{vote.id}"):
            study.store.tickets.issue(ticket, ticket, person, moment, moment + timedelta(hours=1))
            assert vote.outcome is not None
            study.store.votes.cast(ticket, vote.outcome, moment)
    study.store.close()
    monkeypatch.setenv("GEMREC_DATA", str(tmp_path))
    assert main(["evaluate", "--replay", str(tmp_path / "gemrec.db"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["method"] for row in rows] == [
        "random",
        "popularity",
        "global",
        "personal",
        "gemrec",
    ]
    for row in rows:
        # A fifth of the votes is only learnt from; those on chosen models are not weighed.
        assert row["accuracy_n"] == 48
        assert 1 <= row["accuracy_effective_n"] <= 48
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]


def test_what_cannot_be_replayed_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--replay", str(tmp_path / "none.db"), "--json"]) == 2
    assert "allowed: the SQLite file" in capsys.readouterr().err
    assert main(["evaluate", "--json"]) == 2
    assert "allowed: --votes and --test" in capsys.readouterr().err
