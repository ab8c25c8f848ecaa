"""Votes come in, snapshots come out: nothing is lost, and the order of refreshes is no matter."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemrec.errors import StoppedError
from gemrec.leaderboard import Counts, EloTable, build_board
from gemrec.preference import build_features
from gemrec.recommend import Refresher, Snapshot, recommend
from gemrec.recommend.records_of_votes import blind_votes_on
from gemrec.records import BattleForm, BattleMode, Outcome, Prompt, Vote
from tests.unit.recommend.helpers import Study, make_catalog, pictures_by_style

MODELS = ("a", "b", "c", "d")
PROMPTS = (Prompt("a cat", "animal"), Prompt("a lake", "scenery"), Prompt("a thing", ""))


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(tmp_path, MODELS)
    yield study
    study.store.close()


@pytest.fixture
def refresher(study: Study) -> Iterator[Refresher]:
    refresher = study.refresher()
    refresher.start()
    yield refresher
    refresher.close()


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)


def assert_same(one: Snapshot, other: Snapshot, people: list[str]) -> None:
    assert (one.last_vote_id, one.events) == (other.last_vote_id, other.events)
    for person in people:
        assert one.votes_applied(person) == other.votes_applied(person)
        assert one.votes_of(person) == other.votes_of(person)
    np.testing.assert_array_equal(one.counts.wins, other.counts.wins)
    np.testing.assert_array_equal(one.counts.ties, other.counts.ties)
    np.testing.assert_allclose(one.features.images, other.features.images, atol=1e-10)
    np.testing.assert_allclose(one.everybody.mean, other.everybody.mean, atol=1e-6)
    assert one.everybody.joint.log_nu == pytest.approx(other.everybody.joint.log_nu, abs=1e-6)
    np.testing.assert_allclose(one.everybody.doubt, other.everybody.doubt, atol=1e-6)
    for model_id in one.everybody.models:
        assert one.elo.rating(model_id) == other.elo.rating(model_id)
    for category in (None, "animal"):
        mine, theirs = one.board(category), other.board(category)
        for row, same in zip(mine.rows, theirs.rows, strict=True):
            assert (row.model_id, row.rank, row.votes) == (same.model_id, same.rank, same.votes)
            assert (row.rating, row.low, row.high) == pytest.approx(
                (same.rating, same.low, same.high), abs=1e-4
            )
    for person in people:
        a, b = one.taste(person).person, other.taste(person).person
        np.testing.assert_allclose(a.mean, b.mean, atol=1e-6)
        np.testing.assert_allclose(a.covariance, b.covariance, atol=1e-6)


class TestThread:
    def test_a_nudged_vote_is_there_within_200_ms(self, study: Study, refresher: Refresher) -> None:
        before = refresher.wait_for(0, 1.0)
        person, seconds = study.person("ann"), []
        for number in range(1, 6):
            vote = study.vote("ann", "a", "b", Outcome.LEFT)
            began = time.monotonic()
            refresher.nudge()
            snapshot = refresher.wait_for(vote.id, 2.0)
            seconds.append(time.monotonic() - began)
            assert snapshot.last_vote_id == vote.id
            assert snapshot.votes_applied(person) == number
        assert np.median(seconds) < 0.2
        assert before.votes_applied(person) == 0

    def test_a_lost_nudge_loses_nothing(self, study: Study, refresher: Refresher) -> None:
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        wait_until(lambda: refresher.current().last_vote_id == vote.id, 3.0)

    def test_votes_from_many_threads_all_arrive(self, study: Study, refresher: Refresher) -> None:
        lock = threading.Lock()

        def cast(name: str) -> None:
            for _ in range(5):
                with lock:
                    study.vote(name, "a", "c", Outcome.LEFT)
                refresher.nudge()

        threads = [threading.Thread(target=cast, args=(name,)) for name in ("ann", "bob", "cy")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        snapshot = refresher.wait_for(15, 2.0)
        assert snapshot.events == 15
        assert [snapshot.votes_applied(study.person(n)) for n in ("ann", "bob", "cy")] == [5] * 3

    def test_waiting_for_a_vote_that_never_comes_ends(self, refresher: Refresher) -> None:
        began = time.monotonic()
        assert refresher.wait_for(99, 0.05).last_vote_id == 0
        assert time.monotonic() - began < 1.0

    def test_start_and_close_can_be_repeated(self, study: Study) -> None:
        refresher = study.refresher()
        refresher.close()
        for _ in range(2):
            refresher.start()
            refresher.start()
            refresher.close()
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        assert refresher.wait_for(vote.id, 1.0).last_vote_id == vote.id

    def test_closing_does_not_wait_for_a_long_fit(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = threading.Event()

        def endless(*_: object, stopped: Callable[[], bool], **__: object) -> None:
            begun.set()
            wait_until(stopped, 10.0)
            raise StoppedError("given up")

        refresher = study.refresher()
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        refresher.open()
        with monkeypatch.context() as patch:
            patch.setattr("gemrec.recommend.opinion.fit_everybody", endless)
            refresher.start()
            assert begun.wait(5.0)
            assert refresher.current().last_vote_id == vote.id  # which waits for no fit either
            began = time.monotonic()
            refresher.close()
        assert time.monotonic() - began < 2.0
        refresher.start()
        wait_until(lambda: refresher.current().everybody.votes == 1, 5.0)
        refresher.close()

    def test_opening_reads_the_votes_and_starts_nothing(self, study: Study) -> None:
        study.vote("ann", "a", "b", Outcome.LEFT)
        opened = study.refresher().open()
        assert opened.board().votes == 1
        assert opened.everybody.votes == 0

    def test_a_failing_read_is_tried_again(
        self, study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        refresher = study.refresher()
        real = study.store.votes.after
        failures = iter([OSError("disk is away")])

        def after(vote_id: int, limit: int | None = None) -> object:
            if (failure := next(failures, None)) is not None:
                raise failure
            return real(vote_id, limit)

        monkeypatch.setattr(study.store.votes, "after", after)
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        refresher.start()
        try:
            wait_until(lambda: refresher.current().last_vote_id == vote.id, 5.0)
        finally:
            refresher.close()
        assert "disk is away" in caplog.text

    def test_a_refresh_that_breaks_half_way_is_made_good(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refresher = study.refresher()
        study.vote("ann", "a", "b", Outcome.LEFT)
        refresher.refresh()
        study.vote("ann", "a", "c", Outcome.LEFT)
        with monkeypatch.context() as patch:
            patch.setattr("gemrec.recommend.opinion.fit_everybody", lambda *a, **k: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                refresher.refresh()
        assert refresher.current().events == 1
        assert_same(refresher.refresh(), study.refresher().rebuild(), [study.person("ann")])


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
        assert snapshot.counts.votes == 0 and snapshot.board().votes == 0
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
        assert refresher.refresh().counts.votes == 0
        study.edit(gone, Outcome.RIGHT)
        snapshot = refresher.refresh()
        assert snapshot.counts.votes == 1
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


class TestNothingReadsAllVotes:
    def test_a_start_reads_only_what_came_after_the_checkpoint(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        study.prefer("ann", "a", "b", 4)
        first = study.refresher()
        first.refresh()
        first.close()
        vote = study.vote("ann", "c", "b", Outcome.LEFT)
        asked: list[int] = []
        real = study.store.votes.after

        def after(vote_id: int, limit: int | None = None) -> tuple[Vote, ...]:
            asked.append(vote_id)
            return real(vote_id, limit)

        monkeypatch.setattr(study.store.votes, "after", after)
        monkeypatch.setattr(study.store.trail, "opening", lambda: 1 / 0)
        snapshot = study.refresher().refresh()
        assert (snapshot.last_vote_id, snapshot.events, snapshot.board().votes) == (vote.id, 5, 5)
        assert min(asked) == vote.id - 1
        monkeypatch.undo()
        assert_same(snapshot, study.refresher().rebuild(), [study.person("ann")])

    def test_without_a_checkpoint_the_count_table_is_read_and_elo_catches_up(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gemrec.recommend.elo_trail._CHUNK", 3)
        study.prefer("ann", "a", "b", 8)
        refresher = study.refresher()
        refresher.start()
        try:
            wait_until(lambda: refresher.current().elo.last_vote_id == 8, 3.0)
            assert refresher.current().board().votes == 8
            wait_until(lambda: refresher.current().everybody.votes == 8, 3.0)
        finally:
            refresher.close()
        assert_same(refresher.current(), study.refresher().rebuild(), [study.person("ann")])

    def test_a_large_import_is_counted_from_the_table(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refresher = study.refresher()
        refresher.refresh()
        monkeypatch.setattr("gemrec.recommend.refresher.MOST_EVENTS", 5)
        study.prefer("ann", "a", "b", 20)
        snapshot = refresher.refresh()
        assert snapshot.events == 20
        assert_same(snapshot, study.refresher().rebuild(), [study.person("ann")])

    def test_a_checkpoint_of_another_catalog_is_read_in_the_new_order(self, study: Study) -> None:
        study.prefer("ann", "a", "b", 3)
        study.prefer("bob", "c", "d", 2)
        refresher = study.refresher()
        refresher.refresh()
        refresher.close()
        study.catalog = make_catalog(("new", "d", "c", "b", "a"))
        snapshot = study.refresher().refresh()
        assert snapshot.everybody.models == ("new", "d", "c", "b", "a")
        expected = {row.model_id: row for row in refresher.current().board().rows}
        rows = {row.model_id: row for row in snapshot.board().rows}
        for model_id in MODELS:
            assert rows[model_id].rating == pytest.approx(expected[model_id].rating)

    def test_deleted_rating_steps_are_made_again(self, study: Study) -> None:
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        refresher = study.refresher()
        refresher.refresh()
        refresher.close()
        study.store.checkpoints.forget()
        study.undo(vote)
        assert refresher.refresh().elo.rating("a") == 1000.0

    def test_boards_of_old_snapshots_when_the_changes_are_forgotten(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gemrec.recommend.boards._REMEMBERED", 2)
        refresher = study.refresher()
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        old = refresher.refresh()
        study.edit(vote, Outcome.RIGHT)
        study.prefer("bob", "c", "b", 3)
        refresher.refresh()
        rows = {row.model_id: row for row in old.board().rows}
        assert old.board().votes == 1
        assert rows["a"].rating > rows["b"].rating

    def test_people_are_remembered_only_so_many_and_as_of_their_snapshot(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gemrec.recommend.people._MOST_PEOPLE", 1)
        refresher = study.refresher()
        votes = [study.vote(name, "a", "b", Outcome.LEFT) for name in ("ann", "bob", "ann")]
        ann, bob = study.person("ann"), study.person("bob")
        first = refresher.refresh()
        assert first.votes_of(ann) == (votes[0], votes[2])
        undone = study.undo(votes[0])
        second = refresher.refresh()
        assert second.votes_of(ann) == (votes[2],)
        assert first.votes_of(ann) == (votes[0], votes[2])
        assert (first.votes_applied(ann), second.votes_applied(ann)) == (2, 3)
        assert second.votes_of(bob) == (votes[1],)
        assert second.votes_of(ann) == (votes[2],)
        assert undone.id == second.last_vote_id


class TestImages:
    def test_the_thread_makes_features_without_holding_up_votes(
        self, study: Study, refresher: Refresher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow, real = threading.Event(), build_features

        def build(*values: object) -> object:
            slow.wait(5.0)
            return real(*values)  # type: ignore[arg-type]

        monkeypatch.setattr("gemrec.recommend.looks.build_features", build)
        rng = np.random.default_rng(0)
        styles = {"a": 0, "b": 1, "c": 2}
        pictures_by_style(study, styles, PROMPTS[:2], rng)
        refresher.nudge_images()
        wait_until(lambda: len(refresher.current().gallery.by_prompt) == 2, 3.0)
        pictures_by_style(study, styles, PROMPTS[2:], rng)
        refresher.nudge_images()
        vote = study.vote("ann", "a", "b", Outcome.LEFT)
        assert refresher.wait_for(vote.id, 2.0).last_vote_id == vote.id
        assert refresher.current().features.dim == 0
        slow.set()
        wait_until(lambda: len(refresher.current().features.rows) == 18, 3.0)
        assert_same(refresher.current(), study.refresher().rebuild(), [study.person("ann")])

    def test_pictures_without_vectors_are_known_and_with_vectors_have_features(
        self, study: Study
    ) -> None:
        refresher = study.refresher()
        image = study.picture("a", PROMPTS[0], 1)
        refresher.nudge_images()
        bare = refresher.refresh()
        assert bare.gallery.by_prompt["a cat"] == (image,)
        assert bare.features.dim == 0
        rng = np.random.default_rng(1)
        for model_id, style in (("a", 0), ("b", 1)):
            vector = 0.1 * rng.normal(size=8)
            vector[style] += 1
            study.picture(model_id, PROMPTS[0], 1, vector / np.linalg.norm(vector))
        refresher.nudge_images()
        full = refresher.refresh()
        assert full.features.dim > 0
        assert full.features.image(image.id) is not None
        assert bare.features.dim == 0
