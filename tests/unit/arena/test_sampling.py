from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemrec.arena import SAMPLERS, Beliefs, Draw, PairSampler, Standings
from gemrec.arena.evidence import strength_covariance
from gemrec.arena.sampling import a_optimal_weights, pairs_of
from gemrec.errors import InputError
from gemrec.leaderboard import PairCounts, fit
from gemrec.leaderboard.davidson import pair_probabilities

MODELS = ("a", "b", "c", "d")
COUNTS = {("a", "b"): 5, ("c", "a"): 2, ("d", "a"): 2, ("b", "c"): 2}


def standings(wins: dict[tuple[str, str], int], models: tuple[str, ...] = MODELS) -> Standings:
    """Evidence from wins of the first over the second."""
    table = np.zeros((len(models), len(models)))
    for (winner, loser), times in wins.items():
        table[models.index(winner), models.index(loser)] = times
    return Standings(PairCounts(models, table, np.zeros_like(table)))


class Weighed:
    """A sampler whose weights were found once, for tests that draw often from the same pool."""

    def __init__(self, sampler: PairSampler, evidence: Standings, models=MODELS) -> None:
        self.name = sampler.name
        self._weights = sampler.weigh(models, evidence)

    def weigh(self, models, evidence):
        return self._weights


@pytest.fixture(params=sorted(SAMPLERS))
def sampler(request: pytest.FixtureRequest) -> PairSampler:
    return SAMPLERS[request.param]()


@pytest.fixture
def draw(sampler: PairSampler) -> Draw:
    return Draw(sampler, random_share=0.2)


class TestEverySampler:
    def test_weighs_every_pair(self, sampler):
        weights = sampler.weigh(MODELS, standings(COUNTS))
        assert weights.shape == (6,)
        assert (weights >= 0).all()
        assert weights.max() > 0

    def test_returns_two_different_models_of_the_pool(self, draw):
        rng = np.random.default_rng(1)
        for _ in range(50):
            left, right = draw(MODELS, standings(COUNTS), rng).models
            assert left != right
            assert {left, right} <= set(MODELS)

    def test_equal_seeds_give_equal_choices_whatever_the_order_of_the_pool(self, draw):
        evidence = standings(COUNTS)
        first = draw(MODELS, evidence, np.random.default_rng(7))
        second = draw(MODELS[::-1], evidence, np.random.default_rng(7))
        assert first == second

    def test_sides_are_fair(self, sampler):
        rng, evidence = np.random.default_rng(2), standings({("a", "b"): 9})
        draw = Draw(Weighed(sampler, evidence, ("a", "b")))
        lefts = [draw(("a", "b"), evidence, rng).models[0] for _ in range(2000)]
        assert 900 < lefts.count("a") < 1100

    @pytest.mark.parametrize(("options", "sets"), [({}, 6), ({"sides": 3}, 4), ({"king": "b"}, 3)])
    def test_propensity_is_how_often_a_set_is_really_drawn(self, sampler, options, sets):
        rng, evidence = np.random.default_rng(3), standings(COUNTS)
        draw = Draw(Weighed(sampler, evidence), random_share=0.2)
        draws = [draw(MODELS, evidence, rng, **options) for _ in range(1500)]
        chance = {frozenset(drawn.models): drawn.propensity for drawn in draws}
        assert len(chance) == sets
        assert sum(chance.values()) == pytest.approx(1)
        for members, propensity in chance.items():
            share = np.mean([frozenset(drawn.models) == members for drawn in draws])
            assert share == pytest.approx(propensity, abs=0.05)

    def test_the_random_share_is_uniform_and_says_so(self, sampler):
        rng, evidence = np.random.default_rng(4), standings(COUNTS)
        draw = Draw(Weighed(sampler, evidence), 0.25)
        draws = [draw(MODELS, evidence, rng) for _ in range(2500)]
        random = [frozenset(d.models) for d in draws if d.policy == "random"]
        assert len(random) / len(draws) == pytest.approx(0.25, abs=0.025)
        assert {d.policy for d in draws} == {"random", sampler.name}
        for pair in combinations(MODELS, 2):
            assert random.count(frozenset(pair)) / len(random) == pytest.approx(1 / 6, abs=0.05)

    @pytest.mark.parametrize("pool", [(), ("a",), ("a", "a")])
    def test_needs_two_models(self, draw, pool):
        with pytest.raises(InputError, match="at least 2"):
            draw(pool, standings({}), np.random.default_rng(0))

    def test_strangers_and_no_votes_at_all_are_fine(self, draw):
        choice = draw(("x", "y", "z"), standings({}), np.random.default_rng(0))
        assert choice.propensity == pytest.approx(1 / 3, rel=0.15)
        assert draw(("x", "a"), standings(COUNTS), np.random.default_rng(0)).propensity == 1

    def test_an_undefeated_model_is_fine(self, draw):
        evidence = standings({("a", "b"): 1000, ("a", "c"): 1000})
        assert 0 < draw(MODELS, evidence, np.random.default_rng(0)).propensity <= 1

    @given(
        pool=st.lists(st.text(min_size=1), min_size=2, max_size=8, unique=True),
        seed=st.integers(0, 2**32 - 1),
        votes=st.integers(0, 10**6),
    )
    @settings(max_examples=40, deadline=None)
    @pytest.mark.parametrize("kind", sorted(SAMPLERS))
    def test_propensity_is_a_probability_for_any_pool(self, kind, pool, seed, votes):
        evidence = standings({(pool[0], pool[1]): votes}, tuple(pool))
        choice = Draw(SAMPLERS[kind](), 0.1)(pool, evidence, np.random.default_rng(seed))
        assert 0 < choice.propensity <= 1
        assert choice.policy in (kind, "random")


class TestDraw:
    @pytest.mark.parametrize(
        ("options", "sets"), [({}, 10), ({"sides": 3}, 10), ({"king": "e"}, 4)]
    )
    def test_battles_from_a_shortlist_weigh_every_set_alike(self, options, sets):
        """Inverse propensities are unbiased: each set's mean weight is 1."""
        pool, rng, evidence = (*MODELS, "e"), np.random.default_rng(9), standings(COUNTS)
        draw = Draw(SAMPLERS["information"](), random_share=0.2, shortlist=4)
        total: dict[frozenset[str], float] = {}
        for _ in range(4000):
            choice = draw(pool, evidence, rng, **options)
            members = frozenset(choice.models)
            total[members] = total.get(members, 0.0) + 1 / choice.propensity / 4000
        assert len(total) == sets
        assert all(weight == pytest.approx(1, abs=0.2) for weight in total.values())

    def test_pools_of_thousands_are_drawn_from_their_shortlist(self):
        pool = [f"model {n}" for n in range(5000)]
        draw, rng = Draw(SAMPLERS["information"]()), np.random.default_rng(0)
        choice = draw(pool, standings({}), rng, king="model 4000")
        assert "model 4000" in choice.models
        assert choice.propensity == pytest.approx(1 / 4999)

    def test_the_king_is_there_on_a_fair_side(self):
        rng, evidence = np.random.default_rng(5), standings(COUNTS)
        draw = Draw(Weighed(SAMPLERS["information"](), evidence))
        choices = [draw(MODELS, evidence, rng, king="c") for _ in range(2000)]
        assert all(choice.models[choice.king] == "c" for choice in choices)
        assert 900 < sum(choice.king for choice in choices) < 1100

    def test_a_ranking_has_as_many_different_models_as_sides(self):
        draw, rng = Draw(SAMPLERS["information"]()), np.random.default_rng(6)
        for sides in (3, 4):
            choice = draw(MODELS, standings(COUNTS), rng, sides=sides)
            assert len(set(choice.models)) == sides
        assert choice.propensity == pytest.approx(1)

    def test_pairs_to_avoid_are_avoided_while_others_remain(self):
        draw, rng = Draw(SAMPLERS["uniform"]()), np.random.default_rng(7)
        avoid = [frozenset("ab"), frozenset("ac")]
        drawn = {frozenset(draw("abc", standings({}), rng, avoid=avoid).models) for _ in range(50)}
        assert drawn == {frozenset("bc")}
        assert draw("ab", standings({}), rng, avoid=avoid).propensity == 1


def test_uniform_ignores_counts():
    choice = Draw(SAMPLERS["uniform"]())(MODELS, standings(COUNTS), np.random.default_rng(0))
    assert choice.propensity == pytest.approx(1 / 6)


def test_fewest_votes_takes_the_pair_nobody_has_seen():
    evidence = standings({("a", "b"): 4, ("c", "a"): 4}, ("a", "b", "c"))
    assert SAMPLERS["fewest_votes"]().weigh(("a", "b", "c"), evidence).tolist() == [0, 0, 1]


def test_information_starts_unknown_models_at_weight_one():
    known = dict.fromkeys(combinations("abc", 2), 40)
    weights = SAMPLERS["information"]().weigh((*MODELS, "stranger"), standings(known))
    new = np.array(["d" in p or "stranger" in p for p in combinations((*MODELS, "stranger"), 2)])
    assert (weights[new] == 1.0).all()
    assert (weights[~new] < 0.01).all()


class TestAOptimality:
    def test_by_hand(self):
        # Variances 1, 2 and 0; on even sides without ties a vote tells v = 1/4. For the first pair
        # Sx = (1, -2, 0), less its mean (4, -5, 1) / 3, so the gain is 42/9 v / (1 + 3 v) = 2/3;
        # for the others Sx = (2, -1, -1) / 3 and (-2, 4, -2) / 3: 2/15 and 4/9.
        beliefs = Beliefs(np.zeros(3), np.diag([1.0, 2.0, 0.0]), -np.inf)
        assert a_optimal_weights(beliefs) == pytest.approx([1.0, 0.2, 2 / 3])

    def test_is_the_fall_of_the_summed_variance(self):
        rng = np.random.default_rng(8)
        root = rng.normal(size=(5, 5))
        beliefs = Beliefs(rng.normal(size=5), root @ root.T + np.eye(5), -0.7)
        centre = np.eye(5) - 1 / 5
        falls = []
        for i, j in zip(*pairs_of(5), strict=True):
            x = np.eye(5)[i] - np.eye(5)[j]
            p, q, _ = pair_probabilities(beliefs.mean[i] - beliefs.mean[j], -0.7)
            information = (p + q) / 4 - ((p - q) / 2) ** 2
            after = np.linalg.inv(np.linalg.inv(beliefs.covariance) + information * np.outer(x, x))
            falls.append(np.trace(centre @ (beliefs.covariance - after) @ centre))
        assert a_optimal_weights(beliefs) == pytest.approx(np.array(falls) / max(falls))


def test_the_covariance_knows_that_two_groups_are_not_linked():
    table = np.zeros((4, 4))
    table[0, 1] = table[1, 0] = table[2, 3] = table[3, 2] = 500
    counts = PairCounts(MODELS, table, np.zeros((4, 4)))
    covariance = strength_covariance(fit(counts), counts.games)

    def spread(i: int, j: int) -> float:
        return float(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j])

    assert spread(0, 1) < 0.01
    assert spread(0, 2) == pytest.approx(4, rel=0.01)  # two means of two models with variance 4


def test_personal_looks_for_the_best_and_does_not_repeat_itself():
    names = tuple("abcdef")
    # a is far ahead and f far behind; whether b or c comes second is open.
    counts = dict.fromkeys(combinations(names, 2), 30)
    counts |= {("b", "c"): 2, ("c", "b"): 2}
    evidence = standings(counts, names)
    weights = SAMPLERS["personal"]().weigh(names, evidence)
    weigh = dict(zip(combinations(names, 2), weights / weights.sum(), strict=True))
    best = evidence.chance_of_best(names)
    assert best.argmax() == 0 and best.sum() == pytest.approx(1)
    assert weigh["a", "b"] > 3 * weigh["e", "f"]
    more = counts | {("a", "b"): 300, ("b", "a"): 200}
    again = SAMPLERS["personal"]().weigh(names, standings(more, names))
    assert (
        dict(zip(combinations(names, 2), again / again.sum(), strict=True))["a", "b"]
        < weigh["a", "b"]
    )
