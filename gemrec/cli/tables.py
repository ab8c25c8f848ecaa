"""The documents of :mod:`gemrec.documents` as tables for people."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gemrec.documents import Document

_RIGHT = frozenset(
    {"#", "rating", "95% interval", "votes", "Elo", "score", "90%", "seed", "s", "downloads"}
)
_STATUS_STYLE = {"ok": "green", "warn": "yellow", "broken": "bold red"}


def recommendation(document: Document) -> RenderableType:
    """Ranked models with their reasons, then ranked images."""
    models = _table(("#", "model", "score", "90%", "why"))
    for place, row in enumerate(document["models"], start=1):
        interval = f"{_share(row['low'])} … {_share(row['high'])}"
        _add(models, place, row["model"], _share(row["score"]), interval, row["reason"])
    images = _table(("#", "model", "score", "image"))
    for place, row in enumerate(document["images"], start=1):
        _add(images, place, row["model"], _share(row["score"]), row["url"])
    title = f"Models to run, after {_count(document['votes_applied'], 'vote')}"
    return Group(
        _titled(title, models, "No models can run here: see `python -m gemrec doctor`."),
        _titled("Images already made", images, "None yet for prompts like this one."),
    )


def models(document: Document) -> RenderableType:
    """The catalog."""
    table = _table(("id", "name", "licence", "source", "GiB", "can run"))
    for row in document["models"]:
        state = "retired" if row["retired"] else (row["problem"] or "yes")
        memory = "" if row["vram_gb"] is None else f"{row['vram_gb']:g}"
        _add(table, row["id"], row["name"], row["licence"], row["source"], memory, state)
    return _titled(
        _count(len(document["models"]), "model"),
        table,
        "The catalog is empty: name a file of models in GEMREC_MODELS.",
    )


def prompts(document: Document) -> RenderableType:
    """Prompts by category."""
    table = _table(("category", "prompt"))
    for row in document["prompts"]:
        _add(table, row["category"], row["prompt"])
    return _titled(
        _count(len(document["prompts"]), "prompt"),
        table,
        "No prompts: name a file of prompts in GEMREC_PROMPTS.",
    )


def images(document: Document) -> RenderableType:
    """Generated images and where their files are."""
    table = _table(("model", "seed", "s", "file"))
    for row in document["images"]:
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f}"
        _add(table, row["model"], row["seed"], seconds, row["file"])
    return _titled(_count(len(document["images"]), "image"), table, "No image could be made.")


def fetched(document: Document) -> RenderableType:
    """Checkpoints that were listed, and the file that names them."""
    table = _table(("version", "name", "base", "downloads"))
    for row in document["models"]:
        _add(table, row["id"], row["name"], row["base"], f"{row['downloads']:,}")
    size = f"{document['bytes'] / 1e9:,.0f} GB to download"
    title = f"{len(document['models'])} of {document['listed']} checkpoints, {size}"
    return Group(_titled(title, table, "None."), Text(f"Written to {document['file']}"))


def build_plan(document: Document) -> Text:
    """What a data set will hold, and what it will take."""
    plan = document["plan"]
    seconds = plan["seconds"]
    time = "time unknown" if seconds is None else f"about {duration(seconds)} of drawing"
    where = "Ray" if plan["runner"] == "ray" else "this machine"
    return Text(
        f"{_count(plan['images'], 'image')}: {_count(plan['models'], 'model')}, "
        f"{_count(plan['prompts'], 'prompt')}, {plan['images_per_grid']} of each, "
        f"about {_size(plan['bytes'])} in {plan['out']}; "
        f"{_count(plan['workers'], 'worker')} on {where}, {time}."
    )


def build(document: Document) -> RenderableType:
    """What a build has made."""
    time = duration(document["seconds"])
    lines = [f"{_count(document['images'], 'image')} in {document['out']}, after {time}:"]
    lines += [f"  {file}" for file in document["files"]]
    if document["url"]:
        lines.append(document["url"])
    return Text("\n".join(lines))


def _size(number: int) -> str:
    """Bytes in the largest unit that leaves one or more of it."""
    for unit, each in (("GiB", 2**30), ("MiB", 2**20)):
        if number >= each:
            return f"{number / each:,.1f} {unit}"
    return f"{max(number / 2**10, 1):,.0f} KiB"


def duration(seconds: float) -> str:
    """A time in the two largest units that matter."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((i for i, (value, _) in enumerate(units) if value), 3)
    return " ".join(f"{value} {unit}" for value, unit in units[first : first + 2] if value) or "0 s"


def checks(document: Document) -> RenderableType:
    """The doctor's report."""
    table = _table(("check", "state", "found"))
    for row in document["checks"]:
        found = row["detail"] + (f"\n→ {row['advice']}" if row["advice"] else "")
        state = Text(row["status"], style=_STATUS_STYLE[row["status"]])
        table.add_row(Text(row["name"]), state, Text(found))
    verdict = "Everything is in place." if document["ok"] else "Something is broken."
    return Group(table, Text(verdict, style="bold"))


def scores(document: Document) -> RenderableType:
    """Images, best first; each score as measured and as normalised within the prompt."""
    kinds = tuple(document["weights"])
    table = _table(("#", "model", "seed", "score", *(kind.replace("_", " ") for kind in kinds)))
    for place, row in enumerate(document["images"], start=1):
        cells = (_measured(row["raw"][kind], row["normalised"][kind]) for kind in kinds)
        _add(table, place, row["model"], row["seed"], _share(row["score"]), *cells)
    return _titled("Images of this prompt: measured (within the prompt)", table, "None.")


def imported_gemrec(document: Document) -> RenderableType:
    """What came in, and the models by popularity."""
    bins = document["popularity_bins"]
    table = _table(("log10(downloads + 1)", "models", ""))
    for low, high, count in zip(bins["edges"], bins["edges"][1:], bins["counts"], strict=False):
        _add(table, f"{low:.2f} to {high:.2f}", count, "█" * count)
    title = (
        f"{_count(document['models'], 'model')}, {_count(document['prompts'], 'prompt')} in "
        f"{len(document['categories'])} categories, {_count(document['images'], 'new image')} "
        f"({document['known_images']} were there), scores of "
        f"{_count(document['scored_images'], 'image')}"
    )
    return _titled(title, table, "")


def _measured(raw: float | None, normalised: float) -> str:
    return "unknown" if raw is None else f"{raw:.3g} ({_share(normalised)})"


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        right = column in _RIGHT
        # Long words break rather than push numbers out of an 80-column terminal.
        table.add_column(
            column, justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    return table


def _add(table: Table, *cells: object) -> None:
    """Add a row of plain text: square brackets in a prompt are not markup."""
    table.add_row(*(Text(str(cell)) for cell in cells))


def _titled(title: str, table: Table, when_empty: str) -> RenderableType:
    heading = Text(title, style="bold")
    return Group(heading, table if table.row_count else Text(when_empty), Text(""))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _whole(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f}"


def _share(value: float | None) -> str:
    return "?" if value is None else f"{value:.0%}"
