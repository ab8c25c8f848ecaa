"""A grid service over scripted models, with a real store and a real child process."""

from datetime import UTC, datetime
from pathlib import Path

from gemrec.catalog import Catalog
from gemrec.generation import (
    BackendOptions,
    GenerationWorker,
    GridDone,
    GridFailed,
    GridImages,
    GridProgress,
    GridRequest,
    GridService,
)
from gemrec.images import ImageFiles
from gemrec.records import GenerationParameters, Model, ModelSource, Prompt
from gemrec.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROMPT = Prompt("a cat face on a blue background", "animal")
SEEDS = (11, 12, 13, 14)

SCRIPTS = {
    "red": "",
    "green": "",
    "blue": "",
    "failing": "fail",
    "hanging": "hang",
    "slow": "slow:0.5",
    "endless": "slow:1000",
    "missing": "missing",
}


def scripted_model(name: str) -> Model:
    parameters = GenerationParameters(width=32, height=32)
    return Model(name, name.title(), ModelSource("scripted", SCRIPTS[name]), parameters=parameters)


def build(folder: Path, timeout: float = 20.0, models: dict[str, Model] | None = None, **options):
    models = models or {name: scripted_model(name) for name in SCRIPTS}
    store = Store(folder / "gemrec.db")
    store.models.sync(models.values(), NOW)
    backend = options.pop("backend", "scripted")
    worker = options.pop("worker", None) or GenerationWorker(backend, BackendOptions(threads=1))
    return GridService(
        worker,
        ImageFiles(folder / "images"),
        store,
        Catalog(models),
        timeout=timeout,
        clock=lambda: NOW,
        **options,
    )


def request(service: GridService, name: str, seeds=SEEDS, prompt=PROMPT) -> GridRequest:
    return GridRequest(service._catalog.get(name), prompt, tuple(seeds))


class Seen:
    """The events of one stream, sorted by kind."""

    def __init__(self, events) -> None:
        self.all = list(events)
        self.progress = [e for e in self.all if isinstance(e, GridProgress)]
        self.images = [e for e in self.all if isinstance(e, GridImages)]
        self.failed = [e for e in self.all if isinstance(e, GridFailed)]
        (self.done,) = [e for e in self.all if isinstance(e, GridDone)]
        assert self.all[-1] is self.done


def see(service: GridService, *names: str, seeds=SEEDS, **options) -> Seen:
    requests = [request(service, name, seeds) for name in names]
    return Seen(service.stream(requests, **options))
