"""Learns from the contests how far people's tastes differ, and which parts of the model help.

The covariance of people's likings is found by expectation-maximisation with some pseudo-people at
the prior. All other variances stay at their defaults unless held-out contests are foretold better
by more than two standard errors: the marginal likelihood, and contests on pictures that were seen
in training, both choose personal parts that are too wide for new pictures. So what concerns
likings is judged on prompts that were left out whole, the rest on contests left out at random.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gemrec.preference.contests import Contests
from gemrec.preference.davidson import Array, moments
from gemrec.preference.joint import Joint, fit_joint
from gemrec.preference.scales import PERSONAL, Scales

PSEUDO_PEOPLE: Final = 20
PSEUDO_WEIGHTS: Final = 20
_ROUNDS: Final = 3
_FOLDS: Final = 3
_ERRORS: Final = 2.0  # standard errors by which a change must help
_FEWEST: Final = 100  # contests from which variances are learnt
_MOST: Final = 5000  # contests that are enough to choose variances
_FEWEST_PROMPTS: Final = 12

_SIDES: Final = ("side", "own_side", "session")
_EVERYBODY: Final = ("model", "category", "item")
_OWN: Final = ("own_model", "own_item")


@dataclass(frozen=True)
class Learnt:
    """What was learnt.

    Attributes:
        scales: The prior variances to fit with.
        loss: (n,) held-out log-loss of each decided contest, nats; NaN for the others.
        plain_loss: The same of the model without personal parts.
    """

    scales: Scales
    loss: Array
    plain_loss: Array


def learn_scales(contests: Contests, popularity: Array, people: int) -> Learnt:
    """Choose the prior.

    Args:
        contests: Everybody's; the same ones always give the same answer.
        popularity: (M + 1,) standardised popularity per model, 0 for the bar.
        people: Number of people.
    """
    some = contests
    if len(contests) > _MOST:
        # The newest ones: they tell about the models of today.
        some = contests.only(np.arange(len(contests) - _MOST, len(contests)))
    start = Scales()
    plain = without_persons(start)
    if len(some) < _FEWEST:
        nothing = np.full(len(some), np.nan)
        return Learnt(start, nothing, nothing)
    trial = _Trial(some, popularity, people)
    if some.features.shape[1]:
        start = replace(start, shape=shape_of_tastes(some, popularity, people, start))
        start = trial.best(start, _taste_steps, by_prompt=True)
    for steps in (_side_steps, _own_steps, _item_steps, _model_steps):
        start = trial.best(start, steps)
    plain = trial.best(without_persons(start), _item_steps)
    if trial.gain(plain, start) < 0:
        start = plain
    return Learnt(start, trial.loss(start), trial.loss(plain))


def without_persons(scales: Scales) -> Scales:
    """The same prior for a world in which everybody likes the same."""
    return replace(
        scales, parts={**scales.parts, **dict.fromkeys(PERSONAL, 0.0)}, taste=0.0, ties=1e-6
    )


def shape_of_tastes(contests: Contests, popularity: Array, people: int, scales: Scales) -> Array:
    """(r, r) covariance of people's likings in units of ``scales.taste``.

    Args:
        contests: Everybody's.
        popularity: (M + 1,).
        people: Number of people.
        scales: Where to start, and where the pseudo-people are.
    """
    now = scales
    for _ in range(_ROUNDS):
        fitted = fit_joint(contests, popularity, people, now, rough=True)
        shape = _next_covariance(fitted, contests, scales.taste) / scales.taste
        now = replace(scales, shape=shape)
    return now.shape if now.shape is not None else np.eye(contests.features.shape[1])


def _next_covariance(fitted: Joint, contests: Contests, variance: float) -> Array:
    """(r, r) covariance of likings after one round, with pseudo-people of the given variance."""
    dim = contests.features.shape[1]
    order = np.argsort(contests.person, kind="stable")
    people, starts = np.unique(contests.person[order], return_index=True)
    rest = 2 * sum(fitted.scales.parts.get(name, 0.0) for name in _OWN)
    told = _certainty(fitted, contests, rest)[order]
    phi, root = contests.features[order], fitted.scales.root(dim)
    total = PSEUDO_PEOPLE * variance * np.eye(dim)
    for person, rows in zip(people, np.split(np.arange(len(order)), starts[1:]), strict=True):
        seen = phi[rows] @ root
        inner = np.linalg.inv(np.eye(dim) + (seen * told[rows, None]).T @ seen)
        liking = fitted.liking("taste", int(person))[1:]
        total += np.outer(liking, liking) + root @ inner @ root.T
    covariance: Array = total / (PSEUDO_PEOPLE + len(people))
    return covariance


def _certainty(fitted: Joint, contests: Contests, rest: float) -> Array:
    """(n,) what each contest tells of a person's liking, given that offsets are not known."""
    nu = contests.tie_weights(fitted.bar, fitted.log_nu + fitted.own_log_nu[contests.person])
    curvature = contests.weight * moments(fitted.differences(contests), nu).variance
    told: Array = curvature / (1 + rest * curvature)
    return told


Steps = Callable[[Scales], Iterator[Scales]]


def _scaled(scales: Scales, names: tuple[str, ...], factor: float) -> Scales:
    parts = {n: v * factor if n in names else v for n, v in scales.parts.items()}
    return replace(scales, parts=parts)


def _taste_steps(scales: Scales) -> Iterator[Scales]:
    for factor in (0.0, 0.25, 0.5, 2.0):
        yield replace(scales, taste=scales.taste * factor)


def _side_steps(scales: Scales) -> Iterator[Scales]:
    for factor in (0.0, 2.5):
        yield _scaled(scales, _SIDES, factor)


def _own_steps(scales: Scales) -> Iterator[Scales]:
    for factor in (0.0, 0.3, 3.0, 6.0):
        yield _scaled(scales, _OWN, factor)


def _item_steps(scales: Scales) -> Iterator[Scales]:
    for factor in (0.0, 0.3, 3.0):
        yield _scaled(scales, ("category", "item"), factor)


def _model_steps(scales: Scales) -> Iterator[Scales]:
    for factor in (0.3, 3.0):
        yield _scaled(scales, _EVERYBODY, factor)


def learn_more(fitted: Joint, contests: Contests) -> Scales:
    """One round of expectation-maximisation of all variances from a fit, for the next fit.

    Each variance has pseudo-weights at its default. The posterior variances are those with the
    other weights held fixed, which are too small, so that the variances err towards 0.

    Args:
        fitted: With the variances so far.
        contests: What it was fitted to, or a few more.
    """
    default, parts = Scales(), dict(fitted.scales.parts)
    for part in fitted.offsets:
        here = slice(part.start, part.start + len(part.keys))
        spread = fitted.weights[here] ** 2 + 1 / (1 / part.variance + fitted.information[here])
        regular = part.variance == parts[part.name]  # not the bar's
        start = default.parts[part.name]
        total = PSEUDO_WEIGHTS * start + float(spread[regular].sum())
        parts[part.name] = total / (PSEUDO_WEIGHTS + int(regular.sum()))
    now = replace(fitted.scales, parts=parts)
    if fitted.scales.taste > 0 and contests.features.shape[1] and len(contests):
        shape = _next_covariance(fitted, contests, default.taste) / fitted.scales.taste
        now = replace(now, shape=shape)
    return now


class _Trial:
    """Held-out losses of priors."""

    def __init__(self, contests: Contests, popularity: Array, people: int) -> None:
        self._contests, self._popularity, self._people = contests, popularity, people
        rng = np.random.default_rng(0)
        self._random = rng.permutation(len(contests)) % _FOLDS
        prompts, which = np.unique(contests.prompt, return_inverse=True)
        enough = len(prompts) >= _FEWEST_PROMPTS
        self._by_prompt = (
            (rng.permutation(len(prompts)) % _FOLDS)[which] if enough else self._random
        )

    def loss(self, scales: Scales, by_prompt: bool = False) -> Array:
        """(n,) log-loss of the decided contests between models; NaN for the others."""
        contests = self._contests
        folds = self._by_prompt if by_prompt else self._random
        losses = np.full(len(contests), np.nan)
        for fold in range(_FOLDS):
            here = folds == fold
            fitted = fit_joint(
                contests.only(~here), self._popularity, self._people, scales, rough=True
            )
            tested = contests.only(here)
            gap = fitted.differences(tested) * np.sign(tested.margin)
            counts = (tested.margin != 0) & (tested.models < fitted.bar).all(axis=1)
            losses[here] = np.where(counts, np.logaddexp(0.0, -gap), np.nan)
        return losses

    def gain(self, old: Scales, new: Scales, by_prompt: bool = False) -> float:
        """Mean improvement in standard errors; 0 when there is nothing to compare."""
        return self._standard_errors(self.loss(old, by_prompt), self.loss(new, by_prompt))

    def best(self, start: Scales, steps: Steps, by_prompt: bool = False) -> Scales:
        """The best of some changes, if it is clearly better than the start."""
        before = self.loss(start, by_prompt)
        best, found = 0.0, start
        for changed in steps(start):
            after = self.loss(changed, by_prompt)
            errors = self._standard_errors(before, after)
            better = float(np.nansum(before - after))
            if errors > _ERRORS and better > best:
                best, found = better, changed
        return found

    @staticmethod
    def _standard_errors(old: Array, new: Array) -> float:
        difference = (old - new)[np.isfinite(old) & np.isfinite(new)]
        if len(difference) < 2:
            return 0.0
        error = float(difference.std(ddof=1)) / np.sqrt(len(difference))
        return float(difference.mean() / error) if error > 0 else 0.0
