"""Is everything in place? One check per line, each with what to do when it is not."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gemrec.arena import NEAR_IDENTICAL, NO_CONTEST, find_flags
from gemrec.catalog import Catalog, load_catalog, load_prompts
from gemrec.cli.checks import Check, Status
from gemrec.cli.machine import check_disk, check_gpu, is_writable
from gemrec.errors import GemrecError
from gemrec.generation.registry import build_backend
from gemrec.images import ImageFiles
from gemrec.services import (
    backend_options,
    catalog_files,
    encoder_folder,
    prompt_files,
    utc_now,
)
from gemrec.settings import Settings
from gemrec.store import IncidentRow, Store

_MODELS_FOR_A_BATTLE = 2
_INCIDENTS_SHOWN = 3


def examine(settings: Settings) -> tuple[Check, ...]:
    """Look at everything that gemrec needs; problems are reported, never raised."""
    return tuple(_all_checks(settings))


def is_healthy(checks: tuple[Check, ...]) -> bool:
    """Whether nothing is broken; warnings are fine."""
    return all(check.status is not Status.BROKEN for check in checks)


def report(checks: tuple[Check, ...]) -> dict[str, Any]:
    """The checks as a JSON object."""
    return {"ok": is_healthy(checks), "checks": [asdict(check) for check in checks]}


def _all_checks(settings: Settings) -> Iterator[Check]:
    yield from _guard("database", lambda: _database(settings))
    yield from _guard("arena", lambda: _arena(settings))
    yield from _guard("providers", lambda: _providers(settings))
    yield from _guard("images", lambda: _images(settings))
    yield from _guard("models", lambda: _models(settings))
    yield from _guard("encoder", lambda: _encoder(settings))
    yield from _guard("prompts", lambda: _prompts(settings))
    yield from _guard("disk", lambda: check_disk(settings))
    yield from _guard("gpu", lambda: check_gpu(settings))


def _guard(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from checks()
    except (GemrecError, OSError) as error:
        yield Check(name, Status.BROKEN, str(error), "Mend what the message names, then ask again.")


def _database(settings: Settings) -> Iterator[Check]:
    path = settings.database
    if not path.exists():
        yield Check("database", Status.OK, f"{path} is not there yet; the first start makes it")
        return
    facts = Store(path).integrity()
    rows = ", ".join(f"{facts['rows'][table]} {table}s" for table in ("vote", "battle", "image"))
    detail = f"{path}: {rows}; schema {facts['schema']}"
    damage = "" if facts["check"] == "ok" else f"SQLite finds damage: {facts['check']}"
    if facts["broken_references"]:
        damage += f" {facts['broken_references']} rows point at nothing"
    if damage:
        advice = "Put back a copy of the file, or name another with --db or GEMREC_DB."
        yield Check("database", Status.BROKEN, f"{detail}; {damage.strip()}", advice)
    else:
        yield Check("database", Status.OK, detail)


def _arena(settings: Settings) -> Iterator[Check]:
    """What waits, what was refused and what came to nothing; and whose votes look odd."""
    if not settings.database.exists():
        yield Check("arena", Status.OK, "no battle yet")
        return
    store = Store(settings.database)
    facts = store.integrity()
    waiting = store.battles.count_open(utc_now())
    incidents = store.incidents.all()
    flags = find_flags(store.votes.current())
    kinds = Counter(flag.kind.replace("_", " ") for flag in flags)
    parts = [
        f"open battles: {waiting} wait for a vote, {facts['open_battles'] - waiting} expired, "
        f"{facts['unvoted_battles']} ended without one",
        f"refused votes: {_numbers(facts['refused'])}",
        f"refused prompts and images: {_numbers(_spaced(store.usage.refusals()))}",
        f"near-identical pairs skipped: {_most(incidents, NEAR_IDENTICAL)}",
        f"no contests: {_most(incidents, NO_CONTEST)}",
        f"flagged annotators: {_numbers(kinds)}",
    ]
    advice = "Look at the flagged votes before you publish; none was left out." if flags else ""
    yield Check("arena", Status.WARN if flags else Status.OK, "; ".join(parts), advice)


def _spaced(counts: Mapping[str, int]) -> dict[str, int]:
    return {reason.replace("_", " "): count for reason, count in counts.items()}


def _providers(settings: Settings) -> Iterator[Check]:
    """What Inference Providers were paid today."""
    limit = settings.provider_usd_per_day
    spent = 0.0
    if settings.database.exists():
        spent = Store(settings.database).usage.spent(utc_now().date())
    detail = f"spent today (UTC): ${spent:.2f} of ${limit:.2f}"
    if not limit:
        advice = "GEMREC_PROVIDER_USD_PER_DAY switches models on that cost money."
        yield Check("providers", Status.OK, f"off; {detail}" if spent else "off", advice)
    elif spent >= limit:
        advice = "Raise GEMREC_PROVIDER_USD_PER_DAY, or wait until tomorrow."
        yield Check("providers", Status.WARN, detail, advice)
    else:
        yield Check("providers", Status.OK, detail)


def _numbers(counts: Mapping[str, int]) -> str:
    """``3 (2 used, 1 expired)``."""
    total = sum(counts.values())
    each = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{total} ({each})" if total else "0"


def _most(incidents: Sequence[IncidentRow], kind: str) -> str:
    """How many of a kind, and the models of the most frequent ones."""
    rows = [row for row in incidents if row.kind == kind]
    named = ", ".join(f"{row.count} {' + '.join(row.models)}" for row in rows[:_INCIDENTS_SHOWN])
    return f"{sum(row.count for row in rows)} ({named})" if rows else "0"


def _images(settings: Settings) -> Iterator[Check]:
    folder = settings.image_folder
    if not is_writable(folder):
        yield Check(
            "images",
            Status.BROKEN,
            f"{folder} cannot be written to",
            "Change its rights, or set GEMREC_DATA to a folder of yours.",
        )
        return
    if not settings.database.exists():
        yield Check("images", Status.OK, f"{folder}: none yet")
        return
    store, files = Store(settings.database), ImageFiles(folder)
    known = {image.digest for image in store.images.all()}
    unused = store.integrity()["unused_images"]
    if missing := files.missing(known):
        yield Check(
            "images",
            Status.BROKEN,
            f"{len(missing)} of {len(known)} images in the database have no file in {folder}",
            "Set GEMREC_DATA to the folder that belongs to this database, or copy its files back.",
        )
        return
    if damaged := files.damaged(known):
        first = files.path(damaged[0])
        yield Check(
            "images",
            Status.BROKEN,
            f"{len(damaged)} of {len(known)} image files are damaged, the first is {first}",
            "Remove them (they are made again when needed) or copy them back.",
        )
        return
    orphans = len(files.orphans(known))
    detail = f"{folder}: {len(known)} images, {unused} of them shown in no battle"
    detail += f"; orphaned: {orphans} files that belong to no image of this database"
    detail += f"; reported by people: {len(store.picks.reports())}"
    yield Check("images", Status.OK, detail)


def _models(settings: Settings) -> Iterator[Check]:
    catalog = load_catalog(*catalog_files(settings))
    backend = build_backend(settings.backend, backend_options(settings))
    reasons = {
        model.id: backend.problem(model, catalog.models.get(model.source.base or ""))
        for model in catalog.active()
    }
    yield _model_summary(settings, catalog, reasons)
    for model in catalog.active():
        reason = reasons[model.id]
        status = Status.OK if reason is None else Status.WARN
        yield Check(f"model {model.id}", status, reason or f"{model.name} can run here")


def _model_summary(
    settings: Settings, catalog: Catalog, reasons: Mapping[str, str | None]
) -> Check:
    usable = sum(reason is None for reason in reasons.values())
    retired = len(catalog.models) - len(reasons)
    files = ", ".join(str(path) for path in catalog_files(settings))
    detail = f"{usable} of {len(reasons)} models can run here ({files})"
    if retired:
        detail += f"; {retired} retired"
    if usable >= _MODELS_FOR_A_BATTLE:
        return Check("models", Status.OK, detail)
    return Check(
        "models",
        Status.BROKEN,
        detail,
        "A battle needs two. Mend the reasons below, or name a catalog in GEMREC_MODELS.",
    )


def _encoder(settings: Settings) -> Iterator[Check]:
    if settings.backend == "scripted":
        yield Check("encoder", Status.OK, "scripted")
        return
    folder = encoder_folder(settings)
    if (folder / "open_clip_config.json").is_file():
        yield Check("encoder", Status.OK, str(folder))
    else:
        yield Check(
            "encoder",
            Status.WARN,
            f"{folder} holds no open_clip model, so recommendations do not look at the pictures",
            "Put the shipped folder back, or set GEMREC_ASSETS to the folder that has it.",
        )


def _prompts(settings: Settings) -> Iterator[Check]:
    book = load_prompts(*prompt_files(settings))
    yield Check("prompts", Status.OK, f"{len(tuple(book.categories()))} categories of prompts")
