import shutil

import numpy as np
import pytest
from PIL import Image as PILImage

from gemrec.embedding import EncoderOptions
from gemrec.embedding.open_clip_encoder import OpenClipEncoder, model_name
from gemrec.errors import EmbeddingError

# open_clip, torch and torchvision warn about each other; that is not ours to fix.
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]


def options(folder):
    return EncoderOptions(model=f"local-dir:{folder}", device="cpu", threads=1)


@pytest.fixture(scope="module")
def encoder(tiny_clip):
    return OpenClipEncoder(options(tiny_clip))


def test_images_and_texts_share_a_space_of_unit_vectors(encoder):
    colours = ("red", "blue", "white")
    images = encoder.encode_images([PILImage.new("RGB", (50, 40), c) for c in colours])
    texts = encoder.encode_texts(["a cat", "a rocket"])
    assert encoder.dim == 16
    assert images.shape == (3, 16)
    assert texts.shape == (2, 16)
    for rows in (images, texts):
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert not np.allclose(images[0], images[1])


def test_a_vector_does_not_depend_on_its_batch(encoder):
    pictures = [PILImage.new("RGB", (32, 32), c) for c in ("red", "blue", "white")]
    together = encoder.encode_images(pictures)
    alone = np.concatenate([encoder.encode_images([picture]) for picture in pictures])
    assert np.allclose(together, alone, atol=1e-5)


def test_nothing_in_nothing_out(encoder):
    assert encoder.encode_images([]).shape == (0, 16)
    assert encoder.encode_texts([]).shape == (0, 16)


def test_the_name_follows_the_weights(tiny_clip, tmp_path):
    name = model_name(options(tiny_clip))
    assert name.startswith("open_clip:tiny-clip@")
    copy = tmp_path / "tiny-clip"
    shutil.copytree(tiny_clip, copy)
    assert model_name(options(copy)) == name
    weights = copy / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    assert model_name(options(copy)) != name
    named = EncoderOptions(model="ViT-B-32", pretrained="laion2b")
    assert model_name(named) == "open_clip:ViT-B-32:laion2b"


def test_a_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(EmbeddingError, match="nowhere"):
        OpenClipEncoder(options(tmp_path / "nowhere"))


def test_missing_weights_are_an_error_not_random_vectors(tiny_clip, tmp_path):
    shutil.copy(tiny_clip / "open_clip_config.json", tmp_path)
    with pytest.raises(EmbeddingError):
        OpenClipEncoder(options(tmp_path))
