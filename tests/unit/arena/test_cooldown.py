from datetime import UTC, datetime, timedelta

from gemrec.arena import Cooldown


class Clock:
    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now


def test_a_model_that_failed_rests_and_comes_back():
    clock = Clock()
    cooldown = Cooldown(clock, minutes=5)
    cooldown.failed("b")
    assert cooldown.rested(("a", "b", "c")) == ("a", "c")
    clock.now += timedelta(minutes=5, seconds=1)
    assert cooldown.rested(("a", "b", "c")) == ("a", "b", "c")


def test_a_model_that_works_again_comes_back_at_once():
    cooldown = Cooldown(Clock())
    cooldown.failed("b")
    cooldown.worked("b")
    assert cooldown.rested(("a", "b", "c")) == ("a", "b", "c")


def test_nobody_rests_when_too_few_would_be_left():
    cooldown = Cooldown(Clock())
    cooldown.failed("b")
    assert cooldown.rested(("a", "b")) == ("a", "b")
