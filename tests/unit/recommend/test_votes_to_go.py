"""The number of votes that is foreseen is about the number that it takes."""

import numpy as np

from gemrec.preference import Belief
from gemrec.recommend.votes_to_go import MOST_VOTES, NOTICEABLE, SETTLED, next_pairs, votes_to_go


def belief(mean: np.ndarray, covariance: np.ndarray) -> Belief:
    size = len(mean)
    return Belief(
        tuple(f"m{i}" for i in range(size)), mean, np.linalg.cholesky(covariance),
        np.zeros(size), np.zeros(size), -20.0, size,
    )  # fmt: skip


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_clear_leader_needs_no_votes() -> None:
    clear = belief(np.array([5.0, 0.0, 0.0]), 0.1 * np.eye(3))
    assert votes_to_go(clear, rng()) == 0


def test_two_that_are_alike_are_settled_too() -> None:
    alike = belief(np.zeros(2), 1e-4 * np.eye(2))
    assert votes_to_go(alike, rng()) == 0


def test_more_doubt_needs_more_votes() -> None:
    mean = np.array([0.5, 0.3, 0.2, 0.0])
    needed = [votes_to_go(belief(mean, v * np.eye(4)), rng()) for v in (0.02, 0.1, 0.6)]
    assert None not in needed
    assert 0 <= needed[0] < needed[1] < needed[2] <= MOST_VOTES


def test_one_model_or_none_is_settled() -> None:
    assert votes_to_go(belief(np.zeros(1), np.eye(1)), rng()) == 0


def settled(mean: np.ndarray, covariance: np.ndarray, chance: np.random.Generator) -> bool:
    drawn = chance.multivariate_normal(mean, covariance, 400, method="eigh")
    return (drawn[:, mean.argmax()] >= drawn.max(axis=1) - NOTICEABLE).mean() >= SETTLED


def vote_until_settled(truth: np.ndarray, known: Belief, chance: np.random.Generator) -> int:
    """Cast votes one by one, each fitted anew by Newton's method to all of them."""
    prior, spread, design, said = known.mean, known.covariance, [], []
    mean, covariance = prior, spread
    for cast in range(MOST_VOTES):
        if settled(mean, covariance, chance):
            return cast
        (i,), (j,) = next_pairs(mean[None], covariance[None])
        row = np.zeros(len(mean))
        row[i], row[j] = 1.0, -1.0
        design.append(row)
        said.append(chance.random() < 1 / (1 + np.exp(truth[j] - truth[i])))
        x = np.array(design)
        mean = prior.copy()
        for _ in range(12):
            p = 1 / (1 + np.exp(-x @ mean))
            precision = np.linalg.inv(spread) + (x * (p * (1 - p))[:, None]).T @ x
            slope = x.T @ (np.array(said) - p) - np.linalg.solve(spread, mean - prior)
            mean = mean + np.linalg.solve(precision, slope)
        covariance = np.linalg.inv(precision)
    return MOST_VOTES


def test_what_is_foreseen_is_what_it_takes() -> None:
    chance = np.random.default_rng(5)
    for mean, variance in (
        (np.array([0.4, 0.2, 0.0, -0.2, -0.4]), 0.6),
        (np.zeros(6), 0.9),
    ):
        known = belief(mean, variance * np.eye(len(mean)))
        taken = [
            vote_until_settled(chance.multivariate_normal(mean, known.covariance), known, chance)
            for _ in range(40)
        ]
        foreseen = votes_to_go(known, rng())
        assert foreseen is not None
        middle = float(np.median(taken))
        assert middle / 1.6 - 2 <= foreseen <= 1.6 * middle + 2, (foreseen, middle)
