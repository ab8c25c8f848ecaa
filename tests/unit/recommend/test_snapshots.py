"""Snapshots equal what a rebuild of the votes makes, however they came."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gemrec.leaderboard import Counts, EloTable, build_board
from gemrec.recommend import recommend
from gemrec.recommend.records_of_votes import blind_votes_on
from gemrec.records import BattleForm, BattleMode, Outcome, Prompt, Vote
from tests.unit.recommend.following import MODELS, PROMPTS, assert_same
from tests.unit.recommend.helpers import Study, pictures_by_style


class TestSnapshot:
    def test_it_never_changes(self, study: Study) -> None:
        refresher = study.refresher()
        study.vote("ann", "a", "b", Outcome.LEFT)
        old = refresher.refresh()
        ratings = [(row.model_id, row.rating, row.elo) for row in old.board().rows]
        fresh = Study.refresher(study).rebuild()
        study.vote("ann", "b", "a", Outcome.LEFT)
        study.vote("bob", "b", "a", Outcome.LEFT)
        new = refresher.refresh()
        assert new is not old
        assert [(row.model_id, row.rating, row.elo) for row in old.board().rows] == ratings
        assert old.votes_applied(None) == 1 and new.votes_applied(None) == 3
        # A board that is first asked for after the counts have moved on is still the old one.
        assert refresher.current() is new
        late = study.refresher()
        first = late.refresh()
        study.vote("bob", "b", "c", Outcome.LEFT)
        expected = study.refresher()
        late.refresh()
        assert first.board().votes == 3
        assert expected.refresh().board().votes == 4
        assert fresh.board().votes == 1

    def test_the_board_equals_one_counted_from_the_votes(self, study: Study) -> None:
        study.prefer("ann", "a", "b", 3)
        study.vote("bob", "c", "b", Outcome.BOTH_BAD)
        snapshot = study.refresher().refresh()
        votes = study.store.votes.current()
        expected = build_board(
            Counts.from_votes(votes, MODELS), EloTable.replay(votes), votes[-1].id
        )
        assert snapshot.board() == expected

    def test_named_and_skipped_battles_are_no_evidence_for_everybody(self, study: Study) -> None:
        study.vote("ann", "a", "b", Outcome.LEFT, mode=BattleMode.NAMED)
        study.vote("ann", "a", "b", Outcome.SKIP)
        snapshot = study.refresher().refresh()
        assert snapshot.votes == 0 and snapshot.board().votes == 0
        assert snapshot.votes_applied(study.person("ann")) == 2
        # What somebody said knowing the names is still what they said.
        assert snapshot.taste(study.person("ann")).person.votes == 1

    def test_votes_on_models_that_left_the_catalog_still_count(self, study: Study) -> None:
        study.prefer("ann", "a", "b", 2)
        study.prefer("ann", "d", "a", 2)
        study.catalog = type(study.catalog)({"a": study.catalog.get("a")})
        snapshot = study.refresher().refresh()
        assert snapshot.board().votes == 4
        answer = recommend(snapshot, study.catalog, study.person("ann"), PROMPTS[0])
        assert [ranked.model_id for ranked in answer.models] == ["a"]

    def test_others_leaves_out_the_own_votes(self, study: Study) -> None:
        study.prefer("ann", "a", "b", 3)
        study.prefer("bob", "b", "a", 1)
        snapshot = study.refresher().refresh()
        own = snapshot.votes_of(study.person("ann"))
        assert (snapshot.votes_on("a"), blind_votes_on("a", own)) == (4, 3)
        assert (snapshot.votes_on("c"), blind_votes_on("c", own)) == (0, 0)


class TestUndoAndEdit:
    def test_undo_takes_the_personal_effect_back(self, study: Study) -> None:
        study.prefer("ann", "a", "b", 2)
        refresher = study.refresher()
        person = study.person("ann")
        before = refresher.refresh()
        vote = study.vote("ann", "d", "a", Outcome.LEFT)
        during = refresher.refresh()
        study.undo(vote)
        after = refresher.refresh()
        np.testing.assert_allclose(
            after.taste(person).person.mean, before.taste(person).person.mean, atol=1e-6
        )
        assert (
            during.taste(person).score_models(MODELS).score[3]
            > 0.03 + (before.taste(person).score_models(MODELS).score[3])
        )
        assert after.votes_applied(person) == before.votes_applied(person) + 2
        assert after.elo.rating("d") == before.elo.rating("d")

    def test_edit_turns_the_vote_round(self, study: Study) -> None:
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        refresher = study.refresher()
        refresher.refresh()
        study.edit(vote, Outcome.RIGHT)
        edited = refresher.refresh()
        row = edited.everybody.index
        assert edited.everybody.mean[row["b"]] > edited.everybody.mean[row["a"]]
        assert_same(edited, study.refresher().rebuild(), [study.person("ann")])

    def test_an_undone_vote_can_be_cast_again_by_an_edit(self, study: Study) -> None:
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        gone = study.undo(vote)
        refresher = study.refresher()
        assert refresher.refresh().votes == 0
        study.edit(gone, Outcome.RIGHT)
        snapshot = refresher.refresh()
        assert snapshot.votes == 1
        assert_same(snapshot, study.refresher().rebuild(), [study.person("ann")])


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("cast", "cast", "rank", "edit", "undo")),
        st.integers(0, 2**16),
        st.sampled_from([o for o in Outcome if o is not Outcome.RANKING]),
        st.sampled_from(("", "refresh", "refresh", "restart")),
    ),
    max_size=14,
)
RANKINGS = (((0,), (1,), (2,)), ((2,), (0, 1)), ((1, 2), (0,)), ((0,), (2,)), ((0, 1, 2),))


class TestIncrementalEqualsRebuild:
    @settings(max_examples=25, deadline=None)
    @given(events=EVENTS)
    def test_whatever_happens_and_however_it_is_cut_into_refreshes(
        self, events: list[tuple[str, int, Outcome, str]]
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            study = Study(Path(folder), MODELS)
            rng = np.random.default_rng(0)
            refresher = study.refresher()
            newest: dict[str, Vote] = {}
            for kind, number, outcome, then in events:
                vote = self.happen(study, newest, kind, number, outcome, rng)
                newest[vote.battle_id] = vote
                if number % 4 == 0:
                    prompt = Prompt(f"picture {vote.id}", "animal")
                    pictures_by_style(study, {"a": 0, "b": 1, "c": 2}, [prompt], rng)
                    refresher.nudge_images()
                if then:
                    refresher.refresh().votes_of(study.person("ann"))
                if then == "restart":
                    refresher.close()
                    refresher = study.refresher()
                    refresher.load()
            people = [study.person("ann"), study.person("bob")]
            refresher.nudge_images()
            assert_same(refresher.refresh(), study.refresher().rebuild(), people)
            assert_same(refresher.current(), refresher.rebuild(), people)
            cy = study.person("cy")
            votes = tuple(v for v in study.store.votes.current() if v.annotator_id == cy)
            assert refresher.current().votes_of(cy) == votes
            study.store.close()

    @staticmethod
    def happen(
        study: Study,
        newest: dict[str, Vote],
        kind: str,
        number: int,
        outcome: Outcome,
        rng: np.random.Generator,
    ) -> Vote:
        models = [str(model) for model in rng.permutation(MODELS)[:3]]
        name = ("ann", "bob")[number % 2]
        ranking = RANKINGS[number % len(RANKINGS)]
        old = newest[sorted(newest)[number % len(newest)]] if newest else None
        if kind == "rank":
            return study.rank("cy", models, ranking, PROMPTS[number % 3])
        if kind == "undo" and old is not None and old.outcome is not None:
            return study.undo(old)
        if kind == "edit" and old is not None:
            if old.form is BattleForm.RANKING:
                return study.edit(old, Outcome.RANKING, ranking)
            return study.edit(old, outcome)
        mode = BattleMode.NAMED if number % 5 == 0 else BattleMode.BLIND
        return study.vote(name, *models[:2], outcome, PROMPTS[number % 3], mode)
