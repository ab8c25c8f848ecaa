"""The embedding service over a real store and a real child process."""

import threading
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image as PILImage

from gemrec.embedding import EmbeddingService, EncoderOptions, EncoderWorker
from gemrec.embedding.color import ColorEncoder
from gemrec.errors import EmbeddingError, WorkerError
from gemrec.images import ImageFiles
from gemrec.records import Model, ModelSource, Prompt
from gemrec.store import Store

pytestmark = pytest.mark.integration
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Setup:
    """A store with pictures in it and a service over them."""

    def __init__(self, folder, options=None) -> None:
        self.store = Store(folder / "gemrec.db")
        self.store.models.sync([Model("m", "M", ModelSource("scripted", ""))], NOW)
        self.files = ImageFiles(folder / "images")
        self.worker = EncoderWorker(options or EncoderOptions(kind="scripted"))
        self.service = EmbeddingService(self.worker, self.store, self.files)
        self.count = 0

    def add(self, colour):
        self.count += 1
        file = self.files.put(PILImage.new("RGB", (32, 32), colour))
        return self.store.images.add(
            digest=file.digest,
            model_id="m",
            prompt=Prompt("a cat"),
            seed=self.count,
            parameters="p",
            parameters_json="{}",
            width=32,
            height=32,
            seconds=None,
            now=NOW,
        )

    def forbid_work(self):
        def refuse(*_):
            raise AssertionError("the encoder was asked")

        self.worker.images = self.worker.texts = refuse


@pytest.fixture
def setup(tmp_path):
    built = Setup(tmp_path)
    yield built
    built.service.close()
    built.store.close()


def test_vectors_are_made_once_and_kept(setup):
    images = [setup.add("red"), setup.add("blue")]
    vectors = setup.service.image_vectors(images)
    assert sorted(vectors) == [image.id for image in images]
    expected = ColorEncoder().encode_images([setup.files.open(image.digest) for image in images])
    assert np.allclose([vectors[image.id] for image in images], expected, atol=1e-6)
    setup.forbid_work()
    again = setup.service.image_vectors(images)
    assert all(np.array_equal(again[i], vectors[i]) for i in vectors)


def test_equal_pictures_share_a_vector(setup):
    twins = [setup.add("red"), setup.add("red")]
    assert twins[0].digest == twins[1].digest
    vectors = setup.service.image_vectors(twins)
    assert np.array_equal(vectors[twins[0].id], vectors[twins[1].id])


def test_without_waiting_only_what_is_known_comes_back(setup):
    known, unknown = setup.add("red"), setup.add("blue")
    setup.service.image_vectors([known])
    setup.forbid_work()
    assert list(setup.service.image_vectors([known, unknown], wait=False)) == [known.id]
    assert setup.service.image_vectors([]) == {}


def test_text_vectors_are_kept_and_can_be_had_without_waiting(setup):
    vector = setup.service.text_vector("a red cat")
    assert vector.shape == (ColorEncoder.dim,)
    setup.forbid_work()
    assert np.array_equal(setup.service.text_vector("a red cat"), vector)
    assert np.array_equal(setup.service.text_vector("a red cat", wait=False), vector)


def test_a_text_that_nobody_waits_for_is_computed_meanwhile(setup):
    assert setup.service.text_vector("a blue cat", wait=False) is None
    done = threading.Event()
    setup.service.embed_in_background([], done.set)  # tasks are done in order
    assert done.wait(120)
    assert setup.service.text_vector("a blue cat", wait=False) is not None


def test_background_work_calls_back_when_the_vectors_are_stored(setup):
    images = [setup.add(colour) for colour in ("red", "blue", "green")]
    seen, done = {}, threading.Event()

    def then():
        seen.update(setup.service.image_vectors(images, wait=False))
        done.set()

    setup.service.embed_in_background(images, then)
    assert done.wait(120)
    assert sorted(seen) == [image.id for image in images]


def test_many_images_go_in_batches_and_texts_overtake_them(setup):
    images = [setup.add((n * 3, n * 3, n * 3)) for n in range(70)]
    order, done = [], threading.Event()
    encode_images, encode_texts = setup.worker.images, setup.worker.texts
    release = threading.Event()

    def images_after_release(files, timeout):
        release.wait(120)
        order.append(len(files))
        return encode_images(files, timeout)

    def texts(texts, timeout):
        order.append(texts[0])
        return encode_texts(texts, timeout)

    setup.worker.images, setup.worker.texts = images_after_release, texts
    batches = []
    setup.service.embed_in_background(images, lambda: batches.append(1))
    setup.service.embed_in_background([], done.set)
    setup.service.text_vector("a cat", wait=False)
    release.set()
    assert done.wait(120)
    assert order.index("a cat") <= 1  # behind the batch that had begun, before all others
    assert sorted(n for n in order if n != "a cat") == [6, 32, 32]
    assert len(batches) == 3


def test_a_background_failure_is_logged_and_the_next_task_runs(setup, caplog):
    broken = setup.add("red")
    setup.files.path(broken.digest).unlink()
    called, done = [], threading.Event()
    setup.service.embed_in_background([broken], lambda: called.append("broken"))
    setup.service.embed_in_background([setup.add("blue")], lambda: 1 / 0)
    setup.service.embed_in_background([], done.set)
    assert done.wait(120)
    assert called == []
    assert "cannot be read" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_missing_file_is_an_error_that_names_it(setup):
    broken = setup.add("red")
    setup.files.path(broken.digest).unlink()
    with pytest.raises(EmbeddingError, match=broken.digest):
        setup.service.image_vectors([broken])


def test_after_close_nothing_is_left_and_nothing_starts(setup):
    setup.service.warm_up()
    setup.service.text_vector("a cat")
    setup.service.close()
    setup.service.embed_in_background([setup.add("red")], lambda: None)
    with pytest.raises(WorkerError, match="closed"):
        setup.service.text_vector("a rocket")
    setup.service.close()


def test_the_warm_up_can_wait_for_something(setup):
    ready = threading.Event()
    setup.service.warm_up(after=lambda: ready.wait(120))
    assert setup.worker._process.pid is None
    ready.set()
    setup.worker._process.wait_until_ready()
    assert setup.worker._process.pid is not None


def test_many_threads_may_ask_at_once(setup):
    images = [setup.add((n * 20, 0, 0)) for n in range(8)]
    results = {}

    def ask(n):
        results[n] = setup.service.image_vectors([images[n], images[(n + 1) % 8]])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert all(len(results[n]) == 2 for n in range(8))


def test_an_encoder_that_cannot_load_says_why(tmp_path):
    options = EncoderOptions(model=f"local-dir:{tmp_path / 'nowhere'}", device="cpu", threads=1)
    setup = Setup(tmp_path, options)
    try:
        with pytest.raises(EmbeddingError, match="nowhere"):
            setup.service.text_vector("a cat")
    finally:
        setup.service.close()
        setup.store.close()
