"""Heavy work in the background leaves the processor to others most of the time."""

import time

import pytest

from gemrec.recommend.rest import Rest


def test_nine_times_as_long_as_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now, spent = [100.0], [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "thread_time", lambda: spent[0])
    rest = Rest()
    assert rest.is_over
    with rest.after():
        spent[0] += 2.0
        now[0] += 5.0  # a busy machine
    now[0] += 17.9
    assert not rest.is_over
    now[0] += 0.2
    assert rest.is_over


def test_work_that_fails_is_rested_from_too_and_never_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, spent = [0.0], [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "thread_time", lambda: spent[0])
    rest = Rest()
    with pytest.raises(ZeroDivisionError), rest.after():
        spent[0] += 1000.0
        raise ZeroDivisionError
    assert not rest.is_over
    now[0] += 30.0
    assert rest.is_over
