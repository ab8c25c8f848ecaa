import numpy as np
import pytest
from PIL import Image as PILImage

from gemrec.embedding.color import COLOURS, ColorEncoder
from gemrec.embedding.encoder import unit_rows


def plain(colour):
    return PILImage.new("RGB", (40, 30), COLOURS[colour])


@pytest.fixture
def encoder():
    return ColorEncoder()


def test_rows_have_length_one_and_repeat_exactly(encoder):
    rows = encoder.encode_images([plain("red"), plain("blue")])
    assert rows.shape == (2, encoder.dim)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert np.array_equal(rows, encoder.encode_images([plain("red"), plain("blue")]))
    texts = encoder.encode_texts(["a cat", "a rocket"])
    assert texts.shape == (2, encoder.dim)
    assert np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-6)
    assert np.array_equal(texts, encoder.encode_texts(["a cat", "a rocket"]))


def test_a_colour_word_is_nearest_to_its_colour(encoder):
    names = list(COLOURS)
    images = encoder.encode_images([plain(name) for name in names])
    texts = encoder.encode_texts([f"a cat on a {name} background" for name in names])
    assert (texts @ images.T).argmax(axis=1).tolist() == list(range(len(names)))


def test_where_a_colour_is_matters(encoder):
    left, right = plain("blue"), plain("blue")
    left.paste((240, 220, 60), (0, 0, 20, 30))
    right.paste((240, 220, 60), (20, 0, 40, 30))
    one, two = encoder.encode_images([left, right])
    assert 0.5 < one @ two < 0.999


def test_nothing_in_nothing_out(encoder):
    assert encoder.encode_images([]).shape == (0, encoder.dim)
    assert encoder.encode_texts([]).shape == (0, encoder.dim)
    assert not encoder.encode_texts([""]).any()  # no word, no direction


def test_unit_rows_leave_zero_rows_alone():
    rows = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert rows.tolist() == [[np.float32(0.6), np.float32(0.8)], [0.0, 0.0]]
