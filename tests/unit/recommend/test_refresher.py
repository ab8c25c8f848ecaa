"""Votes come in, snapshots come out: nothing is lost."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from gemrec.errors import StoppedError
from gemrec.preference import build_features
from gemrec.recommend import Refresher
from gemrec.records import Outcome
from tests.unit.recommend.following import PROMPTS, assert_same, wait_until
from tests.unit.recommend.helpers import Study, pictures_by_style


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
