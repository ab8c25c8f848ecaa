from datetime import UTC, datetime

import pytest

from gemrec.pocket.vocabulary import UnknownWord
from gemrec.records import BattleMode, EventKind, Outcome, Reveal, Vote
from gemrec.ui.sessions import Cancellations
from gemrec.ui.wording import lesson, unknown_notice

NAMES = {"red": "Red", "green": "Green", "blue": "Blue"}


def vote(outcome, models=("red", "green"), number=1):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Vote(
        number, f"b{number}", "ann", EventKind.CAST, outcome, models, "a cat", "animal",
        BattleMode.BLIND, None, now,
    )  # fmt: skip


class TestCancellations:
    def test_stop_raises_the_flag_of_that_page_only(self):
        pages = Cancellations()
        mine, yours = pages.begin("a"), pages.begin("b")
        pages.stop("a")
        assert (mine.is_set(), yours.is_set()) == (True, False)

    def test_new_work_stops_old_work(self):
        pages = Cancellations()
        old = pages.begin("a")
        new = pages.begin("a")
        assert (old.is_set(), new.is_set()) == (True, False)

    def test_stopping_nothing_is_fine(self):
        Cancellations().stop("a")


class TestLesson:
    def test_first_vote(self):
        cast = vote(Outcome.LEFT)
        assert "first vote on Red" in lesson(Reveal(cast, {}, NAMES), [cast])

    def test_a_count_of_comparisons_on_either_side(self):
        cast = vote(Outcome.RIGHT, ("blue", "red"), 3)
        history = [
            cast,
            vote(Outcome.LEFT, number=2),
            vote(Outcome.RIGHT, number=1),
            vote(Outcome.SKIP, number=4),
        ]
        said = lesson(Reveal(cast, {}, NAMES), history)
        assert said == "You have preferred Red in 2 of 3 comparisons, now also over Blue."

    @pytest.mark.parametrize(
        ("outcome", "words"),
        [
            (Outcome.TIE, "level"),
            (Outcome.BOTH_GOOD, "both work"),
            (Outcome.BOTH_BAD, "Neither Red nor Green"),
            (Outcome.SKIP, "no rating has moved"),
        ],
    )
    def test_no_preference(self, outcome, words):
        assert words in lesson(Reveal(vote(outcome), {}, NAMES), [vote(outcome)])


class TestUnknownNotice:
    def test_nothing_to_say(self):
        assert unknown_notice([]) == ""

    def test_names_words_and_what_to_try(self):
        said = unknown_notice([UnknownWord("tigger", ("tiger", "trigger", "bigger"))])
        assert "“tigger” (try tiger or trigger)" in said

    def test_long_lists_are_cut(self):
        said = unknown_notice([UnknownWord(f"w{n}", ()) for n in range(5)])
        assert "w2" in said
        assert "w3" not in said
        assert "2 more words" in said
