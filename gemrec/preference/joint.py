"""What everybody likes and what each person likes, fitted together to all contests.

The utility difference of a contest is linear in weights with independent normal priors::

    popularity and content of the models, by category too     everybody's likings
    model + (model, category) + (model, prompt)                everybody's offsets
    taste(person) + (person, model) + (person, model, prompt)  one person's part
    side + side(person) + side(person, prompt)                 a liking for the left

and the outcome follows Davidson's model, with a tie weight of each person's own. The posterior
mode is found by Newton's method, its steps by preconditioned conjugate gradients, so that time and
memory are proportional to the number of contests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from gemrec.errors import StoppedError
from gemrec.preference.contests import Contests, Integers
from gemrec.preference.davidson import Array, moments
from gemrec.preference.design import Design, Likings, Offsets, find_offsets
from gemrec.preference.scales import LOG_NU_MEAN, LOG_NU_VARIANCE, POPULARITY_MEAN, Scales

_STEPS: Final = 40
_INNER_STEPS: Final = 300
_EXACT: Final = (1e-6, 1e-10)  # of a weight, logits; of the squared length of the residual
_ROUGH: Final = (1e-2, 1e-5)
_FIRST_INNER: Final = 1e-3  # of the squared length of the residual
_TIE_STEPS: Final = 2
_LONGEST_TIE_STEP: Final = 1.0  # of the logarithm of a tie weight


@dataclass(frozen=True)
class Joint:
    """The posterior mode; immutable.

    Attributes:
        popularity: (M + 1,) standardised popularity, 0 for the bar.
        offsets: Parts with an offset per key.
        likings: Parts with a weight per feature.
        weights: All weights.
        information: (size,) what the contests tell of each weight, the others held fixed.
        log_nu: Everybody's logarithm of the tie weight.
        own_log_nu: What is added for each person, by number.
        scales: The prior.
        contests: How many contests it was fitted to.
    """

    popularity: Array
    offsets: tuple[Offsets, ...]
    likings: tuple[Likings, ...]
    weights: Array
    information: Array
    log_nu: float
    own_log_nu: Array
    scales: Scales
    contests: int

    @property
    def bar(self) -> int:
        """Number of the bar."""
        return len(self.popularity) - 1

    @property
    def dim(self) -> int:
        """Number of features."""
        content = next(part for part in self.likings if part.name == "content")
        return len(content.root) - 1

    def differences(self, contests: Contests) -> Array:
        """(n,) expected utility differences; what was never met counts as average.

        Args:
            contests: Between any models; the outcomes do not matter.
        """
        design = Design(
            contests,
            self.bar,
            self.popularity,
            list(self.offsets),
            list(self.likings),
            len(self.weights),
        )
        base = POPULARITY_MEAN * (
            self.popularity[contests.models[:, 0]] - self.popularity[contests.models[:, 1]]
        )
        return base + design.differences(self.weights)

    def part(self, name: str, keys: Integers) -> Array:
        """Offsets of some keys of one part; 0 for those never met."""
        for offsets in self.offsets:
            if offsets.name == name:
                at = offsets.find(keys, -1)
                found: Array = np.where(at < 0, 0.0, self.weights[at])
                return found
        return np.zeros(keys.shape)

    def liking(self, name: str, group: int = 0) -> Array:
        """(1 + r,) weight of popularity and of each feature in one part; zeros when unknown."""
        for part in self.likings:
            if part.name == name:
                place = int(np.searchsorted(part.groups, group))
                if place < len(part.groups) and part.groups[place] == group:
                    width = part.root.shape[1]
                    start = part.start + place * width
                    found: Array = part.root @ self.weights[start : start + width]
                    return found
                return np.zeros(part.root.shape[0])
        return np.zeros(1 + self.dim)


def never() -> bool:
    """What is asked whether to give up, where nobody ever does."""
    return False


def fit_joint(
    contests: Contests,
    popularity: Array,
    people: int,
    scales: Scales,
    *,
    rough: bool = False,
    stopped: Callable[[], bool] = never,
) -> Joint:
    """Fit all weights.

    Args:
        contests: Everybody's.
        popularity: (M + 1,) standardised popularity per model, 0 for the bar.
        people: Number of people.
        scales: The prior variances.
        rough: Stop when weights change by less than a hundredth of a logit, for comparing priors.
        stopped: Asked before each of Newton's steps whether to give up.

    Raises:
        StoppedError: ``stopped()`` said so.
    """
    bar = len(popularity) - 1
    offsets, size = find_offsets(contests, bar, scales)
    likings, size = _likings(contests, scales, size)
    design = Design(contests, bar, popularity, offsets, likings, size)
    precision = np.ones(size)
    for part in offsets:
        precision[part.start : part.start + len(part.keys)] = 1 / part.variance
    base = popularity[contests.models]
    problem = _Problem(
        contests,
        design,
        precision,
        POPULARITY_MEAN * (base[:, 0] - base[:, 1]),
        bar,
        people,
        scales,
    )
    problem.solve(*(_ROUGH if rough else _EXACT), stopped)
    return Joint(
        popularity=popularity,
        offsets=tuple(offsets),
        likings=tuple(likings),
        weights=problem.weights,
        information=design.diagonal(problem.curvature()),
        log_nu=problem.log_nu,
        own_log_nu=problem.own_log_nu,
        scales=scales,
        contests=len(contests),
    )


def _likings(contests: Contests, scales: Scales, start: int) -> tuple[list[Likings], int]:
    """Parts with a weight per feature; the first feature is popularity."""
    dim = contests.features.shape[1]
    plain = np.eye(1 + dim)
    variances = np.r_[scales.popularity, np.full(dim, scales.content)]
    wanted = [("content", np.zeros(1, dtype=np.int64), plain * np.sqrt(variances))]
    kinds = np.unique(contests.category[contests.category >= 0])
    if dim and scales.kind > 0 and len(kinds) > 1:
        wanted.append(("kind", kinds, plain[:, 1:] * np.sqrt(scales.kind)))
    if dim and scales.taste > 0:
        root = np.concatenate([np.zeros((1, dim)), scales.root(dim)])
        wanted.append(("taste", np.unique(contests.person), root))
    found = []
    for name, groups, root in wanted:
        found.append(Likings(name, groups, start, root))
        start += len(groups) * root.shape[1]
    return found, start


class _Problem:
    """The log-posterior and the way to its top."""

    def __init__(
        self,
        contests: Contests,
        design: Design,
        precision: Array,
        base: Array,
        bar: int,
        people: int,
        scales: Scales,
    ) -> None:
        self._contests, self._design, self._precision = contests, design, precision
        self._base, self._bar, self._people = base, bar, people
        self._ties = (contests.margin == 0).astype(np.float64)
        self._ties_precision = 1 / max(scales.ties, 1e-6)
        self.weights = np.zeros(design.size)
        self.log_nu = LOG_NU_MEAN
        self.own_log_nu = np.zeros(people)

    def solve(self, tolerance: float, inner: float, stopped: Callable[[], bool]) -> None:
        longest = 1.0
        for _ in range(_STEPS if len(self._contests) else 0):
            if stopped():
                raise StoppedError("The fit was given up because the program ends.")
            difference = self._base + self._design.differences(self.weights)
            self._fit_ties(difference)
            # Far from the top, more digits of a step are a waste: it is wrong by its square anyway.
            enough = max(inner, _FIRST_INNER * min(longest, 1.0) ** 4)
            step = self._newton(self.gradient(), self.curvature(), enough)
            scale, value = 1.0, self._value(self.weights)
            while scale > 1e-3 and self._value(self.weights + scale * step) < value:
                scale /= 2
            self.weights = self.weights + scale * step
            longest = float(np.abs(step).max(initial=0.0)) * scale
            if longest < tolerance:
                break

    def gradient(self) -> Array:
        """(size,) first derivatives of the log-posterior by the weights."""
        difference = self._base + self._design.differences(self.weights)
        slope = self._contests.margin - moments(difference, self._nu()).mean
        found: Array = self._design.gather(self._contests.weight * slope)
        return found - self._precision * self.weights

    def curvature(self) -> Array:
        """(n,) negative second derivatives of the log-likelihood by the differences."""
        difference = self._base + self._design.differences(self.weights)
        return self._contests.weight * moments(difference, self._nu()).variance

    def _nu(self) -> Array:
        own = self.log_nu + self.own_log_nu[self._contests.person]
        return self._contests.tie_weights(self._bar, own)

    def _value(self, weights: Array) -> float:
        difference, nu = self._base + self._design.differences(weights), self._nu()
        told = self._contests.margin * difference - moments(difference, nu).log_z
        return float(self._contests.weight @ told - weights @ (self._precision * weights) / 2)

    def _fit_ties(self, difference: Array) -> None:
        """Newton steps of the tie weights, everybody's and each person's together.

        People meet only through the shared weight, so that the Hessian is an arrow: a diagonal and
        one full row. In turns the two would creep, because raising one is lowering all the others.
        """
        weight, who, people = self._contests.weight, self._contests.person, self._people
        for _ in range(_TIE_STEPS):
            tie = moments(difference, self._nu()).tie
            slope, bend = weight * (self._ties - tie), weight * tie * (1 - tie)
            slopes, bends = np.bincount(who, slope, people), np.bincount(who, bend, people)
            own_slope = slopes - self._ties_precision * self.own_log_nu
            own_bend = bends + self._ties_precision
            share = bends / own_bend
            away = (self.log_nu - LOG_NU_MEAN) / LOG_NU_VARIANCE
            shared_slope = float(slopes.sum() - share @ own_slope) - away
            shared = shared_slope / (float(bends.sum() - share @ bends) + 1 / LOG_NU_VARIANCE)
            own = own_slope / own_bend - share * shared
            self.log_nu += min(max(shared, -_LONGEST_TIE_STEP), _LONGEST_TIE_STEP)
            self.own_log_nu = self.own_log_nu + np.clip(own, -_LONGEST_TIE_STEP, _LONGEST_TIE_STEP)

    def _newton(self, gradient: Array, curvature: Array, tolerance: float) -> Array:
        """Solve Newton's equations by conjugate gradients."""
        diagonal = self._precision + self._design.diagonal(curvature)
        step, rest = np.zeros_like(gradient), gradient.copy()
        scaled = rest / diagonal
        direction, length = scaled.copy(), float(rest @ scaled)
        enough = tolerance * length
        for _ in range(_INNER_STEPS):
            if length <= enough:
                break
            image = self._design.gather(curvature * self._design.differences(direction))
            image += self._precision * direction
            share = length / float(direction @ image)
            step += share * direction
            rest -= share * image
            scaled = rest / diagonal
            before, length = length, float(rest @ scaled)
            direction = scaled + length / before * direction
        return step
