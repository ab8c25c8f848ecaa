"""Scores of images: values computed by hand, and what must hold whatever the images are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gemrec.errors import InputError
from gemrec.ranking import (
    KINDS,
    NEUTRAL,
    Weights,
    combine,
    distinctiveness,
    normalise,
    popularity,
    prompt_match,
    read_weights,
    safety_of,
)

# Three unit vectors in the plane, at 0°, 60° and 90° from the first axis.
IMAGES = np.array([[1.0, 0.0], [0.5, math.sqrt(3) / 2], [0.0, 1.0]])
ONE_PROMPT = np.zeros(3, np.int64)


class TestByHand:
    def test_prompt_match(self):
        # The prompt lies at 60°: cosines cos 60°, cos 0°, cos 30°.
        assert prompt_match(IMAGES, IMAGES[1]) == pytest.approx([50.0, 100.0, 86.60254], abs=1e-5)

    def test_distinctiveness(self):
        # First: others at cos 60° = .5 and cos 90° = 0, mean .25. Second: .5 and cos 30°.
        expected = [0.75, 1 - (0.5 + 0.8660254) / 2, 1 - 0.8660254 / 2]
        assert distinctiveness(IMAGES) == pytest.approx(expected, abs=1e-6)

    def test_popularity_and_safety(self):
        assert popularity([0, 9, 999, 609745]) == pytest.approx([0, 1, 3, 5.785149], abs=1e-6)
        assert safety_of(0.3) == pytest.approx(0.7)

    def test_normalised(self):
        assert normalise(np.array([50.0, 100.0, 75.0]), ONE_PROMPT).tolist() == [0.0, 1.0, 0.5]

    def test_combined(self):
        # 1·0 + .8·.5 + .2·1 = .6 of 2 → .3;  1·1 + .8·0 + .2·.5 = 1.1 of 2 → .55
        rows = np.array([[0.0, 0.5, 1.0, 0.9, 0.1], [1.0, 0.0, 0.5, 0.9, 0.1]])
        assert combine(rows, Weights()) == pytest.approx([0.3, 0.55])

    def test_the_published_weights_are_the_default(self):
        assert Weights().array().tolist() == [1.0, 0.8, 0.2, 0.0, 0.0]


class TestNothingToCompareWith:
    def test_one_image_alone_is_neutral_everywhere(self):
        alone = IMAGES[:1]
        assert np.isnan(distinctiveness(alone)).all()
        for raw in (prompt_match(alone, IMAGES[1]), distinctiveness(alone), popularity([7])):
            assert normalise(raw, np.zeros(1, np.int64)).tolist() == [NEUTRAL]

    def test_equal_and_unknown_values_are_neutral(self):
        assert normalise(np.array([3.0, 3.0, 3.0]), ONE_PROMPT).tolist() == [NEUTRAL] * 3
        assert normalise(np.array([np.nan, 0.0, 2.0]), ONE_PROMPT).tolist() == [NEUTRAL, 0.0, 1.0]

    def test_no_images(self):
        assert len(normalise(np.zeros(0), np.zeros(0, np.int64))) == 0

    def test_without_any_weight_all_are_equal(self):
        none = Weights(0, 0, 0)
        assert combine(np.eye(5), none).tolist() == [NEUTRAL] * 5


values = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(
    arrays(np.float64, st.integers(1, 20), elements=values),
    arrays(np.float64, st.integers(1, 20), elements=values),
)
def test_another_prompts_images_move_nothing(first, second):
    alone = normalise(first, np.zeros(len(first), np.int64))
    groups = np.repeat([0, 1], [len(first), len(second)])
    together = normalise(np.concatenate([first, second]), groups)
    assert np.array_equal(together[: len(first)], alone)


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_a_permutation_changes_nothing(n, seed):
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(n, 6))
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    order = rng.permutation(n)
    groups = rng.integers(0, 3, n)
    assert distinctiveness(images[order]) == pytest.approx(
        distinctiveness(images)[order], nan_ok=True
    )
    raw = prompt_match(images, images[0])
    assert np.array_equal(normalise(raw[order], groups[order]), normalise(raw, groups)[order])


@given(
    arrays(np.float64, st.integers(1, 20), elements=st.one_of(values, st.just(math.nan))),
    st.lists(st.floats(0, 10), min_size=5, max_size=5),
)
def test_everything_is_finite_and_between_0_and_1(raw, weights):
    one = normalise(raw, np.zeros(len(raw), np.int64))
    score = combine(np.stack([one] * len(KINDS), axis=1), Weights(*weights))
    for numbers in (one, score):
        assert np.isfinite(numbers).all()
        assert ((numbers >= 0) & (numbers <= 1 + 1e-12)).all()


@given(st.integers(2, 10), st.integers(0, 2**32 - 1))
def test_distinctiveness_is_the_slow_mean_of_cosines(n, seed):
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(n, 4))
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    slow = [1 - np.mean([images[i] @ images[j] for j in range(n) if j != i]) for i in range(n)]
    assert distinctiveness(images) == pytest.approx(slow)


@pytest.mark.parametrize("value", [-0.1, 11, math.nan, "1", True, None])
def test_weights_that_are_none(value):
    with pytest.raises(InputError, match="safety: got"):
        read_weights({"safety": value})


def test_a_weight_of_nothing():
    with pytest.raises(InputError, match=r"beauty.*allowed: prompt_match"):
        read_weights({"beauty": 1})
