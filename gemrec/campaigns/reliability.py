"""Whom to trust how much: one-coin Dawid-Skene (Zhang et al. 2016, "Spectral methods meet EM") by crowd-kit."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gemrec.campaigns.quality import Rated

FEWEST_UNITS: Final = 10
"""Units, judged by others too, below which a person's reliability is not told."""

_LEVEL: Final = 0.95
_EM_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often one person gives the answer that the model holds for true.

    Attributes:
        annotator: Who.
        skill: The model's estimate, 0..1.
        low: Lower end of its 95% interval (bootstrap over units).
        high: Upper end.
        n: Units they judged.
    """

    annotator: str
    skill: float
    low: float
    high: float
    n: int


def reliabilities(
    rated: Sequence[Rated], rng: np.random.Generator, draws: int = 30
) -> tuple[Reliability, ...]:
    """One-coin Dawid-Skene skills, the least reliable first; shown, never applied to the board.

    Nobody is named who judged fewer than `FEWEST_UNITS` units that somebody else judged too: a handful
    says nothing about a person.

    Args:
        rated: Judgements; a person's first on a unit counts.
        rng: For the intervals.
        draws: Samples of the bootstrap.
    """
    first: dict[tuple[str, str], str] = {}
    for one in rated:
        first.setdefault((one.unit, one.annotator), one.answer)
    shared = Counter(unit for unit, _ in first)
    rows = [(unit, who, answer) for (unit, who), answer in first.items() if shared[unit] > 1]
    if len({answer for *_, answer in rows}) < 2:
        return ()
    skills = _skills(rows)
    units = sorted({unit for unit, *_ in rows})
    by_unit: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for unit, who, answer in rows:
        by_unit[unit].append((who, answer))
    drawn: dict[str, list[float]] = defaultdict(list)
    for _ in range(draws):
        chosen = rng.choice(len(units), len(units))
        again = [
            (f"{place}", who, answer)
            for place, number in enumerate(chosen)
            for who, answer in by_unit[units[number]]
        ]
        if len({answer for *_, answer in again}) < 2:
            continue
        for who, skill in _skills(again).items():
            drawn[who].append(skill)
    counts = Counter(who for _, who, _ in rows)
    found = []
    for who, skill in skills.items():
        if counts[who] < FEWEST_UNITS:
            continue
        low, high = np.quantile(drawn[who] or [skill], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        found.append(Reliability(who, skill, float(low), float(high), counts[who]))
    return tuple(sorted(found, key=lambda one: (one.skill, one.annotator)))


def _skills(rows: Sequence[tuple[str, str, str]]) -> Mapping[str, float]:
    import pandas as pd  # noqa: PLC0415 - slow to import
    from crowdkit.aggregation import OneCoinDawidSkene  # noqa: PLC0415 - slow to import

    frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    model: Any = OneCoinDawidSkene(n_iter=_EM_STEPS)
    return {str(who): float(skill) for who, skill in model.fit(frame).skills_.items()}
