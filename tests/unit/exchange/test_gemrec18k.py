"""GEMRec-18K from local files and, over real HTTP, from a stand-in for the Hub."""

import csv
import json
from pathlib import Path

import pytest
from huggingface_hub import constants

from gemrec.catalog import load_catalog, load_prompts
from gemrec.cli import main
from gemrec.errors import InputError
from gemrec.exchange import fetch_gemrec, find_gemrec, import_gemrec
from gemrec.exchange.gemrec_files import IMAGES, METADATA, ROSTER
from gemrec.generation import GenerationJob
from gemrec.generation.prerendered import PrerenderedBackend
from gemrec.images import ImageFiles
from gemrec.settings import REPOSITORY, load_settings
from gemrec.store import Store
from tests.loopback import serve
from tests.loopback_datasets import Dataset, DatasetHub
from tests.unit.exchange import gemrec_shards as shards

REAL = REPOSITORY.parent / "shared" / "data" / "gemrec"


@pytest.fixture
def site(tmp_path, clock):
    settings = load_settings(data=tmp_path / "data")
    store = Store(settings.database)
    yield settings, store, ImageFiles(settings.image_folder), clock()
    store.close()


def take_in(site, folder: Path, metadata_only: bool = False):
    settings, store, images, now = site
    return import_gemrec(find_gemrec(folder, metadata_only), settings, store, images, now)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not here")
def test_the_published_roster_and_prompt_set(site):
    done = take_in(site, REAL, metadata_only=True)
    assert (done.models, done.prompts, len(done.categories)) == (200, 90, 12)
    assert (sum(done.bins.counts), sum(done.sampled.counts)) == (200, 197)
    catalog = load_catalog(site[0].imports_folder / "gemrec-18k" / "models.toml")
    book = load_prompts(site[0].imports_folder / "gemrec-18k" / "prompts.csv")
    assert len(catalog.models) == 200
    assert (len(book.prompts), len(book.categories())) == (90, 12)
    known = catalog.get("gemrec-97137")
    assert (known.downloads, known.url) == (
        137,
        "https://civitai.com/models/91138?modelVersionId=97137",
    )
    assert known.download == "https://civitai.com/api/download/models/97137"


def test_images_come_in_once_with_prompt_seed_and_safety(site, tmp_path):
    folder = shards.write_copy(tmp_path / "copy")
    done = take_in(site, folder)
    assert (done.models, done.prompts, done.images, done.known) == (3, 2, 6, 0)
    _, store, files, _ = site
    images = store.images.all()
    assert {i.model_id for i in images} == {"gemrec-1000004", "gemrec-97137", "gemrec-97138"}
    assert {(i.prompt, i.category, i.seed) for i in images} == {
        ("Incomprehensibilities", "abstract", 8486466558),
        ('a fox, "red", in the snow', "animal", 901409224),
    }
    assert all(files.path(image.digest).is_file() for image in images)
    scores = store.image_scores.of_images([image.id for image in images])
    assert {score.safety for score in scores.values()} == {0.75}
    again = take_in(site, folder)
    assert (again.images, again.known) == (0, 6)
    assert store.images.all() == images


def scores_of(site):
    path = site[0].imports_folder / "gemrec-18k" / "scores.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_scores_without_images_are_kept(site, tmp_path):
    folder = shards.write_bare_copy(tmp_path / "bare")
    done = take_in(site, folder, metadata_only=True)
    assert (done.images, done.scored) == (0, 6)
    rows = scores_of(site)
    assert len(rows) == 6
    (fox,) = (r for r in rows if r["model"] == "gemrec-97137" and r["category"] == "animal")
    assert (fox["prompt"], fox["seed"]) == ('a fox, "red", in the snow', "901409224")
    assert [fox[name] for name in ("nsfw_score", "mcos_score", "clip_score", "norm_pop")] == [
        "0.25", "0.7", "21.0", "",
    ]  # fmt: skip


def test_scores_that_come_after_the_images_reach_them(site, tmp_path):
    rows = [{k: v for k, v in row.items() if "score" not in k} for row in shards.image_rows()]
    folder = tmp_path / "plain"
    shards.write_shards(folder / "data", rows)
    shards.write_roster(folder / "roster.csv")
    store = site[1]
    assert take_in(site, folder).scored == 0
    ids = [image.id for image in store.images.all()]
    assert store.image_scores.of_images(ids) == {}
    assert not (site[0].imports_folder / "gemrec-18k" / "scores.csv").exists()
    take_in(site, shards.write_bare_copy(tmp_path / "bare"), metadata_only=True)
    known = store.image_scores.of_images(ids)
    assert [known[image_id].safety for image_id in ids] == [0.75] * 6
    take_in(site, tmp_path / "bare", metadata_only=True)
    assert store.image_scores.of_images(ids) == known  # nothing new, nothing written


def test_the_models_show_the_images_in_battles(site, tmp_path):
    take_in(site, shards.write_copy(tmp_path / "copy"))
    catalog = load_catalog(site[0].imports_folder / "gemrec-18k" / "models.toml")
    model = catalog.get("gemrec-97137")
    assert model.name == 'Neon "Fox" v2\\b'
    assert "safety:nsfw" in catalog.get("gemrec-97138").tags
    backend = PrerenderedBackend()
    assert backend.problem(model) is None
    job = GenerationJob(model, None, "Incomprehensibilities", (5,))
    (shown,) = backend.generate(job, lambda *_: None, lambda: False)
    assert shown.image.size == (24, 16)


def test_an_interrupted_import_goes_on(site, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    shards.write_roster(folder / "roster.csv")
    rows = shards.image_rows()
    broken = [*rows[:4], {**rows[4], "image": {"bytes": b"nothing", "path": "x"}}, rows[5]]
    shards.write_shards(folder / "data", broken, shards=1)
    with pytest.raises(InputError, match=r"row 5, image: got 7 bytes"):
        take_in(site, folder)
    shards.write_shards(folder / "data", rows, shards=1)
    done = take_in(site, folder)
    assert (done.images, done.known) == (2, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modelVersion_id": 5}, "the roster lacks"),
        ({"seed": None}, "seed: got nothing"),
        ({"prompt": " "}, "prompt: got nothing"),
    ],
)
def test_a_wrong_row_is_named(site, tmp_path, change, message):
    folder = tmp_path / "copy"
    folder.mkdir()
    shards.write_roster(folder / "roster.csv")
    rows = shards.image_rows()
    rows[1] |= change
    shards.write_shards(folder / "data", rows, shards=1)
    with pytest.raises(InputError, match=message) as error:
        take_in(site, folder)
    assert "row 2" in str(error.value)


@pytest.mark.parametrize("what", ["nothing", "no roster", "no folder"])
def test_what_is_missing_is_said(tmp_path, what):
    folder = tmp_path / "copy"
    if what != "no folder":
        folder.mkdir()
    if what == "no roster":
        shards.write_shards(folder, shards.image_rows())
    with pytest.raises(InputError, match=r"roster|allowed: a folder"):
        find_gemrec(folder)


def published(tmp_path: Path, gated: bool = False) -> DatasetHub:
    """The three data sets as the Hub would hold them."""
    folder = shards.write_copy(tmp_path / "published")
    hub = DatasetHub()
    data = {f"data/{p.name}": p.read_bytes() for p in sorted((folder / "data").iterdir())}
    (metadata,) = (shards.write_bare_copy(tmp_path / "bare") / "data").iterdir()
    hub.datasets = {
        ROSTER: Dataset(False, {"roster.csv": (folder / "roster.csv").read_bytes()}),
        METADATA: Dataset(gated, {"data/train.parquet": metadata.read_bytes()}),
        IMAGES: Dataset(False, {"README.md": b"# GEMRec", **data}),
    }
    return hub


@pytest.fixture
def hub_user(tmp_path, monkeypatch):
    """Point the Hub's client at a stand-in, with an empty cache and a token."""

    def use(url: str, token: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            url + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setenv("HF_TOKEN", token)

    return use


def test_download_from_the_hub_and_again_from_its_cache(site, tmp_path, hub_user):
    hub = published(tmp_path)
    settings, store, images, now = site
    told = []
    with serve(hub) as url:
        hub_user(url, "hf_test")
        done = import_gemrec(fetch_gemrec(False, told.append), settings, store, images, now)
        assert (done.models, done.prompts, done.images) == (3, 2, 6)
        assert told == pytest.approx([1 / 3, 2 / 3, 1])
        asked = [r for r in hub.requests if r.startswith("GET") and "/resolve/" in r]
        assert len(asked) == 3  # the roster and two shards
        again = import_gemrec(fetch_gemrec(), settings, store, images, now)
        assert (again.images, again.known) == (0, 6)
        assert [r for r in hub.requests if r.startswith("GET") and "/resolve/" in r] == asked


def test_gated_metadata_wants_a_token(site, tmp_path, hub_user):
    settings, store, images, now = site
    with serve(published(tmp_path, gated=True)) as url:
        hub_user(url, "hf_other")
        with pytest.raises(InputError, match=r"GEMRec-Metadata is not open.*HF_TOKEN.*--folder"):
            fetch_gemrec(metadata_only=True)
        hub_user(url, "hf_test")
        done = import_gemrec(fetch_gemrec(metadata_only=True), settings, store, images, now)
        assert (done.models, done.prompts, done.images, done.scored) == (3, 2, 0, 6)


def test_without_a_network_it_says_how_to_go_on(hub_user, monkeypatch):
    hub_user("http://127.0.0.1:9", "hf_test")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"cannot be downloaded.*run the command again"):
        fetch_gemrec(metadata_only=True)


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GEMREC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GEMREC_BACKEND", "scripted")
    folder = shards.write_copy(tmp_path / "copy")
    assert main(["import", "gemrec", "--folder", str(folder), "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["models"], done["images"], sum(done["popularity_bins"]["counts"])) == (3, 6, 3)
    assert main(["import", "gemrec", "--folder", str(folder), "--metadata-only"]) == 0
    assert "3 models, 2 prompts in 2 categories" in capsys.readouterr().out
    assert main(["import", "gemrec", "--folder", str(tmp_path / "no")]) == 2
