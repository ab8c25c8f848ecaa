"""What a start reads, and what it leaves alone."""

import pytest

from gemrec.records import Outcome, Vote
from tests.unit.recommend.following import MODELS, assert_same, wait_until
from tests.unit.recommend.helpers import Study, make_catalog


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
