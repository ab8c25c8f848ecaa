"""Data sets of the pocket models at full size: killed and resumed, and on one or two Ray workers.

Two steps without guidance per image: what is shown does not depend on how good the pictures are.
"""

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
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
RAY_PROMPTS = 10  # a third of the job is enough to lose a worker in
TURNS, PART = 5, 3  # of one and of two workers, and prompts of each
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


@pytest.fixture
def ray_pool() -> Iterator[WorkerPool]:
    """Two workers of Ray, each with one torch thread for a core of its own."""
    pytest.importorskip("ray")
    options = BackendOptions(device="cpu", threads=1)
    encoder = EncoderOptions("open_clip", f"local-dir:{ASSETS / 'pocket-clip'}", threads=1)
    factory = "gemrec.building.maker:build_maker"
    pool = hire(Crew("ray", 2), factory, ("diffusers", options, encoder), "build", key=work_key)
    assert isinstance(pool, WorkerPool)
    yield pool
    pool.close()


def build(plan: Plan, folder: Path, pool: WorkerPool, workers: int, tell=lambda _: None):
    """Checksums, and images per second."""
    began = time.monotonic()
    outcome = run(plan, folder, open_journal(plan, folder, resume=False), pool, workers, tell)
    assert not outcome.failures
    made = sorted(image.digest for images in outcome.images.values() for image in images)
    return made, len(made) / (time.monotonic() - began)


@pytest.mark.filterwarnings("ignore")
def test_ray_makes_the_same_and_a_killed_worker_costs_only_time(
    plan: Plan, whole: list[str], ray_pool: WorkerPool, tmp_path: Path
) -> None:
    bases = plan_bases(plan, MODELS)
    part = make_plan(plan.models, bases, plan.prompts[:RAY_PROMPTS], IMAGES)
    lost: list[int] = []

    def tell(progress) -> None:
        if not lost and progress.done >= part.total // 3:
            lost.append(ray_pool.pids[-1])
            os.kill(lost[0], signal.SIGKILL)

    made, pace = build(part, tmp_path / "killed", ray_pool, 2, tell)
    print(f"\nRay, 2 workers, one killed at a third: {len(made)} images, {pace:.2f} a second")
    assert len(made) == part.total
    assert not set(made) - set(whole)
    assert lost


@pytest.mark.filterwarnings("ignore")
def test_one_and_two_ray_workers_side_by_side(
    plan: Plan, ray_pool: WorkerPool, tmp_path: Path
) -> None:
    """Turn about in one run, with everything loaded, so that other work slows both alike."""
    warm = make_plan(plan.models[:2], plan_bases(plan, 2), plan.prompts[-2:], IMAGES)
    build(warm, tmp_path / "warm", ray_pool, 2)
    part = make_plan(plan.models[:4], plan_bases(plan, 4), plan.prompts[:PART], IMAGES)
    paces: dict[int, list[float]] = {1: [], 2: []}
    checksums = []
    for turn in range(TURNS):
        for workers in (1, 2):
            made, pace = build(part, tmp_path / f"{turn}-{workers}", ray_pool, workers)
            checksums.append(made)
            paces[workers].append(pace)
    medians = {workers: statistics.median(each) for workers, each in paces.items()}
    for workers, each in paces.items():
        listed = ", ".join(f"{pace:.2f}" for pace in each)
        print(f"\nRay, {workers} of 2 workers: {medians[workers]:.2f} images/s ({listed})", end="")
    print(f"\nTwo workers are {medians[2] / medians[1]:.2f} times as fast as one")
    assert all(made == checksums[0] for made in checksums)
    assert medians[2] > medians[1]


def plan_bases(plan: Plan, count: int):
    bases = {task.model.id: task.base for task in plan.tasks}
    return [bases[model.id] for model in plan.models[:count]]
