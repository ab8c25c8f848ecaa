"""Simulated people vote, are recommended to, and it is measured how well they are served."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from gemrec.evaluation.metrics import ndcg, regret
from gemrec.evaluation.world import MODELS, World, make_world
from gemrec.preference import (
    Contests,
    Everybody,
    Scales,
    fit_joint,
    learn_more,
)
from gemrec.preference.davidson import Array
from gemrec.preference.person import PersonState
from gemrec.preference.person_fit import fit_person

POLICIES: Final[Mapping[str, int]] = MappingProxyType({"random": 2, "pairs": 2, "slate": 4})
"""What is shown, and how many pictures at once: random pairs, pairs of two posterior draws, or the
best of four posterior draws."""

CHECKPOINTS: Final = (0, 5, 10, 20, 30)
_REFITS: Final = (*range(1, 11), 12, 14, 17, 20, 24, 27)  # rounds; the app fits as often as it can
_BOLDNESS: Final = 0.6
"""Spread of the draws, as a share of the posterior's: in thirty votes there is no time to try out
everything that is possible. In the middle world (two seeds) 1, 0.6 and 0.4 gave nDCG 0.671, 0.689 and
0.683 after ten picks, 0.762, 0.761 and 0.754 after thirty, with regret 0.191, 0.179 and 0.186."""

_PICK_WEIGHT: Final = 1.0  # of a pick against each of the others
_GAIN: Final = 3  # power of the min-max utility
_PLACES: Final = 5


@dataclass(frozen=True, slots=True)
class Served:
    """How well people are served on prompts that nobody has voted on.

    Attributes:
        method: Who orders the models.
        policy: How the votes were collected.
        votes: Votes per person so far.
        ndcg_at_5: Mean over people and prompts, 0..1.
        regret_at_1: Mean of (best - chosen) / (best - mean).
    """

    method: str
    policy: str
    votes: int
    ndcg_at_5: float
    regret_at_1: float


def simulate(
    kind: str,
    people: int,
    interactions: int,
    policy: str,
    rng: np.random.Generator,
    newcomers: int = 0,
) -> tuple[Served, ...]:
    """Let people vote in turn, and measure after some of the rounds.

    Newcomers vote after all others have; they are measured apart, as the method ``newcomer``, which
    is gemrec with the votes of everybody before them.

    Args:
        kind: The world: ``low``, ``mid`` or ``high`` taste.
        people: How many people, at least 1.
        interactions: Votes of each of them.
        policy: A key of ``POLICIES``.
        rng: Source of all randomness.
        newcomers: How many people join at the end.
    """
    world = make_world(kind, people + newcomers, rng)
    study = _Study(world, people + newcomers, policy, rng)
    first, late = range(people), range(people, people + newcomers)
    rows = [*study.measure(0, first)]
    for done in range(1, interactions + 1):
        study.play_round(first)
        if done in _REFITS or done % 10 == 0 or done == interactions:
            study.refit()
        if done in CHECKPOINTS or done == interactions:
            rows += study.measure(done, first)
    for done in range(interactions + 1 if newcomers else 0):
        if done:
            study.play_round(late)
        if done in CHECKPOINTS or done == interactions:
            served = (row for row in study.measure(done, late) if row.method == "gemrec")
            rows += [replace(row, method="newcomer") for row in served]
    return tuple(rows)


class _Study:
    """The votes so far and what has been learnt from them."""

    def __init__(self, world: World, people: int, policy: str, rng: np.random.Generator) -> None:
        self._world, self._people, self._policy, self._rng = world, people, policy, rng
        self._popularity = np.append(world.popularity, 0.0)
        self._scales = Scales(ties=1e-6)
        self._own: list[list[Contests]] = [[] for _ in range(people)]
        self._states: list[PersonState | None] = [None] * people
        self._fit([Contests.empty(world.features.shape[2])])

    def play_round(self, people: range) -> None:
        """Let each of some people vote once."""
        for person in people:
            prompt = int(self._rng.choice(self._world.seen))
            shown = self._choose(person, prompt)
            told = self._world.utilities(person, prompt)[shown]
            picked = int((told + self._rng.gumbel(size=len(shown))).argmax())
            self._own[person].append(self._contests(person, prompt, shown, picked))
            self._update(person)

    def refit(self) -> None:
        """Fit everybody's part again, with priors learnt from the votes so far."""
        every = [c for own in self._own for c in own]
        self._scales = learn_more(self._everybody.joint, Contests.join(every))
        self._fit(every)
        for person, own in enumerate(self._own):
            if own:
                self._update(person)

    def measure(self, votes: int, people: range) -> Iterator[Served]:
        """Serve some people on the unseen prompts."""
        found: dict[str, list[tuple[float, float]]] = {}
        for prompt in self._world.unseen:
            common = self._common(prompt)
            for person in people:
                truth = self._world.utilities(person, prompt)
                gains = ((truth - truth.min()) / (truth.max() - truth.min())) ** _GAIN
                liked = {
                    "popularity": self._world.popularity,
                    "global": common,
                    "gemrec": common + self._personal(person, prompt),
                }
                for method, utilities in liked.items():
                    order = np.argsort(-utilities, kind="stable")
                    found.setdefault(method, []).append(
                        (ndcg(order, gains, _PLACES), regret(int(order[0]), truth))
                    )
        for method, measured in found.items():
            gained, lost = np.mean(measured, axis=0)
            yield Served(method, self._policy, votes, float(gained), float(lost))

    def _fit(self, contests: list[Contests]) -> None:
        joint = fit_joint(Contests.join(contests), self._popularity, self._people, self._scales)
        self._everybody = Everybody(joint)
        self._commons: dict[int, Array] = {}

    def _common(self, prompt: int) -> Array:
        found = self._commons.get(prompt)
        if found is None:
            world = self._world
            found = self._commons[prompt] = self._everybody.utilities(
                np.arange(MODELS), int(world.category[prompt]), world.features[prompt], prompt
            )
        return found

    def _personal(self, person: int, prompt: int) -> Array:
        state = self._states[person]
        if state is None:
            return np.zeros(MODELS)
        return state.expect(np.arange(MODELS), self._world.features[prompt])

    def _choose(self, person: int, prompt: int) -> np.ndarray:
        """Models whose pictures are shown."""
        size = POLICIES[self._policy]
        if self._policy == "random":
            return self._rng.permutation(MODELS)[:size]
        models, features = np.arange(MODELS), self._world.features[prompt]
        common = self._common(prompt)
        state = self._states[person] or fit_person(
            self._everybody.tell(Contests.empty(features.shape[1])), self._everybody.prior
        )
        expected = state.expect(models, features)
        away = state.draw(models, features, self._rng, size) - expected
        away += self._rng.standard_normal(away.shape) * np.sqrt(self._everybody.doubt[:-1])
        drawn = common + expected + _BOLDNESS * away
        shown: list[int] = []
        for utilities in drawn:
            utilities[shown] = -np.inf
            shown.append(int(utilities.argmax()))
        return np.array(shown)

    def _contests(self, person: int, prompt: int, shown: np.ndarray, picked: int) -> Contests:
        """The pick against each of the others."""
        others = np.delete(shown, picked)
        count, features = len(others), self._world.features[prompt]
        return Contests(
            person=np.full(count, person),
            models=np.stack([np.full(count, shown[picked]), others], axis=1),
            prompt=np.full(count, prompt),
            category=np.full(count, self._world.category[prompt]),
            features=features[shown[picked]] - features[others],
            margin=np.full(count, 0.5),
            weight=np.full(count, _PICK_WEIGHT if count > 1 else 1.0),
            sided=np.zeros(count, dtype=np.bool_),
            votes=np.zeros(count, dtype=np.int64),
        )

    def _update(self, person: int) -> None:
        told = self._everybody.tell(Contests.join(self._own[person]), person)
        self._states[person] = fit_person(told, self._everybody.prior, self._states[person])
