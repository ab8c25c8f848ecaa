"""Logs say what happened, and not to whom."""

import io
import json
import logging

import pytest

from gemrec.logs import ErrorCounter, JsonLines, TextLines, event, set_up_logs


@pytest.fixture
def log():
    logger = logging.getLogger("gemrec.test_logs")
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.handlers.clear()


def written(log: logging.Logger, formatter: logging.Formatter, **fields: object) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    log.addHandler(handler)
    event(log, "vote", **fields)
    return stream.getvalue()


SAID = {"vote_id": 7, "prompt": "a secret cat", "address": "10.0.0.7", "annotator_name": "Ada"}


def test_a_line_is_one_json_object_without_what_is_private(log):
    document = json.loads(written(log, JsonLines(), **SAID))
    assert document["message"] == "vote"
    assert document["vote_id"] == 7
    assert not {"prompt", "address", "annotator_name"} & document.keys()


def test_the_owner_may_ask_for_everything(log):
    assert json.loads(written(log, JsonLines(private=True), **SAID))["prompt"] == "a secret cat"


@pytest.mark.parametrize(("private", "there"), [(False, False), (True, True)])
def test_lines_for_people_keep_the_same_secrets(log, private, there):
    line = written(log, TextLines(private), **SAID)
    assert "vote vote_id=7" in line
    assert ("secret cat" in line) is there


def test_text_from_people_cannot_begin_a_line_of_its_own(log):
    line = written(log, JsonLines(private=True), prompt='x\n{"level": "error"}')
    assert line.count("\n") == 1


def test_errors_are_counted_and_the_last_ones_kept(log):
    counter = ErrorCounter()
    log.addHandler(counter)
    log.warning("first")
    for number in range(30):
        log.error("broken %d", number)
    assert counter.counts == {"warning": 1, "error": 30}
    assert [error.message for error in counter.last[:2]] == ["broken 29", "broken 28"]
    assert len(counter.last) == 20


def test_setting_up_leaves_other_libraries_alone():
    ours, root = logging.getLogger("gemrec"), logging.getLogger()
    before = (ours.handlers[:], ours.level, ours.propagate, root.handlers[:])
    stream = io.StringIO()
    try:
        counter = set_up_logs("json", private=False, stream=stream)
        logging.getLogger("gemrec.backup").error("no backup")
        assert json.loads(stream.getvalue())["message"] == "no backup"
        assert counter.counts == {"error": 1}
        assert root.handlers == before[3]
    finally:
        ours.handlers[:], ours.level, ours.propagate = before[0], before[1], before[2]
