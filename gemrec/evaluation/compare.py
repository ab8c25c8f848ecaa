"""Several ways to foretell votes, fitted to the same training votes and tried on the same test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gemrec.evaluation.metrics import calibration_error
from gemrec.evaluation.tables import Items
from gemrec.preference import (
    Contests,
    Reader,
    Scales,
    fit_joint,
    learn_scales,
    standardised_popularity,
    without_persons,
)
from gemrec.preference.davidson import Array
from gemrec.records import Vote

_POPULARITY_LOGITS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Row:
    """How well one method foretold the decided test votes.

    Attributes:
        method: Its name.
        accuracy: Share of votes whose winner it named; a toss-up counts half.
        logloss: Mean of -log(probability of what happened), nats.
        n: Decided votes.
        calibration: Expected calibration error over 20 bins of the stated probability, 0..1.
    """

    method: str
    accuracy: float
    logloss: float
    n: int
    calibration: float


@dataclass(frozen=True)
class Data:
    """Votes as contests: to learn from, and to foretell."""

    train: Contests
    test: Contests
    popularity: Array
    people: int


def compare_methods(
    train: Sequence[Vote], test: Sequence[Vote], items: Items | None = None
) -> tuple[Row, ...]:
    """Fit every method to the training votes and try it on the test votes.

    Only votes with a winner are judged, by the probability of that winner given that it is no tie;
    ties in training are evidence that two models are alike.

    Args:
        train: Votes to learn from.
        test: Votes to foretell.
        items: Features and popularity of the models.
    """
    items = items or Items()
    cast = [*train, *test]
    models = tuple(dict.fromkeys((*items.models, *(m for vote in cast for m in vote.models))))
    reader = Reader(models, items.features)
    popularity = np.append(standardised_popularity(models, items.downloads), 0.0)
    learnt = reader.read(train)
    asked = reader.read(
        [v for v in test if v.outcome is not None and v.outcome in ("left", "right")]
    )
    data = Data(learnt, asked, popularity, len(reader.numbers.people))
    return tuple(_judge(name, method(data), asked) for name, method in METHODS.items())


def _judge(name: str, gaps: Array, asked: Contests) -> Row:
    if not len(asked):
        return Row(name, 0.0, 0.0, 0, 0.0)
    won = gaps * np.sign(asked.margin)
    return Row(
        method=name,
        accuracy=float(((won > 0) + 0.5 * (won == 0)).mean()),
        logloss=float(np.logaddexp(0.0, -won).mean()),
        n=len(asked),
        calibration=calibration_error(gaps, asked.margin > 0),
    )


def _random(data: Data) -> Array:
    return np.zeros(len(data.test))


def _popularity(data: Data) -> Array:
    sides = data.popularity[data.test.models]
    return _POPULARITY_LOGITS * (sides[:, 0] - sides[:, 1])


def _global(data: Data) -> Array:
    """One strength per model, as every public board has it."""
    bare = replace(without_persons(Scales()), parts={"model": 1.0}, popularity=1e-6)
    return _fitted(data, bare, without_features=True)


def _alone(data: Data) -> Array:
    """One strength per model and person, from that person's votes alone."""
    own = Scales(parts={"own_model": 1.0}, popularity=1e-6)
    return _fitted(data, own, without_features=True)


def _gemrec(data: Data) -> Array:
    learnt = learn_scales(data.train, data.popularity, data.people)
    return _fitted(data, learnt.scales)


def _fitted(data: Data, scales: Scales, without_features: bool = False) -> Array:
    train, test = data.train, data.test
    if without_features:
        train, test = (replace(c, features=np.zeros((len(c), 0))) for c in (train, test))
    return fit_joint(train, data.popularity, data.people, scales).differences(test)


METHODS: Final[Mapping[str, Callable[[Data], Array]]] = {
    "random": _random,
    "popularity": _popularity,
    "global": _global,
    "personal": _alone,
    "gemrec": _gemrec,
}
