"""What looks odd about somebody's votes: a hint to the owner, who decides; nothing is dropped.

All three rules want enough votes before they say anything, and each names its numbers.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gemrec.records import BattleMode, Outcome, Vote

QUICK_MS = 700
"""A look at two grids takes longer: an eye rests for 200 to 300 ms on each thing it reads (Rayner
1998, "Eye movements in reading and information processing"), and there are at least two."""

LEAST_TIMED = 10  # votes with a known dwell time
LEAST_DECIDED = 20  # votes for one side
LEAST_REPEATS = 5  # pairs decided more than once
RARE = 0.001
"""Probability below which fair sides would come out so one-sided."""


class FlagKind(StrEnum):
    """What looks odd."""

    TOO_FAST = "too_fast"
    ONE_SIDED = "one_sided"
    INCONSISTENT = "inconsistent"


@dataclass(frozen=True, slots=True)
class Flag:
    """Something odd about one person's votes.

    Attributes:
        annotator_id: Whose.
        kind: What.
        detail: The numbers, in words.
    """

    annotator_id: str
    kind: FlagKind
    detail: str


def find_flags(votes: Iterable[Vote]) -> tuple[Flag, ...]:
    """Look at votes that stand.

    Args:
        votes: Anybody's, in the order in which they were cast.

    Returns:
        Flags by annotator.
    """
    by_person: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_person[vote.annotator_id].append(vote)
    return tuple(
        Flag(person, kind, detail)
        for person, theirs in sorted(by_person.items())
        for kind, detail in _oddities(theirs)
    )


def _oddities(votes: Sequence[Vote]) -> Iterator[tuple[FlagKind, str]]:
    times = [v.remarks.dwell_ms for v in votes if v.remarks.dwell_ms is not None]
    quick = sum(time < QUICK_MS for time in times)
    if len(times) >= LEAST_TIMED and quick > len(times) / 2:
        yield FlagKind.TOO_FAST, f"{quick} of {len(times)} votes within {QUICK_MS} ms"
    decided = [v.outcome for v in votes if _is_decided(v) and v.mode is BattleMode.BLIND]
    left = decided.count(Outcome.LEFT)
    if len(decided) >= LEAST_DECIDED and two_sided(left, len(decided)) < RARE:
        yield FlagKind.ONE_SIDED, f"{left} of {len(decided)} votes for the left side"
    against, repeats = _repeats(votes)
    if repeats >= LEAST_REPEATS and against >= repeats / 2:
        yield FlagKind.INCONSISTENT, f"{against} of {repeats} repeated pairs decided the other way"


def _is_decided(vote: Vote) -> bool:
    return vote.outcome in (Outcome.LEFT, Outcome.RIGHT)


def _repeats(votes: Sequence[Vote]) -> tuple[int, int]:
    """How often a pair on the same prompt was decided the other way than before, of how many."""
    winners: dict[tuple[str, frozenset[str]], str] = {}
    against = repeats = 0
    for vote in filter(_is_decided, votes):
        winner = vote.models[0 if vote.outcome is Outcome.LEFT else 1]
        key = (vote.prompt, frozenset(vote.models))
        before = winners.get(key)
        winners[key] = winner
        repeats += before is not None
        against += before not in (None, winner)
    return against, repeats


def two_sided(successes: int, trials: int) -> float:
    """Exact two-sided p-value of a fair coin (sign test)."""
    tail = min(successes, trials - successes)
    ways = sum(math.comb(trials, k) for k in range(tail + 1))
    return float(min(1.0, 2 * ways / 2**trials))
