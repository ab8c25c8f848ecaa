from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scipy.stats import binomtest

from gemrec.arena import FlagKind, find_flags
from gemrec.arena.flags import QUICK_MS, two_sided
from gemrec.records import BattleMode, EventKind, Outcome, Remarks, Vote

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def vote(number: int, outcome: Outcome = Outcome.LEFT, dwell: int | None = None, **fields) -> Vote:
    made = Vote(
        number, f"b{number}", "ann", EventKind.CAST, outcome, ("red", "green"), f"prompt {number}",
        "", BattleMode.BLIND, None, NOW, remarks=Remarks(dwell_ms=dwell),
    )  # fmt: skip
    return replace(made, **fields)


def kinds(votes) -> list[FlagKind]:
    return [flag.kind for flag in find_flags(votes)]


def alternating(number: int) -> Outcome:
    return (Outcome.LEFT, Outcome.RIGHT)[number % 2]


def test_ordinary_votes_have_no_flags():
    assert kinds(vote(n, alternating(n), dwell=4000) for n in range(60)) == []


def test_too_fast():
    def votes(quick: int, of: int):
        for n in range(of):
            yield vote(n, alternating(n), dwell=QUICK_MS - 1 if n < quick else QUICK_MS)

    assert kinds(votes(6, 10)) == [FlagKind.TOO_FAST]
    assert kinds(votes(5, 10)) == []
    assert kinds(votes(9, 9)) == []
    assert kinds(vote(n, alternating(n)) for n in range(50)) == []


def test_always_one_side():
    assert kinds(vote(n) for n in range(20)) == [FlagKind.ONE_SIDED]
    assert kinds(vote(n) for n in range(19)) == []
    assert kinds(vote(n, mode=BattleMode.NAMED) for n in range(40)) == []
    ties = [vote(n, Outcome.TIE) for n in range(40)]
    assert kinds([*ties, *(vote(n) for n in range(40, 59))]) == []
    (flag,) = find_flags(vote(n, Outcome.LEFT if n < 2 else Outcome.RIGHT) for n in range(25))
    assert (flag.annotator_id, flag.detail) == ("ann", "2 of 25 votes for the left side")


def test_disagreement_with_own_repeats():
    def repeated(against: int, of: int):
        for n in range(of):
            yield vote(2 * n, alternating(n), prompt=f"p{n}")
            swapped = vote(2 * n + 1, prompt=f"p{n}", models=("green", "red"))
            same = alternating(n + 1)  # the same model, on the other side
            yield replace(swapped, outcome=alternating(n) if n < against else same)

    assert kinds(repeated(3, 5)) == [FlagKind.INCONSISTENT]
    assert kinds(repeated(2, 5)) == []
    assert kinds(repeated(4, 4)) == []


def test_people_are_looked_at_one_by_one():
    votes = [vote(n, annotator_id=("ann", "bob")[n % 2]) for n in range(39)]
    assert [(flag.annotator_id, flag.kind) for flag in find_flags(votes)] == [
        ("ann", FlagKind.ONE_SIDED)
    ]


@pytest.mark.parametrize(("successes", "trials"), [(0, 20), (3, 20), (10, 20), (11, 23), (0, 0)])
def test_the_sign_test_is_scipys(successes, trials):
    expected = binomtest(successes, trials).pvalue if trials else 1.0
    assert two_sided(successes, trials) == pytest.approx(expected)
