"""Listing, sampling and downloading checkpoints, from a site that runs on this machine."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemrec.building.civitai import Checkpoint, Civitai
from gemrec.building.roster import (
    FAMILIES,
    catalog_entry,
    download,
    file_name,
    sample_by_popularity,
    write_catalog,
)
from gemrec.catalog import load_catalog
from gemrec.errors import RemoteError
from gemrec.ranking import popularity_bins
from tests.loopback import Answer, serve
from tests.loopback_civitai import CivitaiSite, file_of, listed_model

ROSTER = Path(__file__).resolve().parents[4] / "shared" / "data" / "gemrec" / "roster.csv"


def checkpoint(number, downloads=5, **fields):
    made = Checkpoint(
        model_id=number,
        name=f"Model {number}",
        version_id=1000 + number,
        version="v1",
        base_model="SD 1.5",
        downloads=downloads,
        mature=False,
        address="",
        size=10,
        sha256="",
    )
    return replace(made, **fields)


def listed(site, url, **options):
    pauses = []
    civitai = Civitai(url, "secret", pauses.append, first_pause=0.01)
    return list(civitai.checkpoints(**options)), pauses


def test_all_pages_are_read_in_order():
    site = CivitaiSite([listed_model(n, 1000 - n) for n in range(25)], page=10)
    with serve(site) as url:
        found, pauses = listed(site, url)
    assert [c.model_id for c in found] == list(range(25))
    assert [c.downloads for c in found[:2]] == [1000, 999]
    assert (len(site.requests), pauses) == (3, [])
    assert site.requests[0].headers["Authorization"] == "Bearer secret"
    assert site.requests[0].query["nsfw"] == ["false"]


def test_a_rate_limit_is_waited_for_as_long_as_it_says():
    site = CivitaiSite([listed_model(1, 5)])
    site.answers = [Answer(status=429, headers={"Retry-After": "7"}), Answer(status=503)]
    with serve(site) as url:
        found, pauses = listed(site, url)
    assert len(found) == 1
    assert pauses[0] == 7.0
    assert len(site.requests) == 3


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([Answer(status=500)] * 6, "no answer after 6 tries: HTTP 500"),
        ([Answer(status=401)], "refused.*401.*GEMREC_CIVITAI_TOKEN"),
        ([Answer(b"<html>")], "no list of models"),
        ([Answer.json({"items": 5})], "no list of models"),
    ],
)
def test_what_does_not_pass_is_told(answers, says):
    site = CivitaiSite([listed_model(1, 5)], answers=answers)
    with serve(site) as url, pytest.raises(RemoteError, match=says):
        listed(site, url)


def test_a_site_may_ask_for_minutes(monkeypatch):
    site = CivitaiSite([listed_model(1, 5)])
    site.answers = [Answer(status=429, headers={"Retry-After": "180"})]
    with serve(site) as url:
        assert listed(site, url)[1] == [180.0]


def test_odd_entries_do_not_end_the_list():
    odd = [
        None,
        "text",
        {"name": "no id", "modelVersions": listed_model(8, 5)["modelVersions"]},
        listed_model(2, 5, name=None, stats=None, modelVersions=[None]),
        listed_model(3, 5, stats={"downloadCount": "many"}),
    ]

    def strange(request):
        items = [*odd, listed_model(4, 5)]
        return Answer.json({"items": items, "metadata": None})

    with serve(strange) as url:
        found, _ = listed(None, url)
    assert [c.model_id for c in found] == [4]


def test_only_safe_public_files_count():
    unsafe, early, mature = (listed_model(n, 10) for n in (1, 2, 3))
    unsafe["modelVersions"][0]["files"][0]["metadata"]["format"] = "PickleTensor"
    early["modelVersions"][0]["availability"] = "EarlyAccess"
    mature["nsfw"] = True
    older = listed_model(4, 10)
    older["modelVersions"].insert(0, unsafe["modelVersions"][0])
    site = CivitaiSite([unsafe, early, mature, older, {"id": 5, "name": "bare"}])
    with serve(site) as url:
        assert [c.model_id for c in listed(site, url)[0]] == [4]
        assert [c.model_id for c in listed(site, url, mature=True)[0]] == [3, 4]


def test_a_site_that_repeats_itself_is_left():
    def repeating(request):
        return Answer.json({"items": [listed_model(1, 5)], "metadata": {"nextCursor": "x"}})

    with serve(repeating) as url:
        found, _ = listed(None, url)
    assert len(found) == 1


@given(
    downloads=st.lists(st.integers(0, 10**7), min_size=1, max_size=300),
    count=st.integers(1, 120),
    seed=st.integers(0, 99),
)
def test_as_many_as_wanted_each_once_and_the_same_for_the_same_seed(downloads, count, seed):
    found = [checkpoint(n, d) for n, d in enumerate(downloads)]
    chosen = sample_by_popularity(found, count, np.random.default_rng(seed))
    assert len({c.model_id for c in chosen}) == len(chosen) == min(count, len(found))
    assert chosen == sample_by_popularity(found, count, np.random.default_rng(seed))


def test_every_degree_of_popularity_is_there_in_proportion():
    rng = np.random.default_rng(0)
    downloads = np.round(10 ** rng.normal(3.3, 0.7, 3436)).astype(int)
    found = [checkpoint(n, int(d)) for n, d in enumerate(downloads)]
    chosen = sample_by_popularity(found, 197, rng)
    edges = np.array(popularity_bins(list(downloads)).edges)

    def bins(values):
        place = np.searchsorted(edges[1:-1], np.log10(np.array(values) + 1), side="right")
        return Counter(map(int, place))

    all_of_them, drawn = bins(downloads), bins([c.downloads for c in chosen])
    assert set(drawn) == set(all_of_them)
    for number, size in all_of_them.items():
        assert abs(drawn[number] - max(1, size * 197 / 3436)) <= 2


@pytest.mark.skipif(
    not ROSTER.is_file(), reason="the GEMRec-18K roster is not beside this checkout"
)
def test_the_published_roster_is_such_a_sample():
    """Its own bins are all filled: at least one model of each degree of popularity was drawn."""
    with ROSTER.open(encoding="utf-8", newline="") as file:
        downloads = [int(row["model_download_count"]) for row in csv.DictReader(file)]
    found = [checkpoint(n, d) for n, d in enumerate(downloads)]
    assert len(found) == 200
    counts = popularity_bins(downloads).counts
    chosen = sample_by_popularity(found, 100, np.random.default_rng(0))
    assert len(chosen) == 100
    again = popularity_bins([c.downloads for c in found]).edges
    place = np.searchsorted(
        np.array(again[1:-1]), [np.log10(c.downloads + 1) for c in chosen], "right"
    )
    assert {int(p) for p in place} == {n for n, count in enumerate(counts) if count}


name = st.text(min_size=1, max_size=40)


@given(
    name=name, version=name, words=st.lists(name, max_size=3), base=st.sampled_from(list(FAMILIES))
)
def test_every_name_survives_the_catalog(tmp_path_factory, name, version, words, base):
    path = tmp_path_factory.getbasetemp() / "names.toml"
    made = checkpoint(7, name=name, version=version, words=tuple(words), base_model=base)
    write_catalog([made], path, "https://civitai.com")
    (model,) = load_catalog(path).models.values()
    assert model.id.startswith("civitai-1007")
    assert model.source.kind == "file"
    assert model.source.path.endswith(f"checkpoints/{file_name(made)}")
    assert model.name
    assert model.url == "https://civitai.com/models/7?modelVersionId=1007"


def test_mature_models_carry_the_owners_tag():
    assert '"content:mature"' in catalog_entry(checkpoint(1, mature=True), "https://civitai.com")
    assert "mature" not in catalog_entry(checkpoint(1), "https://civitai.com")


def fetch(url, folder, **fields):
    made = checkpoint(1, address=f"{url}/api/download/models/1001", **fields)
    return download(Civitai(url, first_pause=0.01), made, folder, lambda _: None)


def test_a_download_is_checked_and_goes_on_where_it_stopped(tmp_path):
    import hashlib  # noqa: PLC0415

    content = file_of(1001)
    right = hashlib.sha256(content).hexdigest()
    site = CivitaiSite([])
    with serve(site) as url:
        assert fetch(url, tmp_path, sha256=right).read_bytes() == content
        path = tmp_path / "again" / "civitai-1001.safetensors"
        path.parent.mkdir()
        path.with_name(f"{path.name}.part").write_bytes(content[:5000])
        assert fetch(url, path.parent, sha256=right).read_bytes() == content
        assert site.requests[-1].headers["Range"] == "bytes=5000-"
        asked = len(site.requests)
        fetch(url, path.parent, sha256=right)  # it is there
        assert len(site.requests) == asked
        with pytest.raises(RemoteError, match="not what was announced"):
            fetch(url, tmp_path / "wrong", sha256="0" * 64)
    assert not any((tmp_path / "wrong").iterdir())


class Breaking:
    """A server that announces a whole file and ends the connection early, so many times."""

    def __init__(self, content, times):
        self.content, self.times, self.ranges = content, times, []

    def __call__(self, request):
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        rest = self.content[int((wanted or "bytes=0-")[6:-1]) :]
        if not rest:
            size = len(self.content)
            return Answer(status=416, headers={"Content-Range": f"bytes */{size}"})
        status = 206 if wanted else 200
        if len(self.ranges) > self.times:
            return Answer(rest, status)
        headers = {"Content-Length": str(len(rest)), "Connection": "close"}
        return Answer(rest[:1000], status, headers)


def test_a_connection_that_breaks_costs_only_the_rest(tmp_path):
    """The file has no checksum, so that nothing but its length tells that it is not whole."""
    server = Breaking(file_of(1001), times=2)
    with serve(server) as url:
        path = fetch(url, tmp_path)
    assert path.read_bytes() == server.content
    assert server.ranges == [None, "bytes=1000-", "bytes=2000-"]


def test_a_file_that_was_whole_when_the_program_died_is_taken(tmp_path):
    server = Breaking(file_of(1001), times=0)
    part = tmp_path / "civitai-1001.safetensors.part"
    with serve(server) as url:
        part.write_bytes(server.content)
        assert fetch(url, tmp_path).read_bytes() == server.content
        part.with_suffix("").unlink()
        part.write_bytes(server.content + b"more")  # of something else
        assert fetch(url, tmp_path).read_bytes() == server.content


def test_the_token_stays_with_the_site_that_it_is_for(tmp_path):
    files = Breaking(file_of(1001), times=0)
    asked = []

    def elsewhere(request):
        asked.append(request)
        return files(request)

    with serve(elsewhere) as storage:

        def site(request):
            asked.append(request)
            return Answer(status=302, headers={"Location": f"{storage}/file"})

        with serve(site) as url:
            made = checkpoint(1, address=f"{url}/api/download/models/1001")
            download(Civitai(url, "secret"), made, tmp_path, lambda _: None)
    assert [request.headers["Authorization"] for request in asked] == ["Bearer secret", None]


def test_files_of_this_machine_are_no_downloads(tmp_path):
    (tmp_path / "private").write_text("secret")
    made = checkpoint(1, address=(tmp_path / "private").as_uri())
    with pytest.raises(RemoteError, match="no web address"):
        download(Civitai("http://127.0.0.1:9"), made, tmp_path / "out", lambda _: None)
