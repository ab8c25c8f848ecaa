"""Both stages together: every hard case gets an answer, and every word of it is true."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gemrec.preference import Asked
from gemrec.recommend import ENOUGH_VOTES, Snapshot, recommend
from gemrec.recommend.reasons import Circumstances, find_reasons
from gemrec.records import Outcome, Prompt, Recommendation
from gemrec.retrieval import Shelf, retrieve_models
from tests.unit.recommend.helpers import Study, make_model, pictures_by_style

CAT, LAKE, ROOM = Prompt("a cat", "animal"), Prompt("a lake", "scenery"), Prompt("a room", "home")
UNSEEN = Prompt("a rocket on the moon", "vehicle")
STYLES = {"ink1": 0, "ink2": 0, "ink3": 0, "oil1": 1, "oil2": 1, "oil3": 1}


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(
        tmp_path,
        [make_model("ink", 50), make_model("oil", 5_000), make_model("neon", 500)],
    )
    yield study
    study.store.close()


def fresh(study: Study) -> Snapshot:
    return study.refresher().rebuild()


def ask(study: Study, name: str | None, prompt: Prompt = CAT, k: int = 5) -> Recommendation:
    person = None if name is None else study.person(name)
    return recommend(fresh(study), study.catalog, person, prompt, None, k)


def order(answer: Recommendation) -> list[str]:
    return [ranked.model_id for ranked in answer.models]


class TestWithoutMuch:
    def test_no_votes_give_the_order_of_popularity_and_say_so(self, study: Study) -> None:
        for name in (None, "ann"):
            answer = ask(study, name)
            assert order(answer) == ["oil", "neon", "ink"]
            assert answer.votes_applied == 0 and answer.images == ()
            assert "order of popularity (5,000 downloads)" in answer.models[0].reason

    def test_somebody_without_votes_gets_everybodys_order_and_is_told(self, study: Study) -> None:
        study.prefer("bob", "ink", "oil", 12)
        for name in (None, "ann"):
            answer = ask(study, name)
            assert order(answer)[0] == "ink"
            assert "everybody's order" in answer.models[0].reason
            assert "12 votes by all people put it above average" in answer.models[0].reason
        assert "Not enough votes of yours yet" in ask(study, "ann").models[0].reason
        assert "yours" not in ask(study, None).models[0].reason

    def test_an_empty_catalog_recommends_nothing(self, tmp_path: Path) -> None:
        study = Study(tmp_path, [])
        answer = ask(study, "ann")
        assert (answer.models, answer.images) == ((), ())
        assert fresh(study).board().rows == ()

    def test_one_model(self, tmp_path: Path) -> None:
        answer = ask(Study(tmp_path, ["only"]), "ann")
        assert order(answer) == ["only"]
        assert answer.models[0].score == pytest.approx(0.5)

    def test_an_unknown_person_is_nobody(self, study: Study) -> None:
        answer = recommend(fresh(study), study.catalog, "stranger", CAT)
        assert answer.votes_applied == 0 and len(answer.models) == 3

    def test_retired_models_are_not_recommended_but_their_votes_count(self, tmp_path: Path) -> None:
        models = [make_model("old", retired=True), make_model("ink"), make_model("oil")]
        study = Study(tmp_path, models)
        study.picture("old", CAT, 1)
        study.prefer("ann", "old", "ink", 3)
        study.prefer("ann", "oil", "old", 3)
        answer = ask(study, "ann")
        assert order(answer) == ["oil", "ink"]
        assert answer.images == ()
        assert fresh(study).board().votes == 6

    @pytest.mark.parametrize(("k", "found"), [(0, 0), (1, 1), (2, 2), (99, 3)])
    def test_k_is_the_most(self, study: Study, k: int, found: int) -> None:
        assert len(ask(study, "ann", k=k).models) == found


class TestVotes:
    def test_votes_applied_counts_the_persons_events(self, study: Study) -> None:
        vote = study.vote("ann", "ink", "oil", Outcome.LEFT)
        study.undo(vote)
        study.vote("bob", "ink", "oil", Outcome.SKIP)
        counted = [ask(study, name).votes_applied for name in ("ann", "bob", "cy", None)]
        assert counted == [2, 1, 0, 3]

    def test_one_vote_changes_the_recommendation(self, study: Study) -> None:
        before = {r.model_id: r.score for r in ask(study, "ann").models}
        study.vote("ann", "ink", "oil", Outcome.LEFT)
        after = {r.model_id: r.score for r in ask(study, "ann").models}
        assert after["ink"] > before["ink"] + 0.01 and after["oil"] < before["oil"] - 0.01

    def test_undo_takes_it_back(self, study: Study) -> None:
        before = ask(study, "ann")
        votes = [study.vote("ann", "ink", "oil", Outcome.LEFT) for _ in range(6)]
        assert order(ask(study, "ann"))[0] == "ink"
        for vote in votes:
            study.undo(vote)
        after = ask(study, "ann")
        assert order(after) == order(before)
        for one, other in zip(before.models, after.models, strict=True):
            assert (one.score, one.low, one.high) == pytest.approx(
                (other.score, other.low, other.high), abs=1e-8
            )
            assert one.reason == other.reason

    def test_scores_fall_and_lie_in_their_intervals(self, study: Study) -> None:
        study.prefer("ann", "ink", "oil", 4)
        study.prefer("bob", "neon", "oil", 4)
        models = ask(study, "ann").models
        assert [m.score for m in models] == sorted((m.score for m in models), reverse=True)
        assert all(0 < m.low <= m.score <= m.high < 1 for m in models)

    def test_models_nobody_has_seen_are_there_with_wider_intervals(self, study: Study) -> None:
        for turn in range(30):
            study.vote("ann", "ink", "oil", (Outcome.LEFT, Outcome.RIGHT)[turn % 2])
        widths = {m.model_id: m.high - m.low for m in ask(study, "ann").models}
        assert widths["neon"] > 1.2 * max(widths["ink"], widths["oil"])


class TestOppositeTastes:
    @pytest.fixture
    def gallery(self, tmp_path: Path) -> Iterator[Study]:
        study = Study(tmp_path, [make_model(m) for m in STYLES])
        prompts = [CAT, LAKE, ROOM]
        pictures_by_style(study, STYLES, prompts, np.random.default_rng(3))
        for turn in range(15):
            # ink3 and oil3 are never shown to either of them.
            pair = ("ink1", "oil1") if turn % 2 else ("ink2", "oil2")
            for name, liked in (("ann", 0), ("bob", 1)):
                study.prefer(name, pair[liked], pair[1 - liked], prompt=prompts[turn % 3])
        yield study
        study.store.close()

    def test_they_get_opposite_orders(self, gallery: Study) -> None:
        ann, bob = (order(ask(gallery, name, UNSEEN, k=6)) for name in ("ann", "bob"))
        assert {m[:3] for m in ann[:3]} == {"ink"} == {m[:3] for m in bob[3:]}
        assert {m[:3] for m in bob[:3]} == {"oil"} == {m[:3] for m in ann[3:]}

    def test_pictures_follow_the_taste(self, gallery: Study) -> None:
        for name, liked in (("ann", "ink"), ("bob", "oil")):
            images = ask(gallery, name, LAKE, k=6).images
            assert len(images) == 12
            assert {ranked.image.prompt for ranked in images} == {"a lake"}
            assert {ranked.image.model_id[:3] for ranked in images[:6]} == {liked}

    def test_a_model_they_have_not_seen_is_explained_by_one_they_have(self, gallery: Study) -> None:
        reasons = {m.model_id: m.reason for m in ask(gallery, "ann", UNSEEN, k=6).models}
        assert re.search(
            r"not compared Ink3 yet; its pictures are like those of Ink[12], which you preferred "
            r"in [78] of [78] comparisons; it is (over )?\d+% likely to be among your best three\.",
            reasons["ink3"],
        )
        assert "like those" not in reasons["oil3"]
        assert reasons["ink1"].startswith("You preferred Ink1 to Oil1 in 7 of 7 comparisons")

    def test_undoing_every_vote_takes_the_taste_away(self, gallery: Study) -> None:
        for vote in gallery.store.votes.current(gallery.person("ann")):
            gallery.undo(vote)
        scores = {m.model_id: m.score for m in ask(gallery, "ann", UNSEEN, k=6).models}
        # What is left is everybody's order, which is bob's.
        assert scores["oil1"] > scores["ink1"]


class TestPictures:
    def test_only_recommended_models_pictures(self, study: Study) -> None:
        for model_id in ("ink", "oil"):
            study.picture(model_id, CAT, 1)
        study.prefer("ann", "ink", "oil", 8)
        images = ask(study, "ann", k=1).images
        assert [ranked.image.model_id for ranked in images] == ["ink"]

    def test_nearest_prompts_stand_in(self, study: Study) -> None:
        study.picture("ink", Prompt("a black cat on a chair", "animal"), 1)
        study.picture("ink", LAKE, 1)
        answer = ask(study, "ann", Prompt("the black cat"))
        assert [ranked.image.prompt for ranked in answer.images] == ["a black cat on a chair"]

    def test_the_embedding_finds_like_prompts_without_common_words(self, study: Study) -> None:
        rng = np.random.default_rng(0)
        contents = np.eye(8)
        prompts = [Prompt(f"thing{i}", "x") for i in range(8)]
        for prompt, content in zip(prompts, contents, strict=True):
            for model_id in ("ink", "oil"):
                study.picture(model_id, prompt, 1, content + 0.05 * rng.normal(size=8))
        vector = (contents[5] + 0.1).astype(np.float32)
        snapshot = fresh(study)
        answer = recommend(snapshot, study.catalog, None, Prompt("widget"), vector)
        assert {ranked.image.prompt for ranked in answer.images} == {"thing5"}
        # A vector of another encoder is of no use, and no harm.
        assert recommend(snapshot, study.catalog, None, Prompt("widget"), vector[:3]).images == ()

    def test_hidden_pictures_stay_hidden(self, study: Study) -> None:
        shown, kept = study.picture("ink", CAT, 1), study.picture("ink", CAT, 2)
        answer = recommend(fresh(study), study.catalog, None, CAT, hidden={shown.id})
        assert [ranked.image.id for ranked in answer.images] == [kept.id]

    def test_pictures_without_vectors_are_still_ranked(self, study: Study) -> None:
        study.picture("ink", CAT, 1)
        study.picture("oil", CAT, 1)
        study.prefer("ann", "ink", "oil", 6)
        assert [r.image.model_id for r in ask(study, "ann").images] == ["ink", "oil"]


class TestReasons:
    def test_the_numbers_are_those_of_the_votes_that_stand(self, study: Study) -> None:
        study.prefer("ann", "ink", "oil", 3)
        study.vote("ann", "ink", "neon", Outcome.BOTH_GOOD)
        study.vote("ann", "neon", "ink", Outcome.LEFT)
        study.undo(study.vote("ann", "ink", "neon", Outcome.LEFT))
        study.vote("ann", "ink", "neon", Outcome.SKIP)
        study.prefer("bob", "oil", "ink", 9)
        snapshot, person = fresh(study), study.person("ann")
        taste, models = snapshot.taste(person), study.catalog.active()
        found = retrieve_models(taste, Shelf.of(models), Asked("animal")).candidates
        around = Circumstances("animal", on_offer=[m.id for m in models])
        for reason in find_reasons(snapshot, taste, person, found, around):
            mine = [v for v in study.store.votes.current(person) if v.outcome is not Outcome.SKIP]
            about = [v for v in mine if reason.model_id in v.models]
            assert reason.record.votes == tuple(v.id for v in about)
            won = sum(
                v.outcome is (Outcome.LEFT, Outcome.RIGHT)[v.models.index(reason.model_id)]
                for v in about
            )
            assert reason.record.wins == won
            assert reason.own == 5
            assert set(reason.evidence) <= {v.id for v in mine}
        texts = {m.model_id: m.reason for m in ask(study, "ann").models}
        assert texts["ink"].startswith("You preferred Ink in 3 of 5 comparisons on animal prompts")
        assert "(1 without a preference)" in texts["ink"]
        assert "9 votes" not in texts["ink"]

    def test_few_votes_are_called_few(self, study: Study) -> None:
        for number in range(1, ENOUGH_VOTES + 2):
            study.vote("ann", "ink", "oil", Outcome.LEFT)
            text = ask(study, "ann").models[0].reason
            assert f"{number} of {number} comparison" in text
            assert ("so this is still close to everybody's order" in text) == (
                number < ENOUGH_VOTES
            )

    def test_a_model_without_any_vote_says_so(self, study: Study) -> None:
        study.prefer("ann", "ink", "oil", 6)
        texts = {m.model_id: m.reason for m in ask(study, "ann").models}
        assert "not compared Neon yet; nor has anybody else" in texts["neon"]

    def test_a_losing_model_that_others_like_says_both(self, study: Study) -> None:
        study.prefer("ann", "ink", "oil", 6)
        study.prefer("bob", "oil", "neon", 9)
        texts = {m.model_id: m.reason for m in ask(study, "ann").models}
        assert "Oil to Ink in 0 of 6 comparisons" in texts["oil"]
        assert "other people rate it above average" in texts["oil"]

    def test_category_is_named_when_it_stands_out(self, study: Study) -> None:
        study.prefer("ann", "ink", "oil", 2, prompt=LAKE)
        study.prefer("ann", "oil", "ink", 4, prompt=CAT)
        texts = {m.model_id: m.reason for m in ask(study, "ann", LAKE).models}
        assert "Ink to Oil in 2 of 2 comparisons on scenery prompts" in texts["ink"]
        assert "in 2 of 6 comparisons in all" in texts["ink"]

    def test_a_prompt_without_category_takes_that_of_its_twin(self, study: Study) -> None:
        study.picture("ink", Prompt("a lake at night", "scenery"), 1)
        gallery = fresh(study).gallery
        assert gallery.category_of(Prompt("the lake at night")) == "scenery"
        assert gallery.category_of(Prompt("a rocket")) == ""
        assert gallery.category_of(Prompt("a lake at night", "mine")) == "mine"


def test_a_model_is_judged_by_what_it_makes_of_such_prompts(tmp_path: Path) -> None:
    """One model is ink on animals and oil on scenery, another one the other way round."""
    study = Study(tmp_path, ["ink", "oil", "even", "odd"])
    rng = np.random.default_rng(0)
    shown = [Prompt(f"a {word} cat", "") for word in ("grey", "white", "small")]
    shown += [Prompt(f"a {word} lake", "") for word in ("deep", "wide", "cold")]
    for prompt in shown:
        content, is_cat = rng.normal(size=16), "cat" in prompt.text
        is_ink = {"ink": True, "oil": False, "even": is_cat, "odd": not is_cat}
        for name, ink in is_ink.items():
            vector = content.copy()
            vector[0] += 2 if ink else -2
            vector += 0.1 * rng.normal(size=16)
            study.picture(name, prompt, 1, vector / np.linalg.norm(vector))
    for turn in range(6):
        study.prefer("ann", "ink", "oil", prompt=shown[turn])
    assert [m for m in order(ask(study, "ann", Prompt("a sleeping cat"))) if m in ("even", "odd")] == [
        "even", "odd",
    ]  # fmt: skip
    assert [m for m in order(ask(study, "ann", Prompt("a frozen lake"))) if m in ("even", "odd")] == [
        "odd", "even",
    ]  # fmt: skip
    study.store.close()
