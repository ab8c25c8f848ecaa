"""Data sets of the pocket models at full size: killed and resumed, and on one or two Ray workers.

Two steps without guidance per image: what is shown does not depend on how good the pictures are.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gemrec.building import make_plan, open_journal, run
from gemrec.building.plan import Plan
from gemrec.catalog import load_catalog, load_prompts
from gemrec.embedding import EncoderOptions
from gemrec.generation import BackendOptions
from gemrec.generation.ordering import work_key
from gemrec.settings import REPOSITORY
from gemrec.worker import Crew, WorkerPool, hire

pytestmark = pytest.mark.bench

MODELS, PROMPTS, IMAGES, KILLS = 12, 30, 2, 3
TOTAL = MODELS * PROMPTS * IMAGES
ASSETS = REPOSITORY / "assets"


@pytest.fixture(scope="module")
def plan() -> Plan:
    catalog = load_catalog(ASSETS / "models.toml")
    found = [
        replace(model, parameters=replace(model.parameters, steps=2, guidance_scale=1.0))
        for model in catalog.active()
    ][:MODELS]
    base = next(model for model in found if model.id == "pocket-base")
    bases = [None if model.source.base is None else base for model in found]
    return make_plan(found, bases, load_prompts(ASSETS / "prompts.csv").prompts[:PROMPTS], IMAGES)


@pytest.fixture(scope="module")
def world(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same plan as files for the command."""
    folder = tmp_path_factory.mktemp("building")
    lines = ["category,prompt", *(f'{p.category},"{p.text}"' for p in plan.prompts)]
    (folder / "prompts.csv").write_text("\n".join(lines) + "\n")
    (folder / "models.toml").write_text("\n".join(map(entry, plan.models)))
    return folder


def entry(model) -> str:
    source, parameters = model.source, model.parameters
    more = f', base = "{source.base}"' if source.base else ""
    return (
        f'[[model]]\nid = "{model.id}"\nname = "{model.name}"\nlicence = "{model.licence}"\n'
        f'source = {{ kind = "{source.kind}", path = "{source.path}"{more} }}\n'
        f"parameters = {{ steps = {parameters.steps}, guidance_scale = {parameters.guidance_scale}, "
        f"width = {parameters.width}, height = {parameters.height} }}\n"
    )


@pytest.fixture(scope="module")
def whole(world: Path) -> list[str]:
    began = time.monotonic()
    process = start(world, "whole")
    said = process.communicate()[1].decode()
    assert process.returncode == 0, said
    seconds = time.monotonic() - began
    print(f"\n{TOTAL} images undisturbed in {seconds:.0f} s, all starts included")
    return checksums(world / "whole")


def start(world: Path, out: str) -> subprocess.Popen:
    words = ["build", "--models", world / "models.toml", "--prompts", world / "prompts.csv"]
    words += ["--images", IMAGES, "--out", world / out, "--resume"]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "gemrec", *map(str, words)],
        cwd=REPOSITORY,
        env={**os.environ, "GEMREC_THREADS": "1", "GEMREC_DATA": str(world / "data")},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def checksums(folder: Path) -> list[str]:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["missing"] == []
    assert len(manifest["images"]) == TOTAL
    return sorted(image["sha256"] for image in manifest["images"])


def grids_done(folder: Path) -> int:
    path = folder / "journal.jsonl"
    return max(len(path.read_bytes().splitlines()) - 1, 0) if path.is_file() else 0


def test_killed_at_three_random_moments(world: Path, whole: list[str]) -> None:
    folder = world / "killed"
    for wanted in sorted(random.sample(range(1, MODELS * PROMPTS - 1), KILLS)):
        process = start(world, "killed")
        while grids_done(folder) < wanted:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        time.sleep(random.random() * 0.3)  # noqa: S311
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        print(f"killed with {grids_done(folder)} of {MODELS * PROMPTS} grids done")
    process = start(world, "killed")
    said = process.communicate()[1].decode()
    assert process.returncode == 0, said
    assert checksums(folder) == whole
    print(f"resumed: the same {len(whole)} checksums as undisturbed")


@pytest.mark.filterwarnings("ignore")
def test_ray_with_one_and_two_workers_and_a_killed_one(
    plan: Plan, whole: list[str], tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    for workers, kill in ((1, False), (2, False), (2, True)):
        made, pace, lost = on_ray(plan, tmp_path / f"{workers}-{kill}", workers, kill=kill)
        print(
            f"Ray, {workers} workers{', one killed' * kill}: {pace:.2f} images/s, "
            f"{len(made)} images, workers lost {lost}"
        )
        assert made == whole
        assert lost == int(kill)


def on_ray(plan: Plan, folder: Path, workers: int, *, kill: bool) -> tuple[list[str], float, int]:
    """Checksums, images per second once the first grid was there, and workers that were killed."""
    options = BackendOptions(device="cpu", threads=1)
    encoder = EncoderOptions("open_clip", f"local-dir:{ASSETS / 'pocket-clip'}", threads=1)
    factory = "gemrec.building.maker:build_maker"
    pool = hire(
        Crew("ray", workers), factory, ("diffusers", options, encoder), "build", key=work_key
    )
    assert isinstance(pool, WorkerPool)
    times, lost = [], []

    def tell(progress) -> None:
        times.append((time.monotonic(), progress.done))
        if kill and not lost and progress.done >= TOTAL // 3:
            lost.append(pool.pids[-1])
            os.kill(lost[0], signal.SIGKILL)

    try:
        outcome = run(plan, folder, open_journal(plan, folder, resume=False), pool, workers, tell)
    finally:
        pool.close()
    assert not outcome.failures
    (first, had), (last, done) = times[1], times[-1]
    digests = sorted(image.digest for made in outcome.images.values() for image in made)
    return digests, (done - had) / (last - first), len(lost)
