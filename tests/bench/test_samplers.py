"""How many votes each sampler needs, in simulated arenas of twenty models.

Strengths are normal, votes follow Davidson's model with about a quarter of ties, the fit is the
arena's own, and pairs are drawn as the arena draws them, a tenth of them uniformly. All samplers
meet the same truths. ``personal`` plays the arena of one person, whose taste is what it asks about.
"""

import time
from dataclasses import dataclass

import numpy as np
import pytest

from gemrec.arena import SAMPLERS, Beliefs, PairSampler, Standings
from gemrec.arena.evidence import strength_covariance
from gemrec.arena.sampling import pairs_of
from gemrec.leaderboard import PairCounts
from gemrec.leaderboard.davidson import pair_probabilities

pytestmark = pytest.mark.bench

MODELS = tuple(f"m{number:02d}" for number in range(20))
LOG_NU = -0.3
SPREAD = 1.0  # standard deviation of the strengths, logits
RANDOM_SHARE = 0.1  # the setting's default
REFIT = 10  # votes between two fits, as when several people vote at once
BALANCED_SEEDS, BALANCED_VOTES = 120, 1500
CHECKPOINTS = (50, 100, 200, 400, 800, 1500)
FEW_VOTES, SHORT_SEEDS = 60, 200
NEW_SEEDS, KNOWN_VOTES, MOST_VOTES = 40, 158, 2000
PLACED = 0.30  # standard error in logits
LEAST_TAU = 0.80
ORDER = ("uniform", "fewest_votes", "information", "personal")


class Arena:
    """Votes on models whose strengths are known; evidence as samplers ask for it."""

    def __init__(self, strengths: np.ndarray, rng: np.random.Generator) -> None:
        self.strengths = strengths
        self.rng = rng
        self.wins = np.zeros((len(MODELS), len(MODELS)))
        self.ties = np.zeros_like(self.wins)
        self.standings = self._fit(None)

    def vote(self, first: np.ndarray, second: np.ndarray) -> None:
        """Cast one vote on each pair."""
        gap = self.strengths[first] - self.strengths[second]
        wins, losses, _ = pair_probabilities(gap, LOG_NU)
        said = self.rng.random(len(gap))
        is_win, is_loss = said < wins, (said >= wins) & (said < wins + losses)
        np.add.at(self.wins, (first[is_win], second[is_win]), 1)
        np.add.at(self.wins, (second[is_loss], first[is_loss]), 1)
        tied = ~is_win & ~is_loss
        np.add.at(self.ties, (first[tied], second[tied]), 1)
        np.add.at(self.ties, (second[tied], first[tied]), 1)

    def refit(self) -> None:
        self.standings = self._fit(self.standings)

    def _fit(self, start: Standings | None) -> Standings:
        return Standings(PairCounts(MODELS, self.wins.copy(), self.ties.copy()), start)

    # Counts are of this moment, the fit of the last refit.

    def games(self, models: tuple[str, ...]) -> np.ndarray:
        rows = [MODELS.index(model) for model in models]
        both = self.wins + self.wins.T + self.ties
        return both[np.ix_(rows, rows)]

    def everybody(self, models: tuple[str, ...]) -> Beliefs:
        return self.standings.everybody(models)

    def told_of_taste(self, models: tuple[str, ...]) -> np.ndarray:
        return self.standings.told_of_taste(models)

    def chance_of_best(self, models: tuple[str, ...]) -> np.ndarray:
        return self.standings.chance_of_best(models)

    def error(self) -> float:
        """Mean squared error of the strengths around their mean."""
        found, truth = self.standings.ratings.strengths, self.strengths
        return float(np.mean(((found - found.mean()) - (truth - truth.mean())) ** 2))

    def tau(self) -> float:
        """Kendall's rank correlation of found and true strengths."""
        first, second = np.triu_indices(len(MODELS), 1)
        found, truth = self.standings.ratings.strengths, self.strengths
        agree = np.sign(found[first] - found[second]) * np.sign(truth[first] - truth[second])
        return float(agree.mean())

    def deviation(self, model: int) -> float:
        """Standard error of one model against the mean of the others, logits."""
        ratings = self.standings.ratings
        covariance = strength_covariance(ratings, self.games(MODELS))
        contrast = np.full(len(MODELS), -1 / (len(MODELS) - 1))
        contrast[model] = 1.0
        return float(np.sqrt(contrast @ covariance @ contrast))


@dataclass(frozen=True)
class Study:
    """What one sampler did: (seeds, checkpoints) errors and rank correlations, votes to place."""

    errors: np.ndarray
    taus: np.ndarray
    placed: np.ndarray

    @property
    def rmse(self) -> np.ndarray:
        """(checkpoints,)."""
        return np.sqrt(self.errors.mean(axis=0))

    def votes_to(self, tau: float) -> float:
        """Votes until the mean rank correlation is reached, between checkpoints by logarithm."""
        curve = np.maximum.accumulate(self.taus.mean(axis=0))
        if curve[-1] < tau:
            return np.inf
        return float(np.exp(np.interp(tau, curve, np.log(CHECKPOINTS))))


def truth(seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 0]).normal(0.0, SPREAD, len(MODELS))


def draw_and_vote(sampler: PairSampler, arena: Arena, votes: int) -> None:
    """Cast some votes on pairs drawn by their chances in the arena, and fit again."""
    first, second = pairs_of(len(MODELS))
    # What counts votes is asked before each of them; what asks the fit, once per fit.
    at_once = 1 if sampler.name == "fewest_votes" else votes
    for _ in range(votes // at_once):
        weights = sampler.weigh(MODELS, arena)
        chances = RANDOM_SHARE / len(first) + (1 - RANDOM_SHARE) * weights / weights.sum()
        drawn = arena.rng.choice(len(first), at_once, p=chances)
        arena.vote(first[drawn], second[drawn])
    arena.refit()


def balanced(name: str, seed: int) -> tuple[list[float], list[float]]:
    """Error and rank correlation at each checkpoint of an arena that begins with nothing."""
    arena = Arena(truth(seed), np.random.default_rng([seed, 1]))
    sampler = SAMPLERS[name]()
    errors, taus = [], []
    for votes in range(REFIT, BALANCED_VOTES + 1, REFIT):
        draw_and_vote(sampler, arena, REFIT)
        if votes in CHECKPOINTS:
            errors.append(arena.error())
            taus.append(arena.tau())
    return errors, taus


def lost(name: str, seed: int) -> float:
    """How far the favourite of a short arena is behind the best model, in logits."""
    arena = Arena(truth(seed), np.random.default_rng([seed, 3]))
    for _ in range(FEW_VOTES // 5):
        draw_and_vote(SAMPLERS[name](), arena, 5)
    return float(
        arena.strengths.max() - arena.strengths[arena.standings.ratings.strengths.argmax()]
    )


def newcomer(name: str, seed: int) -> int:
    """Votes until a new model among 19 well-known ones is placed."""
    rng = np.random.default_rng([seed, 2])
    arena = Arena(truth(seed), rng)
    new = len(MODELS) - 1
    first, second = pairs_of(new)
    known = rng.choice(len(first), KNOWN_VOTES * new // 2)
    arena.vote(first[known], second[known])
    arena.refit()
    votes, step, sampler = 0, 4, SAMPLERS[name]()
    while arena.deviation(new) >= PLACED and votes < MOST_VOTES:
        draw_and_vote(sampler, arena, step)
        votes += step
    return votes


@pytest.fixture(scope="module")
def studies() -> dict[str, Study]:
    """Every sampler's study; prints the table."""
    began = time.monotonic()
    done = {}
    for name in ORDER:
        runs = [balanced(name, seed) for seed in range(BALANCED_SEEDS)]
        errors, taus = (np.array([run[part] for run in runs]) for part in (0, 1))
        placed = np.array([newcomer(name, seed) for seed in range(NEW_SEEDS)])
        done[name] = Study(errors, taus, placed)
    uniform = done["uniform"]
    print(f"\n{BALANCED_SEEDS} balanced arenas, {NEW_SEEDS} newcomers, {len(MODELS)} models")
    marks = " ".join(f"{votes:>6d}" for votes in CHECKPOINTS)
    print(f"Kendall's tau after votes  {marks}   votes to {LEAST_TAU:.2f}")
    for name, study in done.items():
        curve = " ".join(f"{tau:6.3f}" for tau in study.taus.mean(axis=0))
        print(f"{name:26s} {curve}   {study.votes_to(LEAST_TAU):6.0f}")
    print(f"RMSE (logits) after votes  {marks}   against uniform   newcomer placed in")
    for name, study in done.items():
        curve = " ".join(f"{rmse:6.3f}" for rmse in study.rmse)
        worse = study.rmse[-1] / uniform.rmse[-1] - 1
        share = study.placed.mean() / uniform.placed.mean()
        print(f"{name:26s} {curve}   {worse:+15.1%}   {study.placed.mean():6.0f} ({share:.0%})")
    print(f"in {time.monotonic() - began:.0f} s")
    return done


def test_a_newcomer_is_placed_with_three_tenths_of_the_votes(studies: dict[str, Study]) -> None:
    uniform, information = studies["uniform"].placed, studies["information"].placed
    assert information.max() < MOST_VOTES
    assert information.mean() <= 0.30 * uniform.mean()


@pytest.mark.parametrize("name", ["fewest_votes", "information"])
def test_a_balanced_arena_is_measured_as_well_as_by_chance(
    studies: dict[str, Study], name: str
) -> None:
    assert studies[name].rmse[-1] <= 1.05 * studies["uniform"].rmse[-1]


def test_personal_finds_the_favourite_with_few_votes() -> None:
    found = {name: np.mean([lost(name, seed) for seed in range(SHORT_SEEDS)]) for name in ORDER}
    print(f"\nthe favourite after {FEW_VOTES} votes is behind the best model by, in logits:")
    print("  " + ", ".join(f"{name} {behind:.2f}" for name, behind in found.items()))
    assert found["personal"] <= 0.9 * found["uniform"]
    assert found["personal"] <= found["information"]
