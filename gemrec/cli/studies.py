"""Commands for studies: how well votes are foretold, and how well simulated people are served."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from gemrec.cli.opening import open_services
from gemrec.cli.options import AsJson, whole_number
from gemrec.cli.output import answer
from gemrec.documents import Document
from gemrec.errors import InputError
from gemrec.evaluation import (
    POLICIES,
    TASTES,
    compare_methods,
    read_items,
    read_recording,
    read_votes,
    replay,
    simulate,
)
from gemrec.evaluation.plots import check_plot_path, save_plot

PlotFile = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Save a plot too: .png, .svg or .html."),
]


def evaluate(
    votes: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Votes to learn from: model_a, model_b, outcome; annotator, prompt and category "
            "where known.",
        ),
    ] = None,
    test: Annotated[Path | None, typer.Option(metavar="CSV", help="Votes to foretell.")] = None,
    items: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Features: model and numeric columns; downloads and category where known.",
        ),
    ] = None,
    replay_db: Annotated[
        Path | None,
        typer.Option(
            "--replay",
            metavar="FILE",
            help="Instead of votes and a test: a database, whose votes are foretold in the order in "
            "which they were cast and weighed as if pairs had been drawn at random.",
        ),
    ] = None,
    plot: PlotFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare ways to foretell held-out votes: chance, popularity, one board, one person, gemrec."""
    _check(plot)
    if replay_db is not None:
        if votes or test or items:
            raise InputError(
                "--replay: got --votes, --test or --items too; allowed: --replay alone"
            )
        _tell(_replayed(replay_db), plot, as_json)
        return
    if votes is None or test is None:
        raise InputError("got no votes; allowed: --votes and --test, or --replay alone")
    known = None if items is None else read_items(items)
    rows = compare_methods(read_votes(votes), read_votes(test), known)
    _tell(_document(rows), plot, as_json)


def _replayed(db: Path) -> Document:
    """Replay a database; one row per method, each estimate with its interval."""
    if not db.is_file():
        raise InputError(f"--replay: got {str(db)!r}; allowed: the SQLite file of a GEMRec")
    with open_services(db) as services:
        features = services.refresher.load().features
        downloads = {m.id: float(m.downloads) for m in services.catalog.models.values()}
        recording = read_recording(services.store, downloads, features)
    rows = []
    for row in replay(recording, np.random.default_rng(0)):
        cells: dict[str, object] = {"method": row.method}
        for name in ("accuracy", "logloss", "win_rate"):
            told = getattr(row, name)
            if told is None:
                continue
            cells |= {name: told.value, f"{name}_low": told.low, f"{name}_high": told.high}
            cells |= {f"{name}_n": told.n, f"{name}_effective_n": told.effective_n}
        rows.append({k: round(v, 6) if isinstance(v, float) else v for k, v in cells.items()})
    return {"rows": rows}


def simulate_people(
    world: Annotated[
        str,
        typer.Option(metavar="low|mid|high", help="How much of what people think is taste."),
    ] = "mid",
    people: Annotated[
        int, typer.Option(metavar="N", parser=whole_number(1, 1000), help="People, 1 to 1000.")
    ] = 100,
    interactions: Annotated[
        int,
        typer.Option(metavar="N", parser=whole_number(1, 200), help="Votes of each, 1 to 200."),
    ] = 30,
    policy: Annotated[
        str,
        typer.Option(
            metavar="random|pairs|slate",
            help="What is shown: random pairs, or the best of two or four posterior draws.",
        ),
    ] = "slate",
    newcomers: Annotated[
        int,
        typer.Option(
            metavar="N",
            parser=whole_number(0, 1000),
            help="People who join when all others have voted, 0 to 1000; measured apart.",
        ),
    ] = 15,
    seed: Annotated[
        int, typer.Option(metavar="S", parser=whole_number(0, 2**32 - 1), help="Of the world.")
    ] = 0,
    plot: PlotFile = None,
    as_json: AsJson = False,
) -> None:
    """Let simulated people vote, and measure how well they are served on new prompts."""
    _one_of("world", world, TASTES)
    _one_of("policy", policy, POLICIES)
    _check(plot)
    rows = simulate(world, people, interactions, policy, np.random.default_rng(seed), newcomers)
    _tell(_document(rows), plot, as_json)


def _check(plot: Path | None) -> None:
    if plot is not None:
        check_plot_path(plot)


def _tell(document: Document, plot: Path | None, as_json: bool) -> None:
    """Save the plot that was asked for, and print the rows."""
    if plot is not None:
        save_plot(document["rows"], plot)
    answer(document, as_json, _render)


def _one_of(name: str, got: str, allowed: Collection[str]) -> None:
    if got not in allowed:
        raise InputError(f"{name}: got {got!r}; allowed: {', '.join(allowed)}")


def _document(rows: Sequence[Any]) -> Document:
    """Frozen rows as the objects of a document, without those that say nothing."""
    kept = ({k: v for k, v in asdict(row).items() if v is not None} for row in rows)
    return {
        "rows": [
            {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()} for row in kept
        ]
    }


def _render(document: Document) -> Table:
    rows = document["rows"]
    columns = list(rows[0]) if rows else []
    table = Table(*(column.replace("_", " ") for column in columns))
    for row in rows:
        table.add_row(*(f"{v:.4f}" if isinstance(v, float) else str(v) for v in row.values()))
    return table
