"""Adapters on one base against whole pipelines, and our grids against a plain diffusers loop."""

import gc
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from gemrec.catalog import Catalog, load_catalog
from gemrec.generation import BackendOptions, GenerationWorker, GridRequest, GridService
from gemrec.generation.pipelines import Pipelines
from gemrec.generation.placement import Placement
from gemrec.images import ImageFiles
from gemrec.records import Model, Prompt
from gemrec.settings import REPOSITORY
from gemrec.store import Store

# torch, diffusers, transformers and peft warn about each other; that is not ours to fix.
pytestmark = [pytest.mark.bench, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def quiet() -> None:
    from diffusers.utils import logging
    from transformers.utils import logging as transformers_logging  # noqa: PLC0415

    for logger in (logging, transformers_logging):
        logger.disable_progress_bar()
        logger.set_verbosity_error()


ADAPTERS, ROUNDS, RELOADS = 12, 5, 5
MIB = 2**20
OPTIONS = BackendOptions(device="cpu", threads=1)
PROMPTS = [
    Prompt(f"a {thing} on a {colour} background")
    for thing, colour in (("cat face", "blue"), ("pizza", "green"), ("rocket", "pink"))
]
SEEDS = (1, 2, 3, 4)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(REPOSITORY / "assets" / "models.toml")


@pytest.fixture(scope="module")
def base(catalog: Catalog) -> Model:
    return catalog.get("pocket-base")


@pytest.fixture(scope="module")
def adapters(catalog: Catalog, base: Model) -> list[Model]:
    found = [model for model in catalog.active() if model.source.base == base.id]
    return found[:ADAPTERS]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_twelve_adapters_share_one_base(base: Model, adapters: list[Model]) -> None:
    assert len(adapters) == ADAPTERS
    pipelines = Pipelines(Placement(OPTIONS))
    pipelines.ready(base, None)
    alone = pipelines.used
    for adapter in adapters:
        pipelines.ready(adapter, base)
    together = pipelines.used
    files = sum(weights_size(Path(adapter.source.path)) for adapter in adapters)
    print(
        f"\nbase {alone / MIB:.1f} MiB, with {ADAPTERS} adapters {together / MIB:.1f} MiB (their "
        f"files {files / MIB:.1f} MiB); {ADAPTERS + 1} pipelines would take "
        f"{alone * (ADAPTERS + 1) / MIB:.1f} MiB, {alone * (ADAPTERS + 1) / together:.1f} times as much"
    )
    assert len(pipelines) == 1
    # An adapter takes what its weights take; files may hold them in half precision.
    assert together <= alone + 2.2 * files

    switches = [
        seconds(lambda adapter=adapter: pipelines.ready(adapter, base))
        for _ in range(ROUNDS)
        for adapter in adapters
    ]
    reloads = [
        seconds(lambda adapter=adapter: reload(base, adapter)) for adapter in adapters[:RELOADS]
    ]
    switch, again = statistics.median(switches), statistics.median(reloads)
    print(
        f"switch {1000 * switch:.1f} ms, reload {1000 * again:.0f} ms (medians of {len(switches)} "
        f"and {len(reloads)}): {again / switch:.0f} times faster"
    )
    assert again / switch >= 20


def weights_size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.glob("*.safetensors"))


def reload(base: Model, adapter: Model) -> None:
    """What a program without shared bases does: the whole pipeline again, with its adapter."""
    Pipelines(Placement(OPTIONS)).ready(adapter, base)
    gc.collect()


def test_grids_against_a_plain_loop(
    tmp_path: Path, catalog: Catalog, base: Model, adapters: list[Model]
) -> None:
    """The same images by turns, without the time to load: four of each prompt by three models.

    One thread each, so that on a machine of one's own CPU seconds are seconds; on a shared one
    they are what can be compared.
    """
    models = [base, *adapters[2:4]]
    store = Store(tmp_path / "gemrec.db")
    store.models.sync(models, datetime.now(UTC))
    worker = GenerationWorker("diffusers", OPTIONS, nice=0)
    service = GridService(worker, ImageFiles(tmp_path / "images"), store, catalog, timeout=900.0)
    loop = PlainLoop(base, models)
    for model in models:  # load and warm up
        service.generate([GridRequest(model, Prompt("a cat"), (99,))])
    child = psutil.Process(worker.pid)
    grids, plain = Spent(), Spent()
    for prompt in PROMPTS:
        requests = [GridRequest(model, prompt, SEEDS) for model in models]
        grids.measure(lambda requests=requests: service.generate(requests), child)
        plain.measure(lambda prompt=prompt: loop.draw_all(prompt))
    service.close()
    store.close()
    count = len(models) * len(PROMPTS) * len(SEEDS)
    print(
        f"\n{count} images: grids {count / grids.wall:.2f} images/s, plain loop "
        f"{count / plain.wall:.2f} images/s; per CPU second {count / grids.cpu:.2f} (stored as WebP, "
        f"in SQLite) and {count / plain.cpu:.2f}: {plain.cpu / grids.cpu:.2f} times as many"
    )
    assert plain.cpu / grids.cpu > 1


class Spent:
    """Seconds by the clock and of the CPU, of this process and a child."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def measure(self, work: Callable[[], object], child: psutil.Process | None = None) -> None:
        def used() -> float:
            times = (0.0, 0.0) if child is None else child.cpu_times()[:2]
            return time.process_time() + sum(times)

        before, began = used(), time.perf_counter()
        work()
        self.wall += time.perf_counter() - began
        self.cpu += used() - before


class PlainLoop:
    """One call of the pipeline per image, adapters loaded beforehand."""

    def __init__(self, base: Model, models: list[Model]) -> None:
        import torch

        torch.set_num_threads(1)
        self._pipelines = Pipelines(Placement(OPTIONS))
        self._base, self._models = base, models
        for model in models:
            self._draw(model, "a cat", 99)

    def draw_all(self, prompt: Prompt) -> None:
        for model in self._models:
            for seed in SEEDS:
                self._draw(model, prompt.text, seed)

    def _draw(self, model: Model, prompt: str, seed: int) -> None:
        import torch

        pipe = self._pipelines.ready(model, self._base).pipe
        # Without our memory of prompts, as a plain loop has none.
        encode = pipe.encode_prompt
        pipe.encode_prompt = type(pipe).encode_prompt.__get__(pipe)
        parameters = model.parameters
        pipe(
            prompt,
            num_inference_steps=parameters.steps,
            guidance_scale=parameters.guidance_scale,
            width=parameters.width,
            height=parameters.height,
            generator=torch.Generator("cpu").manual_seed(seed),
        )
        pipe.encode_prompt = encode
