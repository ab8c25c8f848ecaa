"""The finished data set, read back by the libraries that people will read it with."""

import hashlib
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from gemrec.building import open_journal, run, write_outputs
from gemrec.errors import StoreError
from gemrec.generation import GenerationJob
from gemrec.generation.prerendered import PrerenderedBackend
from gemrec.images import ImageFiles
from gemrec.records import Model, ModelSource
from tests.unit.building.helpers import PROMPTS, InProcess, plan_of, scripted

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make(folder, plan=None):
    plan = plan or plan_of(scripted("red"), scripted("green", downloads=999))
    done = open_journal(plan, folder, resume=True)
    outcome = run(plan, folder, done, InProcess(), 1, lambda progress: None)
    return plan, outcome, write_outputs(plan, folder, outcome.images, "scripted", "Test", NOW)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    return folder, *make(folder)


def test_the_manifest_has_the_checksum_of_every_file(built):
    folder, _, _, manifest = built
    assert manifest["counts"] == {"models": 2, "prompts": 3, "images": 12, "planned": 12}
    assert manifest["missing"] == []
    listed = manifest["images"] + manifest["files"]
    for file in listed:
        content = (folder / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["bytes"]
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert there == {f["path"] for f in listed} | {"manifest.json", "journal.jsonl"}
    assert json.loads((folder / "manifest.json").read_text()) == manifest


def test_parquet_holds_images_scores_and_vectors(built):
    datasets = pytest.importorskip("datasets")
    folder, plan, outcome, _ = built
    rows = datasets.Dataset.from_parquet(
        str(folder / "parquet" / "*.parquet"), cache_dir=str(folder.parent / "cache")
    )
    assert len(rows) == plan.total
    row = rows[0]
    assert isinstance(row["image"], Image.Image)
    assert row["image"].size == (32, 32)
    stored = ImageFiles(folder / "images").open(row["sha256"])
    assert (np.asarray(row["image"].convert("RGB")) == np.asarray(stored)).all()
    task = next(
        t for t in plan.tasks if t.model.id == row["model"] and t.prompt.text == row["prompt"]
    )
    (made,) = [image for image in outcome.images[task.key] if image.seed == row["seed"]]
    assert row["prompt_match"] == made.prompt_match
    assert row["safety"] is None  # no checker has looked
    assert np.allclose(row["vector"], made.vector, atol=1e-3)
    assert {r["popularity"] for r in rows} == {1.0, 3.0}
    # Distinctiveness by hand: one minus the mean cosine to the other three images of the prompt.
    same = [r for r in rows if r["prompt"] == row["prompt"]]
    assert len(same) == 4
    cosines = [np.dot(row["vector"], r["vector"]) for r in same if r["sha256"] != row["sha256"]]
    assert row["distinctiveness"] == pytest.approx(1 - np.mean(cosines), abs=2e-3)


def test_the_imagefolder_loads_and_serves_as_a_prerendered_model(built):
    datasets = pytest.importorskip("datasets")
    folder, plan, _, _ = built
    rows = datasets.load_dataset(
        "imagefolder",
        data_dir=str(folder / "images"),
        split="train",
        cache_dir=str(folder.parent / "cache"),
    )
    assert len(rows) == plan.total
    assert {"image", "prompt", "model", "seed", "prompt_match"} <= set(rows.column_names)
    red = Model("red", "Red", ModelSource("prerendered", str(folder / "images")))
    task = next(task for task in plan.tasks if task.model.id == "red")
    job = GenerationJob(red, None, task.prompt.text, task.seeds)
    images = PrerenderedBackend().generate(job, lambda *_: None, lambda: False)
    assert [drawn.image.size for drawn in images] == [(32, 32)] * 2


def test_the_card_says_what_is_in_it(built):
    folder, _, _, _ = built
    text = (folder / "README.md").read_text()
    assert text.startswith("---\n")
    assert "12 images: 2 by each of 2 text-to-image models for each of 3 prompts" in text
    assert "| `green` | Green | MIT | 6 |" in text
    assert "`prompt_match`" in text
    assert "path: parquet/*.parquet" in text


def test_what_is_missing_is_told(tmp_path):
    plan = plan_of(scripted("red"), scripted("bad", "fail"))
    _, outcome, manifest = make(tmp_path, plan)
    assert len(outcome.failures) == 3
    assert manifest["counts"] == {"models": 2, "prompts": 3, "images": 6, "planned": 12}
    assert manifest["missing"] == [{"model": "bad", "prompt": prompt.text} for prompt in PROMPTS]
    assert "6 of 12 planned images are missing" in (tmp_path / "README.md").read_text()


def test_a_file_that_is_not_what_its_name_says_is_found(tmp_path):
    plan, outcome, manifest = make(tmp_path)
    first, second = (tmp_path / image["path"] for image in manifest["images"][:2])
    first.write_bytes(second.read_bytes())
    with pytest.raises(StoreError, match="damaged"):
        write_outputs(plan, tmp_path, outcome.images, "scripted", "Test", NOW)


def test_large_data_sets_are_cut_into_shards(tmp_path, monkeypatch):
    monkeypatch.setattr("gemrec.building.output.SHARD_BYTES", 400)
    plan, _, manifest = make(tmp_path)
    shards = [f["path"] for f in manifest["files"] if f["path"].endswith(".parquet")]
    assert len(shards) > 1
    assert shards[0].endswith(f"train-00000-of-{len(shards):05d}.parquet")
    import pyarrow.parquet as pq  # noqa: PLC0415

    rows = [pq.read_table(tmp_path / shard).num_rows for shard in shards]
    assert sum(rows) == plan.total
