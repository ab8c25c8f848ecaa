"""``build``: a data set of many models' images, planned, made and written out."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from gemrec.building import (
    Outcome,
    Plan,
    lock,
    make_plan,
    open_journal,
    push,
    run,
    write_outputs,
)
from gemrec.building.builder import TASK_SECONDS
from gemrec.building.plan import MOST_IMAGES
from gemrec.catalog import Catalog, entry_ids, load_catalog, load_prompts
from gemrec.cli import tables
from gemrec.cli.build_progress import progress_of, stoppable
from gemrec.cli.options import AsJson, Db, whole_number
from gemrec.cli.output import answer, tell
from gemrec.embedding.host import encoder_name
from gemrec.errors import GenerationError, InputError
from gemrec.generation.ordering import work_key
from gemrec.generation.registry import build_backend
from gemrec.records import Model
from gemrec.services import (
    backend_options,
    catalog_files,
    crew_of,
    encoder_options,
    join_cluster,
    utc_now,
)
from gemrec.settings import Settings, load_settings
from gemrec.worker import Crew, hire

ALL = "all"
MOST_WORKERS = 1024
MOST_SECONDS = 7 * 24 * 3600
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be built, and with whom."""

    plan: Plan
    settings: Settings
    crew: Crew
    out: Path
    timeout: int


def build(
    models: Annotated[
        str,
        typer.Option(
            metavar="FILE|all|ID,ID",
            help="A catalog (TOML) whose entries draw, model ids, or all that can run here.",
        ),
    ],
    prompts: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV with the columns category and prompt.")
    ],
    images: Annotated[
        int,
        typer.Option(
            metavar="N",
            parser=whole_number(1, MOST_IMAGES),
            help="Images per model and prompt, 1 to 64.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the data set.")],
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="local|ray", help="Processes of this machine, or Ray; else GEMREC_RUNNER."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="W",
            parser=whole_number(1, MOST_WORKERS),
            help="How many models run at the same time; else GEMREC_WORKERS.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="A running Ray cluster; without it Ray starts here."
        ),
    ] = None,
    timeout: Annotated[
        int,
        typer.Option(
            metavar="SECONDS",
            parser=whole_number(1, MOST_SECONDS),
            help="A grid that takes longer, the download of its model included, is given up.",
        ),
    ] = TASK_SECONDS,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            metavar="",
            help="Go on with what the folder has, and try again what failed.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Only say what would be made.")
    ] = False,
    push_to: Annotated[
        str | None,
        typer.Option(
            "--push",
            metavar="OWNER/NAME",
            help="Upload to this repository of the Hub, private when it is new.",
        ),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Make a data set: many models, many prompts, resumable, as Parquet and imagefolder."""
    settings = _settings(db, backend, workers, address)
    plan = make_plan(*_models(settings, models), load_prompts(prompts).prompts, images)
    job = _Job(plan, settings, crew_of(settings), out, timeout)
    if dry_run:
        answer({"plan": _plan_document(job)}, as_json, tables.build_plan)
        return
    join_cluster(settings)  # a wrong address is told before anything begins
    began = time.monotonic()
    with lock(out):
        outcome = _make(job, resume=resume)
        if outcome.cancelled:
            tell(f"Stopped; the same command with --resume goes on in {out}.")
            raise typer.Exit(INTERRUPTED)
        tell("Writing Parquet, manifest and data card.")
        encoder = encoder_name(encoder_options(settings))
        manifest = write_outputs(plan, out, outcome.images, encoder, out.resolve().name, utc_now())
        url = None if push_to is None else _push(out, push_to)
    answer(_document(job, manifest, outcome, url, time.monotonic() - began), as_json, tables.build)
    if outcome.failures:
        raise GenerationError(_failures(outcome))


def _settings(
    db: Path | None, backend: str | None, workers: int | None, address: str | None
) -> Settings:
    kinds = {"local": "process", "ray": "ray", None: None}
    if backend not in kinds:
        raise InputError(f"backend: got {backend!r}; allowed: local, ray")
    if address is not None and backend != "ray":
        raise InputError(f"address: got {address!r} without --backend ray; leave one out")
    wanted = {"runner": kinds[backend], "workers": workers, "ray_address": address}
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    return load_settings(**given) if db is None else load_settings(db=db, **given)


def _models(settings: Settings, words: str) -> tuple[list[Model], list[Model | None]]:
    """The models that draw, and the bases of those that are LoRAs.

    Raises:
        InputError: One of them cannot run here.
    """
    shipped = catalog_files(settings)
    file = Path(words)
    if file.suffix == ".toml" or file.is_file():
        catalog = load_catalog(*shipped, file)
        ids = list(entry_ids(file))
    else:
        catalog = load_catalog(*shipped)
        ids = [word.strip() for word in words.split(",") if word.strip()]
    runner = build_backend(settings.backend, backend_options(settings))

    def problem(model: Model) -> str | None:
        return runner.problem(model, _base(catalog, model))

    if words.strip() == ALL:
        chosen = [model for model in catalog.active() if problem(model) is None]
    else:
        chosen = list(catalog.select(ids))
        for model in chosen:
            if (reason := problem(model)) is not None:
                raise InputError(f"models: {model.id!r} cannot run here: {reason}")
    return chosen, [_base(catalog, model) for model in chosen]


def _base(catalog: Catalog, model: Model) -> Model | None:
    return None if model.source.base is None else catalog.models.get(model.source.base)


def _make(job: _Job, *, resume: bool) -> Outcome:
    """Make what is missing, with progress on stderr; the first Ctrl-C lets it end in order."""
    done = open_journal(job.plan, job.out, resume=resume)
    made = sum(map(len, done.values()))
    tell(tables.build_plan({"plan": _plan_document(job)}).plain)
    if made:
        tell(f"{made} of {job.plan.total} images are there already.")
    arguments = (job.settings.backend, backend_options(job.settings), encoder_options(job.settings))
    factory = "gemrec.building.maker:build_maker"
    worker = hire(job.crew, factory, arguments, "build", key=work_key)
    try:
        with stoppable() as stop, progress_of(job.plan.total) as advance:
            return run(
                job.plan,
                job.out,
                done,
                worker,
                job.crew.workers,
                advance,
                cancelled=stop.is_set,
                timeout=job.timeout,
            )
    finally:
        worker.close()


def _push(out: Path, repository: str) -> str:
    """Upload; Ctrl-C leaves what the hub has already, and it is not sent again."""
    tell(f"Uploading to {repository}.")
    try:
        return push(out, repository)
    except KeyboardInterrupt:
        tell(
            f"The upload was stopped; the data set in {out} is complete, and the same command with "
            "--resume goes on with the upload."
        )
        raise typer.Exit(INTERRUPTED) from None


def _plan_document(job: _Job) -> dict[str, Any]:
    plan, seconds = job.plan, job.plan.seconds(job.crew.workers)
    return {
        "models": len(plan.models),
        "prompts": len(plan.prompts),
        "images_per_grid": plan.images,
        "images": plan.total,
        "bytes": plan.bytes,
        "seconds": None if seconds is None else round(seconds, 1),
        "workers": job.crew.workers,
        "runner": job.crew.kind,
        "digest": plan.digest,
        "out": str(job.out),
    }


def _document(
    job: _Job, manifest: dict[str, Any], outcome: Outcome, url: str | None, seconds: float
) -> dict[str, Any]:
    return {
        "plan": _plan_document(job),
        "out": str(job.out),
        "images": manifest["counts"]["images"],
        "seconds": round(seconds, 1),
        "files": [file["path"] for file in manifest["files"]],
        "failures": [
            {"model": task.model.id, "prompt": task.prompt.text, "reason": reason}
            for task, reason in outcome.failures
        ],
        "url": url,
    }


def _failures(outcome: Outcome) -> str:
    task, reason = outcome.failures[0]
    return (
        f"{len(outcome.failures)} grids were not made; the first: {task.model.id}, "
        f"{task.prompt.text!r}: {reason} The same command with --resume tries them again."
    )
