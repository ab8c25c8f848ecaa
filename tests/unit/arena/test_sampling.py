import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemrec.arena import SAMPLERS, FewestVotesSampler, PairSampler, UniformSampler
from gemrec.errors import InputError

MODELS = ("a", "b", "c", "d")


@pytest.fixture(params=sorted(SAMPLERS))
def sampler(request: pytest.FixtureRequest) -> PairSampler:
    return SAMPLERS[request.param]()


class TestEverySampler:
    def test_returns_two_different_models_of_the_pool(self, sampler):
        rng = np.random.default_rng(1)
        for _ in range(50):
            left, right = sampler.sample(MODELS, {("a", "b"): 3}, rng).models
            assert left != right
            assert {left, right} <= set(MODELS)

    def test_equal_seeds_give_equal_choices_whatever_the_order_of_the_pool(self, sampler):
        first = sampler.sample(MODELS, {}, np.random.default_rng(7))
        second = sampler.sample(MODELS[::-1], {}, np.random.default_rng(7))
        assert first == second

    def test_sides_are_fair(self, sampler):
        rng = np.random.default_rng(2)
        lefts = [sampler.sample(("a", "b"), {}, rng).models[0] for _ in range(2000)]
        assert 900 < lefts.count("a") < 1100

    def test_propensity_is_how_often_a_pair_is_really_chosen(self, sampler):
        rng = np.random.default_rng(3)
        counts = {("a", "b"): 5, ("c", "a"): 2, ("d", "a"): 2, ("b", "c"): 2}
        draws = [sampler.sample(MODELS, counts, rng) for _ in range(4000)]
        chance = {tuple(sorted(draw.models)): draw.propensity for draw in draws}
        assert len(chance) == 6
        assert sum(chance.values()) == pytest.approx(1)
        for pair, propensity in chance.items():
            share = np.mean([tuple(sorted(draw.models)) == pair for draw in draws])
            assert share == pytest.approx(propensity, abs=0.035)

    @pytest.mark.parametrize("pool", [(), ("a",), ("a", "a")])
    def test_needs_two_models(self, sampler, pool):
        with pytest.raises(InputError, match="at least 2"):
            sampler.sample(pool, {}, np.random.default_rng(0))

    @given(
        pool=st.lists(st.text(min_size=1), min_size=2, max_size=8, unique=True),
        seed=st.integers(0, 2**32 - 1),
    )
    @pytest.mark.parametrize("kind", sorted(SAMPLERS))
    def test_propensity_is_a_probability_for_any_pool(self, kind, pool, seed):
        counts = {(pool[0], pool[1]): 9}
        choice = SAMPLERS[kind]().sample(pool, counts, np.random.default_rng(seed))
        assert 0 < choice.propensity <= 1
        assert choice.policy == kind


def test_uniform_ignores_counts():
    choice = UniformSampler().sample(MODELS, {("a", "b"): 1000}, np.random.default_rng(0))
    assert choice.propensity == pytest.approx(1 / 6)


def test_fewest_votes_prefers_the_pair_nobody_has_seen():
    counts = {("a", "b"): 4, ("c", "a"): 4}  # b and c have never met
    rng = np.random.default_rng(5)
    sampler = FewestVotesSampler(explore=0.1)
    draws = [set(sampler.sample(("a", "b", "c"), counts, rng).models) for _ in range(300)]
    assert draws.count({"b", "c"}) > 250


@pytest.mark.parametrize("explore", [0, -0.1, 1.1])
def test_exploring_never_stops(explore):
    with pytest.raises(InputError, match="explore"):
        FewestVotesSampler(explore)
