"""The recipe's command line: ``python -m gemrec.pocket train`` and ``evaluate``."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from gemrec.errors import GemrecError
from gemrec.pocket.adopt import adopt as seed_folder
from gemrec.pocket.cards import write_cards
from gemrec.pocket.evaluate import all_figures
from gemrec.pocket.family import ASSETS, Family
from gemrec.pocket.recipe import Run, Stage
from gemrec.pocket.recipe import publish as copy_models
from gemrec.pocket.recipe import train as run_training
from gemrec.pocket.sheet import write_sheet
from gemrec.pocket.world import font_path

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Train and measure the pocket models."
)


@app.command()
def train(
    stage: Annotated[Stage, typer.Option(help="What to train.")],
    out: Annotated[Path, typer.Option(help="Working folder; run again with it to go on.")],
    minutes: Annotated[float | None, typer.Option(help="Budget; usual one if left out.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    threads: Annotated[int, typer.Option(help="CPU threads; two are rarely faster.")] = 1,
    workers: Annotated[int, typer.Option(help="Processes that train the base together.")] = 1,
    rate: Annotated[float, typer.Option(help="Learning rate, relative; 0.3 to go on.")] = 1.0,
    freeze_text: Annotated[
        bool, typer.Option("--freeze-text", help="Train the base's UNet alone.")
    ] = False,
) -> None:
    """Train one stage of the family, or all of it."""
    import torch

    torch.set_num_threads(threads)
    font_path()
    run_training(stage, Run(out, minutes, seed, device, workers, rate, freeze_text))


@app.command()
def adopt(
    out: Annotated[Path, typer.Option(help="Working folder to seed.")],
    assets: Annotated[Path, typer.Option(help="Folder with models.toml.")] = ASSETS,
) -> None:
    """Seed a working folder from published models, to train single parts of the family on."""
    seed_folder(assets, out)


@app.command()
def publish(
    out: Annotated[Path, typer.Option(help="Working folder of the training.")],
    assets: Annotated[Path, typer.Option(help="Folder with models.toml.")] = ASSETS,
) -> None:
    """Copy finished models from the working folder to the assets."""
    sys.stdout.write("\n".join(copy_models(out, assets)) + "\n")


@app.command()
def evaluate(
    assets: Annotated[Path, typer.Option(help="Folder with models.toml.")] = ASSETS,
    out: Annotated[Path | None, typer.Option(help="Where contact sheets go.")] = None,
    samples: Annotated[int | None, typer.Option(help="Pictures; one for each noun.")] = None,
    cards: Annotated[bool, typer.Option(help="Write the model cards anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on one line.")] = False,
) -> None:
    """Print the family's figures as JSON and write its contact sheet."""
    font_path()
    figures = all_figures(assets, samples=samples)
    if out is not None:
        write_sheet(Family(assets), out / "contact-sheet.webp")
    if cards:
        write_cards(assets, figures)
    sys.stdout.write(json.dumps(figures, indent=None if as_json else 2) + "\n")


def main() -> None:
    """Run the command line; wrong input is one line on stderr and exit code 2."""
    try:
        app()
    except GemrecError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
