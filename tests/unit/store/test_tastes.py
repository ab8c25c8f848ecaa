from datetime import UTC, datetime

import pytest

from gemrec.errors import StoreError
from gemrec.records import TasteSettings, Wish, WishKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = TasteSettings()
NEON = PLAIN.with_wishes(Wish(WishKind.WORDS, "neon"))
BOTH = NEON.with_wishes(Wish(WishKind.PICTURE, "ab" * 32, -1, "data:image/webp;base64,AA"))


@pytest.fixture
def ann(store) -> str:
    return store.annotators.create("Ann", NOW).id


def test_what_is_put_stands_and_is_somebodys_own(store, ann):
    other = store.annotators.create("Bob", NOW).id
    assert store.tastes.get(ann) == PLAIN
    store.tastes.put(ann, BOTH.with_strength("light", 0.5), NOW)
    assert store.tastes.get(ann) == BOTH.with_strength("light", 0.5)
    assert store.tastes.get(other) == PLAIN


def test_every_change_can_be_taken_back_in_turn(store, ann):
    assert not store.tastes.can_undo(ann)
    for settings in (NEON, BOTH, BOTH, PLAIN):
        store.tastes.put(ann, settings, NOW)
    assert store.tastes.undo(ann, NOW) == BOTH == store.tastes.get(ann)
    assert store.tastes.undo(ann, NOW) == NEON
    store.tastes.put(ann, BOTH, NOW)
    assert store.tastes.undo(ann, NOW) == NEON
    assert store.tastes.can_undo(ann)
    assert store.tastes.undo(ann, NOW) == PLAIN
    assert not store.tastes.can_undo(ann)
    assert store.tastes.undo(ann, NOW) == PLAIN


def test_nobody_has_no_settings(store):
    assert store.tastes.get("nobody") == PLAIN
    with pytest.raises(StoreError):
        store.tastes.put("nobody", NEON, NOW)


def test_more_and_less_of_one_thing_replace_each_other():
    less = NEON.with_wishes(Wish(WishKind.WORDS, "neon", -1))
    assert [w.sign for w in less.wishes] == [-1]
    assert less.without_wish("words:neon").is_plain
    assert less.without_wish("words:blue") == less


def test_a_strength_of_one_is_no_setting():
    off = PLAIN.with_strength("light", 0.0)
    assert not off.is_plain
    assert off.with_strength("light", 1.0) == PLAIN
