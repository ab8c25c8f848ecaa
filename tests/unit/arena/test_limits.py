from concurrent.futures import ThreadPoolExecutor

import pytest

from gemrec.arena import RateLimits, read_limits
from gemrec.errors import InputError, RateLimitError


def test_one_too_many_is_told_when_to_try_again_and_counted():
    refused = []
    rates = RateLimits("3/minute", on_refusal=refused.append)
    for _ in range(3):
        rates.check("votes", "ann", None)
    with pytest.raises(RateLimitError, match=r"Too many votes from you: allowed are 3 per minute"):
        rates.check("votes", "ann", None)
    with pytest.raises(RateLimitError, match=r"Try again in [1-6]?[0-9] seconds?; nothing is lost"):
        rates.check("votes", "ann", None)
    assert refused == ["rate_annotator"] * 2


def test_people_and_actions_have_counts_of_their_own():
    rates = RateLimits("1/minute")
    rates.check("votes", "ann", None)
    rates.check("battles", "ann", None)
    rates.check("votes", "bob", None)
    with pytest.raises(RateLimitError, match="Too many battles"):
        rates.check("battles", "ann", None)


def test_an_address_is_limited_whoever_comes_from_it_and_never_kept():
    refused = []
    rates = RateLimits("", "2/hour", refused.append)
    rates.check("votes", "ann", "192.0.2.7")
    rates.check("votes", "bob", "192.0.2.7")
    with pytest.raises(RateLimitError, match="your network address: allowed are 2 per hour") as e:
        rates.check("votes", "cyd", "192.0.2.7")
    assert "192" not in str(e.value)
    rates.check("votes", "cyd", "192.0.2.8")
    assert refused == ["rate_address"]
    assert "192.0.2" not in repr(rates._limiter.storage.events)


def test_several_limits_hold_together():
    rates = RateLimits("5/minute; 6/hour")
    for _ in range(5):
        rates.check("votes", "ann", None)
    with pytest.raises(RateLimitError, match="5 per minute"):
        rates.check("votes", "ann", None)


def test_no_limit_and_nobody():
    rates = RateLimits()
    for _ in range(1000):
        rates.check("votes", "ann", "192.0.2.7")
    strict = RateLimits("1/day", "1/day")
    for _ in range(5):
        strict.check("votes", None, None)


def test_threads_cannot_slip_through():
    rates = RateLimits("50/minute")

    def go(_: int) -> bool:
        try:
            rates.check("votes", "ann", None)
        except RateLimitError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(go, range(200))) == 50


@pytest.mark.parametrize("text", ["many", "5", "5/fortnight", "-1/minute; x"])
def test_limits_that_make_no_sense(text):
    with pytest.raises(InputError, match=r"limit: got .*allowed: such as"):
        read_limits(text)
