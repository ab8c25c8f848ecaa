"""How well each method would have foretold and recommended, had pairs been shown at random.

The recorded votes are walked through in the order in which they were cast: each part of them is
foretold from those before it alone. Pairs were drawn by a sampler, which stored how likely they were;
votes on them are weighed so that the numbers speak of pairs drawn at random
(:mod:`gemrec.evaluation.weighting`). The *win rate* of a method is how often the model that it would
have recommended to the person on that prompt is preferred to another one drawn at random; votes that
this model took part in tell it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from gemrec.errors import InputError
from gemrec.evaluation.compare import METHODS, Data
from gemrec.evaluation.weighting import Estimate, weighted_mean
from gemrec.preference import Contests, FeatureTable, Reader, standardised_popularity
from gemrec.preference.davidson import Array
from gemrec.records import Outcome, Vote
from gemrec.store import Store

MOST_VOTES: Final = 20_000
_PARTS: Final = 5  # of which the first is only learnt from
_FEWEST: Final = 20  # weighed votes; fewer say nothing
_WON: Final = {Outcome.LEFT: 1.0, Outcome.RIGHT: 0.0}


@dataclass(frozen=True)
class Recording:
    """What a database holds.

    Attributes:
        votes: That stand, oldest first.
        propensities: Probability with which its pair was drawn, per battle id; battles whose models
            people chose, rankings and king's runs are left out.
        downloads: Download count per model id.
        features: What pictures look like.
    """

    votes: tuple[Vote, ...]
    propensities: Mapping[str, float]
    downloads: Mapping[str, float]
    features: FeatureTable


@dataclass(frozen=True, slots=True)
class Replayed:
    """How one method did.

    Attributes:
        method: Its name.
        accuracy: Share of decided votes whose winner it named; a toss-up counts half.
        logloss: Mean of -log(probability of the winner), nats.
        win_rate: How often its recommended model is preferred to one drawn at random, a tie being
            half; None when that model was never in a vote.
    """

    method: str
    accuracy: Estimate
    logloss: Estimate
    win_rate: Estimate | None


@dataclass(frozen=True)
class _Asked:
    """Weighed votes, and what a method says of them.

    Attributes:
        votes: n of them.
        gaps: (n,) logits by which the left is expected to be preferred.
        picks: (n,) the model that is recommended to this person on this prompt.
    """

    votes: Sequence[Vote]
    gaps: Array
    picks: Sequence[str]


def read_recording(
    store: Store, downloads: Mapping[str, float], features: FeatureTable
) -> Recording:
    """Read the newest votes of a database, ``MOST_VOTES`` at most.

    Args:
        store: The database.
        downloads: Download count per model id.
        features: What its pictures look like.

    Raises:
        StoreError: The database cannot be read.
    """
    last = store.votes.last_id()
    standing = store.trail.all_standing(last, last - MOST_VOTES)
    votes = tuple(vote for vote in standing if vote.is_comparison)
    return Recording(votes, store.battles.propensities(), downloads, features)


def replay(recording: Recording, rng: np.random.Generator) -> tuple[Replayed, ...]:
    """Replay a recording.

    Args:
        recording: The votes and how likely their pairs were.
        rng: Source of the resamples behind the intervals.

    Raises:
        InputError: Too few votes have a propensity.
    """
    weighed = [v for v in recording.votes if v.battle_id in recording.propensities]
    if len(weighed) < _FEWEST:
        raise InputError(
            f"replay: got {len(weighed)} votes on pairs that a sampler drew; allowed: {_FEWEST} or "
            "more. Votes on models that people chose, rankings and king's runs do not count."
        )
    models = tuple(dict.fromkeys(m for vote in recording.votes for m in vote.models))
    found: dict[str, list[_Asked]] = {method: [] for method in METHODS}
    for method, asked in _walk(recording, models, rng):
        found[method].append(asked)
    likely = 2 / (len(models) * (len(models) - 1))
    weights = {battle: likely / p for battle, p in recording.propensities.items() if p > 0}
    return tuple(_judge(method, parts, weights, rng) for method, parts in found.items())


def _walk(
    recording: Recording, models: tuple[str, ...], rng: np.random.Generator
) -> Iterator[tuple[str, _Asked]]:
    """Every method on every part, taught by the parts before; equals are recommended at random."""
    reader = Reader(models, recording.features)
    downloads = {m: d for m, d in recording.downloads.items() if m in set(models)}
    popularity = np.append(standardised_popularity(models, downloads), 0.0)
    bounds = np.linspace(0, len(recording.votes), _PARTS + 1).round().astype(int)
    for start, end in pairwise(bounds[1:].tolist()):
        train = reader.read(recording.votes[:start])
        part = [v for v in recording.votes[start:end] if v.battle_id in recording.propensities]
        if not len(train) or not part:
            continue
        # One contest for each vote; its outcome does not matter.
        pairs = reader.read([replace(vote, outcome=Outcome.LEFT) for vote in part])
        every = _against_first(pairs, part, models, recording.features)
        data = Data(train, Contests.join([pairs, every]), popularity, len(reader.numbers.people))
        for method, gaps_of in METHODS.items():
            gaps = gaps_of(data)
            liked = gaps[len(part) :].reshape(len(part), len(models))
            best = (liked + 1e-9 * rng.random(liked.shape)).argmax(axis=1)
            yield method, _Asked(part, gaps[: len(part)], [models[i] for i in best])


def _against_first(
    pairs: Contests, votes: Sequence[Vote], models: tuple[str, ...], features: FeatureTable
) -> Contests:
    """Every model against the first one, for the person and prompt of every vote."""
    size, count = len(models), len(votes)
    looks = np.array([[features.grid(m, v.prompt, v.category) for m in models] for v in votes])
    phi = features.looks[looks]
    return Contests(
        person=np.repeat(pairs.person, size),
        models=np.stack([np.tile(np.arange(size), count), np.zeros(size * count, int)], axis=1),
        prompt=np.repeat(pairs.prompt, size),
        category=np.repeat(pairs.category, size),
        features=(phi - phi[:, :1]).reshape(size * count, features.dim),
        margin=np.full(size * count, 0.5),
        weight=np.ones(size * count),
        sided=np.zeros(size * count, dtype=np.bool_),
        votes=np.repeat(pairs.votes, size),
    )


def _judge(
    method: str, parts: Sequence[_Asked], weights: Mapping[str, float], rng: np.random.Generator
) -> Replayed:
    votes = [vote for part in parts for vote in part.votes]
    picks = [pick for part in parts for pick in part.picks]
    gaps = np.concatenate([part.gaps for part in parts])
    weight = np.array([weights.get(vote.battle_id, 0.0) for vote in votes])
    won = np.array([_WON.get(v.outcome, 0.5) if v.outcome else 0.5 for v in votes])
    people = np.array([vote.annotator_id for vote in votes])
    sign = 2 * won - 1
    decided = np.flatnonzero((sign != 0) & (weight > 0))
    right = (gaps * sign > 0) + 0.5 * (gaps == 0)
    loss = np.logaddexp(0.0, -gaps * sign)
    met = np.array([p in v.models for p, v in zip(picks, votes, strict=True)]) & (weight > 0)
    for_pick = np.array(
        [w if v.models[0] == p else 1 - w for w, v, p in zip(won, votes, picks, strict=True)]
    )

    def mean(values: Array, rows: np.ndarray) -> Estimate | None:
        return weighted_mean(values[rows], weight[rows], people[rows].tolist(), rng)

    accuracy, logloss = mean(right.astype(np.float64), decided), mean(loss, decided)
    if accuracy is None or logloss is None:
        raise InputError("replay: got no decided votes after the first fifth; allowed: some")
    return Replayed(method, accuracy, logloss, mean(for_pick, np.flatnonzero(met)))
