"""How good judgements are: agreement, consistency, gold, sides and time.

All numbers come from well-kept libraries where there is one; each stands with an interval, the number
of things that it rests on, and a sentence. A judgement is what somebody said about a unit: a pair of
models on one prompt, whichever stood on the left.

- Krippendorff's alpha, nominal (Krippendorff 2004, "Content Analysis"): ``krippendorff``.
- Fleiss' kappa (1971) over units with equally many judgements: ``statsmodels``.
- Cohen's kappa (1960), mean over pairs of people, weighted by shared units: ``scikit-learn``.
- Intervals of shares: Wilson (1927): ``statsmodels``; of alpha and kappas: bootstrap over units.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Table = NDArray[np.int64]

_DRAWS: Final = 500
_LEVEL: Final = 0.95
_FEWEST_SHARED: Final = 5  # units that two people share before their kappa counts


@dataclass(frozen=True, slots=True)
class Rated:
    """One judgement.

    Attributes:
        unit: What was judged.
        annotator: By whom.
        answer: What was said, in words that do not depend on the sides.
        left_won: Whether the left side won; None unless one side did.
        dwell_ms: How long it took; None when unknown.
    """

    unit: str
    annotator: str
    answer: str
    left_won: bool | None = None
    dwell_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with what it rests on.

    Attributes:
        name: What it is.
        value: The number; None when too little is there to say.
        low: Lower end of its 95% interval; None with the value.
        high: Upper end.
        n: How many things it rests on.
        of: What those things are.
        meaning: What it says, in a sentence.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    of: str
    meaning: str


# ---- agreement ----------------------------------------------------------------------------------


def count_table(rated: Iterable[Rated]) -> Table:
    """(units, answers) how often each answer was given; units with one judgement are left out.

    Of several judgements of one person on one unit the first counts.
    """
    first: dict[tuple[str, str], str] = {}
    for one in rated:
        first.setdefault((one.unit, one.annotator), one.answer)
    units: dict[str, Counter[str]] = defaultdict(Counter)
    for (unit, _), answer in first.items():
        units[unit][answer] += 1
    answers = sorted({answer for counts in units.values() for answer in counts})
    rows = [[c[a] for a in answers] for c in units.values() if c.total() > 1]
    return np.array(rows, dtype=np.int64).reshape(-1, max(len(answers), 1))


def krippendorff_alpha(table: Table, rng: np.random.Generator) -> Measure:
    """Krippendorff's alpha of nominal answers."""
    import krippendorff  # noqa: PLC0415 - slow to import

    def alpha(counts: Table) -> float:
        counts = counts[:, counts.sum(axis=0) > 0]
        if counts.shape[1] < 2:
            return float("nan")
        return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))

    value, low, high = _bootstrap(table, alpha, rng)
    return Measure(
        "Krippendorff's alpha", value, low, high, len(table), "items with two or more judgements",
        _agreement_words(value),
    )  # fmt: skip


def fleiss_kappa(table: Table, rng: np.random.Generator) -> Measure:
    """Fleiss' kappa over the units that have the most common number of judgements."""
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa  # noqa: PLC0415

    sizes = Counter(table.sum(axis=1).tolist())
    usual = max(sizes, key=lambda size: (sizes[size], size), default=0)
    even = table[table.sum(axis=1) == usual] if usual else table

    def value_of(counts: Table) -> float:
        if len(counts) < 2 or (counts.sum(axis=0) > 0).sum() < 2:
            return float("nan")
        return float(kappa(counts))

    value, low, high = _bootstrap(even, value_of, rng)
    return Measure(
        "Fleiss' kappa", value, low, high, len(even), f"items with {usual} judgements each",
        _agreement_words(value),
    )  # fmt: skip


def cohen_kappa(rated: Sequence[Rated], rng: np.random.Generator) -> Measure:
    """Mean of Cohen's kappa over pairs of people who share units, weighted by how many."""
    from sklearn.metrics import cohen_kappa_score  # noqa: PLC0415 - slow to import

    said: dict[str, dict[str, str]] = defaultdict(dict)
    for one in rated:
        said[one.annotator].setdefault(one.unit, one.answer)
    kappas: list[tuple[float, int]] = []
    for first, second in itertools.combinations(sorted(said), 2):
        shared = sorted(said[first].keys() & said[second].keys())
        if len(shared) < _FEWEST_SHARED:
            continue
        answers = [said[first][unit] for unit in shared], [said[second][unit] for unit in shared]
        if len({*answers[0], *answers[1]}) > 1:
            kappas.append((float(cohen_kappa_score(*answers)), len(shared)))
    pairs = np.array(kappas, dtype=np.float64).reshape(-1, 2)

    def mean(rows: Matrix) -> float:
        return float(np.average(rows[:, 0], weights=rows[:, 1])) if len(rows) else float("nan")

    value, low, high = _bootstrap(pairs, mean, rng)
    return Measure(
        "Cohen's kappa", value, low, high, len(pairs), "pairs of people who share items",
        _agreement_words(value),
    )  # fmt: skip


# ---- shares -------------------------------------------------------------------------------------


def share(name: str, hits: int, n: int, of: str, meaning: Callable[[float], str]) -> Measure:
    """A share with its Wilson interval."""
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 - slow to import

    if n == 0:
        return Measure(name, None, None, None, 0, of, "Nothing to go by yet.")
    low, high = proportion_confint(hits, n, alpha=1 - _LEVEL, method="wilson")
    return Measure(name, hits / n, float(low), float(high), n, of, meaning(hits / n))


def own_consistency(rated: Sequence[Rated]) -> Measure:
    """How often people say the same when the same unit comes again."""
    first: dict[tuple[str, str], str] = {}
    same = again = 0
    for one in rated:
        before = first.get((one.unit, one.annotator))
        first.setdefault((one.unit, one.annotator), one.answer)
        again += before is not None
        same += before == one.answer
    return share(
        "Own consistency", same, again, "repeats",
        lambda v: f"Asked again, people gave the same answer {v:.0%} of the time.",
    )  # fmt: skip


def gold_accuracy(answers: Sequence[tuple[str, str]]) -> Measure:
    """How often known answers were given; pairs of what was said and what is known."""
    right = sum(said == known for said, known in answers)
    return share(
        "Gold accuracy", right, len(answers), "gold answers",
        lambda v: f"Items with a known answer were judged right {v:.0%} of the time.",
    )  # fmt: skip


def side_bias(rated: Iterable[Rated]) -> Measure:
    """How often the left side won; fair sides give a half."""
    decided = [one.left_won for one in rated if one.left_won is not None]
    measure = share(
        "Left side wins", sum(decided), len(decided), "decided judgements", lambda v: f"{v:.0%}"
    )
    if measure.value is None or measure.low is None or measure.high is None:
        return measure
    fair = measure.low <= 0.5 <= measure.high
    said = "no sign of a side being favoured" if fair else "one side is favoured"
    words = f"The left side won {measure.value:.0%} of decided judgements: {said}."
    return Measure(
        measure.name, measure.value, measure.low, measure.high, measure.n, measure.of, words
    )


def dwell_time(rated: Iterable[Rated], rng: np.random.Generator) -> Measure:
    """Median time of a judgement, in seconds."""
    times = np.array([o.dwell_ms for o in rated if o.dwell_ms is not None], dtype=np.float64) / 1000
    value, low, high = _bootstrap(times, lambda rows: float(np.median(rows)), rng)
    words = (
        "Nothing to go by yet."
        if value is None
        else f"Half of the judgements took less than {value:.1f} s."
    )
    return Measure(
        "Time per judgement (s)", value, low, high, len(times), "timed judgements", words
    )


def _agreement_words(value: float | None) -> str:
    """Krippendorff's own reading: 0.8 for conclusions, 0.667 for tentative ones."""
    if value is None:
        return "Nothing to go by yet: items must be judged by more than one person."
    if value >= 0.8:
        return "People agree well enough to draw conclusions (0.8 and more)."
    if value >= 0.667:
        return "People agree well enough for tentative conclusions (0.667 to 0.8)."
    if value > 0.1:
        return "People agree more than chance would, as is common for matters of taste."
    return "People agree hardly more than chance would."


def _bootstrap(
    rows: Any, statistic: Callable[[Any], float], rng: np.random.Generator
) -> tuple[float | None, float | None, float | None]:
    """A statistic with its percentile interval over resampled rows; nothing for too few rows."""
    if len(rows) == 0:
        return None, None, None
    value = statistic(rows)
    if not np.isfinite(value):
        return None, None, None
    drawn = [statistic(rows[rng.integers(len(rows), size=len(rows))]) for _ in range(_DRAWS)]
    kept = [one for one in drawn if np.isfinite(one)]
    if not kept:
        return value, None, None
    low, high = np.quantile(kept, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return value, float(low), float(high)
