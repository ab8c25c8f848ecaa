"""Sentences about taste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemrec.recommend.words import axes, poles, read_wishes


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("more colourful, less cartoon", "+colourful -cartoon"),
        ("less colourful, more cartoon", "-colourful +cartoon"),
        ("colorful and vivid", "+colourful"),
        ("I love watercolor pictures", "+watercolor"),
        ("no pixel art and no neon", "-pixel art -neon"),
        ("no pixel art or neon, more dark", "-pixel art -neon +dark"),
        ("I don't like dark images but I love comics", "-dark +cartoon"),
        ("I do not like cartoons", "-cartoon"),
        ("not too dark", "-dark"),
        ("too busy", "-busy"),
        ("not less colourful", "+colourful"),
        ("neon rather than noir", "+neon -noir"),
        ("painted over drawn", "+painted -drawn"),
        ("bright, not dark", "+bright -dark"),
        ("black and white please", "+muted"),
        ("more photo-real, never blurry", "+photo-like -smooth"),
        ("less neon, more neon", "+neon"),
        ("", ""),
        ("I would like some pictures, please!", ""),
        ("I don\u2019t want it glowing", "-glowing"),
    ],
)
def test_what_is_wished(text, wishes):
    said = " ".join(f"{'+' if w.sign > 0 else '-'}{w.what}" for w in read_wishes(text))
    assert said == wishes


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    for wish in read_wishes(text):
        assert wish.sign in (1, -1)
        assert wish.what.strip()


@given(st.sampled_from(sorted(poles())))
def test_less_is_the_opposite_of_more(pole):
    (more,), (less,) = read_wishes(f"more {pole}"), read_wishes(f"less {pole}")
    assert (more.what, more.sign, less.sign) == (less.what, 1, -1)


def test_axes_have_two_poles_with_phrases_and_names_of_their_own():
    assert len({axis.id for axis in axes()}) == len(axes()) >= 8
    assert len(poles()) == 2 * len(axes())
    assert all(axis.more_phrases and axis.less_phrases for axis in axes())
