from gemrec.arena import Cooldown


def test_a_model_that_failed_rests_and_comes_back(clock):
    cooldown = Cooldown(clock, minutes=5)
    cooldown.failed("b")
    assert cooldown.rested(("a", "b", "c")) == ("a", "c")
    clock.advance(minutes=5, seconds=1)
    assert cooldown.rested(("a", "b", "c")) == ("a", "b", "c")


def test_a_model_that_works_again_comes_back_at_once(clock):
    cooldown = Cooldown(clock)
    cooldown.failed("b")
    cooldown.worked("b")
    assert cooldown.rested(("a", "b", "c")) == ("a", "b", "c")


def test_nobody_rests_when_too_few_would_be_left(clock):
    cooldown = Cooldown(clock)
    cooldown.failed("b")
    assert cooldown.rested(("a", "b")) == ("a", "b")
