"""Real diffusers pipelines in the worker's child, asked from a process without torch."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage

from gemrec.errors import GenerationCancelledError
from gemrec.gallery import Browse, Shelf
from gemrec.gallery.columns import ColumnKeeper
from gemrec.generation import BackendOptions, GenerationJob, GenerationWorker, warm_up_jobs
from gemrec.generation.host import Generated, StepDone
from gemrec.ranking import Weights
from gemrec.records import GenerationParameters, Model, ModelSource
from gemrec.settings import REPOSITORY
from tests.integration import grids
from tests.loopback import Hub, serve
from tests.unit.generation import tiny

pytestmark = pytest.mark.integration

PROMPT = "a cat face on a blue background"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The tiny models, made by another process: this one should not need torch for them."""
    folder = tmp_path_factory.mktemp("tiny")
    code = "import sys, pathlib; from tests.unit.generation import tiny; "
    code += "base = tiny.save_tiny_models(pathlib.Path(sys.argv[1])) / 'base'; "
    code += "tiny.save_tiny_checker(base.parent / 'checker', 0.95); "
    code += "tiny.save_checked_pipeline(base.parent / 'checked', base, base.parent / 'checker')"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)  # noqa: S603
    long = GenerationParameters(steps=900, width=tiny.SIZE, height=tiny.SIZE)
    endless = Model("endless", "Endless", ModelSource("local", str(folder / "base")), long)
    entries = (
        tiny.base_model(folder),
        replace(
            tiny.base_model(folder),
            id="checked",
            source=ModelSource("local", str(folder / "checked")),
        ),
        tiny.lora_model(folder, "one"),
        tiny.lora_model(folder, "two"),
        endless,
    )
    return {model.id: model for model in entries}


@pytest.fixture(scope="module")
def worker(models):
    options = BackendOptions(device="cpu", threads=1)
    built = GenerationWorker("diffusers", options, warm_up_jobs(models.values()))
    built.start()
    yield built
    built.close()


def job(models, name, seeds=(1, 2)):
    return GenerationJob(models[name], models.get(models[name].source.base), PROMPT, seeds)


def test_steps_then_images(worker, models):
    *steps, last = worker.generate(job(models, "one"))
    assert steps == [StepDone(step, 4) for step in (1, 2, 3, 4)]
    assert isinstance(last, Generated)
    assert [drawn.image.size for drawn in last.images] == [(tiny.SIZE, tiny.SIZE)] * 2
    assert last.seconds > 0


def test_cancel_ends_the_denoising(worker, models):
    list(worker.generate(job(models, "base")))
    steps = []
    with pytest.raises(GenerationCancelledError, match="Endless"):
        for event in worker.generate(job(models, "endless"), None, lambda: len(steps) >= 3):
            steps.append(event)
    pid = worker.pid
    assert isinstance(list(worker.generate(job(models, "base")))[-1], Generated)
    assert worker.pid == pid  # it stopped by itself and nothing was loaded again
    assert len(steps) < 100


def test_two_and_two_make_four(worker, tmp_path, models):
    """Grids made in chunks of two and in one batch hold the same pictures."""
    pictures = []
    for chunk in (2, 4):
        service = grids.build(tmp_path / str(chunk), models=models, worker=worker, chunk=chunk)
        seen = grids.see(service, "base", "one")
        assert not seen.failed
        assert [image.seed for image in seen.done.images[0]] == list(grids.SEEDS)
        pictures.append(
            [
                np.asarray(service._images.open(image.digest), int)
                for side in seen.done.images
                for image in side
            ]
        )
    for two, four in zip(*pictures, strict=True):
        assert np.abs(two - four).mean() < 1  # of 255, after lossy compression
    left, right = pictures[0][0], pictures[0][4]
    assert np.abs(left - right).mean() > 1


def test_what_a_safety_checker_measures_orders_the_gallery(worker, tmp_path, models):
    service = grids.build(tmp_path, models=models, worker=worker)
    seen = grids.see(service, "checked", "base")
    checked, unchecked = seen.done.images
    stored = service._store.image_scores.of_images([image.id for image in checked])
    safety = {image_id: score.safety for image_id, score in stored.items()}
    assert len(set(safety.values())) == len(grids.SEEDS)
    assert all(0 < value < 1 for value in safety.values())
    assert not service._store.image_scores.of_images([image.id for image in unchecked])

    columns = ColumnKeeper(service._store).current()
    shelf = Shelf(columns, ("Checked", "Base"), np.zeros(len(columns)))
    page = shelf.browse(Browse(model="checked", weights=Weights(0, 0, 0, 1, 0)))
    best_first = sorted(safety, key=safety.__getitem__, reverse=True)
    assert columns.ids[list(page.places)].tolist() == best_first
    assert (page.scores[0], page.scores[-1]) == (1.0, 0.0)
    everything = shelf.browse(Browse(weights=Weights(0, 0, 0, 1, 0)))
    scores = dict(zip(columns.ids[list(everything.places)], everything.scores, strict=True))
    assert {scores[image.id] for image in unchecked} == {0.5}  # unknown is neither good nor bad


PARENT = """
import sys, pathlib, tempfile
from tests.integration import grids
from tests.unit.generation import tiny
from gemrec.embedding import EmbeddingService, EncoderOptions, EncoderWorker

models = {"base": tiny.base_model(pathlib.Path(sys.argv[1]))}
service = grids.build(pathlib.Path(tempfile.mkdtemp()), models=models, backend="diffusers", timeout=120)
service.start()
encoder = EmbeddingService(
    EncoderWorker(EncoderOptions(kind="scripted")), service._store, service._images
)
seen = grids.see(service, "base")
assert not seen.failed, seen.failed
assert len(encoder.image_vectors(seen.done.images[0])) == 4
service.close()
encoder.close()
heavy = {"torch", "diffusers", "transformers", "open_clip", "accelerate", "peft"}
print(sorted(heavy & set(sys.modules)))
"""


def test_the_parent_never_imports_a_heavy_library(models):
    folder = models["base"].source.path.rpartition("/")[0]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PARENT, folder], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_warm_up_takes_the_base_that_most_models_need(models):
    other = Model("other", "Other", ModelSource("local", "/elsewhere"))
    hub = Model("hub", "Hub", ModelSource("hub", "someone/something"))
    jobs = warm_up_jobs([hub, other, *models.values()], images=3)
    assert [job.model.id for job in jobs] == ["base", "one", "two"]
    assert [job.base and job.base.id for job in jobs] == [None, "base", "base"]
    assert jobs[0].seeds == (0, 1, 2)
    assert warm_up_jobs([hub]) == ()
    assert warm_up_jobs([]) == ()


def test_pictures_travel_whole():
    picture = PILImage.new("RGB", (8, 8), (1, 2, 3))
    worker = GenerationWorker("scripted")
    try:
        model = Model(
            "m", "M", ModelSource("scripted", ""), GenerationParameters(width=8, height=8)
        )
        last = list(worker.generate(GenerationJob(model, None, "a cat", (1,))))[-1]
        assert (last.images[0].image.mode, last.images[0].image.size) == (
            picture.mode,
            picture.size,
        )
    finally:
        worker.close()


def test_a_hub_of_ones_own_by_hf_endpoint(models, tmp_path):
    """The command as people run it: the address of the hub comes from the environment."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "prompts.csv").write_text("category,prompt\n")
    (assets / "models.toml").write_text(
        '[[model]]\nid = "far"\nname = "Far"\n'
        'source = { kind = "hub", path = "someone/tiny" }\n'
        f"parameters = {{ steps = 1, width = {tiny.SIZE}, height = {tiny.SIZE} }}\n"
    )
    hub = Hub({"someone/tiny": Path(models["base"].source.path)})
    with serve(hub) as url:
        places = {
            "HF_ENDPOINT": url,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "GEMREC_ASSETS": str(assets),
            "GEMREC_DATA": str(tmp_path / "data"),
            "GEMREC_DEVICE": "cpu",
            "NO_PROXY": "127.0.0.1",
        }
        words = ["generate", "--prompt", "a cat", "--models", "far", "--images", "1", "--json"]
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "gemrec", *words],
            env={**os.environ, **places},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    (image,) = json.loads(done.stdout)["images"]
    assert Path(image["file"]).is_file()
    asked = {request.path for request in hub.requests}
    assert any(path.endswith("unet/diffusion_pytorch_model.safetensors") for path in asked)
