"""What follows from a normal belief about utilities."""

import numpy as np
import pytest

from gemrec.preference import Belief, thompson_slate
from gemrec.preference.davidson import moments

LOG_NU = -0.7


def belief(size: int = 5, seed: int = 0, models: tuple[str, ...] | None = None) -> Belief:
    rng = np.random.default_rng(seed)
    makers = models or tuple(f"m{i}" for i in range(size))
    number = {m: i for i, m in enumerate(dict.fromkeys(makers))}
    own = 0.2 + rng.random(len(number))
    doubt = np.array([own[number[m]] for m in makers])
    return Belief(
        makers,
        rng.normal(size=size),
        rng.normal(size=(size, 3)),
        doubt,
        np.zeros(size),
        LOG_NU,
        size,
    )


@pytest.mark.parametrize("makers", [None, ("a", "b", "a", "c", "b")])
def test_draws_have_the_mean_and_covariance(makers: tuple[str, ...] | None) -> None:
    told = belief(models=makers)
    drawn = told.draw(np.random.default_rng(1), 60_000)
    np.testing.assert_allclose(drawn.mean(axis=0), told.mean, atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), told.covariance, atol=0.12)
    np.testing.assert_allclose(np.diag(told.covariance), told.variance, atol=1e-12)


def test_items_of_one_model_share_its_doubt() -> None:
    told = belief(models=("a", "b", "a", "c", "b"))
    drawn = told.draw(np.random.default_rng(1), 20_000)
    own = drawn - told.mean
    free = own[:, 0] - own[:, 2]  # the shared part cancels
    assert free.var() == pytest.approx(((told.root[0] - told.root[2]) ** 2).sum(), rel=0.05)


def test_scores_agree_with_draws_also_with_a_baseline_of_some() -> None:
    told = belief()
    told = Belief(told.makers, told.mean, told.root, told.doubt, told.taste, LOG_NU, 3)
    scores = told.scores()
    drawn = told.draw(np.random.default_rng(2), 60_000)
    chance = 1 / (1 + np.exp(-(drawn - drawn[:, :3].mean(axis=1, keepdims=True))))
    np.testing.assert_allclose(scores.score, chance.mean(axis=0), atol=0.01)
    low, high = np.quantile(chance, [0.05, 0.95], axis=0)
    np.testing.assert_allclose(scores.low, low, atol=0.02)
    np.testing.assert_allclose(scores.high, high, atol=0.02)


def test_pairwise_probabilities_agree_with_draws_and_are_complementary() -> None:
    told = belief()
    beats = told.beats()
    drawn = told.draw(np.random.default_rng(3), 60_000)
    gaps = drawn[:, :, None] - drawn[:, None, :]
    np.testing.assert_allclose(beats, (1 / (1 + np.exp(-gaps))).mean(axis=0), atol=0.01)
    np.testing.assert_allclose(beats + beats.T, 1.0)


@pytest.mark.parametrize("makers", [None, ("a", "b", "a", "c", "b")])
def test_among_best_is_what_sampling_says(makers: tuple[str, ...] | None) -> None:
    told = belief(models=makers)
    drawn = told.draw(np.random.default_rng(4), 100_000)
    places = (-drawn).argsort(axis=1).argsort(axis=1)
    for best in (1, 2, 5, 9):
        chance = told.among_best(best)
        assert chance.sum() == pytest.approx(min(best, 5))
        np.testing.assert_allclose(chance, (places < best).mean(axis=0), atol=0.05)
        assert (chance == told.among_best(best)).all()


def test_information_is_what_sampling_says() -> None:
    told = belief(3)
    rng = np.random.default_rng(5)
    drawn = told.draw(rng, 100_000)

    def shares(gap: np.ndarray) -> np.ndarray:
        at = moments(gap, LOG_NU)
        win = np.exp(gap / 2 - at.log_z)
        return np.stack([win, np.exp(-gap / 2 - at.log_z), at.tie])

    def entropy(p: np.ndarray) -> np.ndarray:
        return -(p * np.log(p)).sum(axis=0)

    expected = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            if i != j:
                p = shares(drawn[:, i] - drawn[:, j])
                expected[i, j] = entropy(p.mean(axis=1)) - entropy(p).mean()
    np.testing.assert_allclose(told.information(), expected, atol=5e-3)


def test_a_certain_pair_tells_nothing() -> None:
    sure = Belief(
        ("a", "b", "c"),
        np.array([0.0, 30.0, 0.1]),
        np.array([[0.0], [0.0], [2.0]]),
        np.zeros(3),
        np.zeros(3),
        LOG_NU,
        3,
    )
    told = sure.information()
    assert told[0, 1] == pytest.approx(0.0, abs=1e-6)
    assert told[0, 2] > 0.1
    np.testing.assert_allclose(told, told.T, atol=1e-12)


def test_a_slate_has_different_items_and_favours_good_ones() -> None:
    told = belief(8)
    rng = np.random.default_rng(6)
    counted = np.zeros(8)
    for _ in range(300):
        slate = thompson_slate(told, rng, 4)
        assert len(set(slate.tolist())) == 4
        counted[slate] += 1
    assert counted[told.mean.argmax()] > counted[told.mean.argmin()]
    assert sorted(thompson_slate(told, rng, 20).tolist()) == list(range(8))


def test_only_keeps_the_joint_belief() -> None:
    told = belief(models=("a", "b", "a", "c", "b"))
    some = told.only([2, 0, 4])
    assert some.makers == ("a", "a", "b")
    np.testing.assert_allclose(some.covariance, told.covariance[np.ix_([2, 0, 4], [2, 0, 4])])
    assert len(told.only([]).scores().score) == 0
