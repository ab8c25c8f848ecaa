"""The commands, their options, and how errors become exit codes."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from gemrec.cli import doctor as checkup
from gemrec.cli import tables
from gemrec.cli.boards import leaderboard, rebuild
from gemrec.cli.building import build
from gemrec.cli.campaigns import campaign_app, forget
from gemrec.cli.exchanging import export, votes
from gemrec.cli.imports import import_app
from gemrec.cli.making import choose_models, export_images, make_images
from gemrec.cli.models import models_app
from gemrec.cli.opening import open_services, settings_for
from gemrec.cli.options import AsJson, Db, PromptText, whole_number
from gemrec.cli.output import answer, tell
from gemrec.cli.recommending import recommend
from gemrec.cli.scoring import score
from gemrec.cli.studies import evaluate, simulate_people
from gemrec.documents import (
    images_document,
    prompts_document,
)
from gemrec.errors import (
    CatalogError,
    GemrecError,
    GenerationError,
    InputError,
    SettingsError,
    StoreError,
)
from gemrec.pocket.vocabulary import unknown_words
from gemrec.records import Model

PROGRAM = "python -m gemrec"
WRONG_INPUT, FAILED, INTERRUPTED = 2, 1, 130
POCKET_TAG = "family:pocket"
MOST_IMAGES = 64
LAST_SEED = 2**31 - 1 - MOST_IMAGES
_WRONG = (InputError, CatalogError, SettingsError, StoreError)
_BAD_WORD = re.compile(
    r"Invalid value for '(?P<option>[^']+)': (?:Value error, )?(?P<got>(['\"]).*\3) "
    r"is not one of (?P<allowed>'.+')\.?"
)

app = typer.Typer(
    name=PROGRAM,
    add_completion=False,
    rich_markup_mode="rich",
    help="Compare image models blind, and learn which one suits whom.",
)


@app.callback(invoke_without_command=True)
def _start(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(0)


@app.command()
def generate(
    prompt: PromptText,
    models: Annotated[
        str, typer.Option(metavar="all|ID,ID", help="Model ids with commas between, or all.")
    ] = "all",
    images: Annotated[
        int,
        typer.Option(
            metavar="N", parser=whole_number(1, MOST_IMAGES), help="Images per model, 1 to 64."
        ),
    ] = 4,
    seed: Annotated[
        int,
        typer.Option(
            metavar="S",
            parser=whole_number(0, LAST_SEED),
            help="First seed; each further image takes the next one.",
        ),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Copy the images here; without it they stay in the store."
        ),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Make images of one prompt with some or all models."""
    with open_services(db) as services:
        asked = services.prompt(prompt)
        chosen = choose_models(services, models)
        _tell_unknown_words(asked.text, chosen)
        made = make_images(services, asked, chosen, range(seed, seed + images))
        files = export_images(services, made.images, out)
        document = images_document(made.images, lambda image: str(files[image.id]))
        answer(document, as_json, tables.images)
        if made.failures:
            raise GenerationError("; ".join(made.failures))


app.command()(build)
app.command()(leaderboard)


app.command()(recommend)
app.add_typer(models_app, name="models")


@app.command()
def prompts(
    category: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only prompts of this category.")
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """List the prompts that the dice can roll."""
    with open_services(db) as services:
        document = prompts_document(services.prompts_of(category))
        answer(document, as_json, tables.prompts)


app.command()(evaluate)
app.command("simulate")(simulate_people)
app.command()(rebuild)
app.add_typer(import_app)
import_app.command()(votes)
app.command()(export)
app.add_typer(campaign_app)
app.command()(forget)
app.command()(score)


@app.command()
def doctor(db: Db = None, as_json: AsJson = False) -> None:
    """Check database, images, models, prompts, disk and GPU, and say what to do."""
    checks = checkup.examine(settings_for(db))
    answer(checkup.report(checks), as_json, tables.checks)
    if not checkup.is_healthy(checks):
        raise typer.Exit(FAILED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: The words after the program's name; None takes them from the command line.
    """
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        result = app(words, prog_name=PROGRAM, standalone_mode=False)
    except TyperException as error:
        tell(_usage(error))
        return error.exit_code
    except GemrecError as error:
        tell(str(error))
        return WRONG_INPUT if isinstance(error, _WRONG) else FAILED
    except typer.Abort:
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def _usage(error: TyperException) -> str:
    """One line for a usage error; names the allowed words where the message does not."""
    message = " ".join(error.format_message().split())
    if bad := _BAD_WORD.fullmatch(message):
        allowed = bad["allowed"].replace("'", "")
        return f"{bad['option']}: got {bad['got']}; allowed: {allowed}"
    if message.startswith("No such command"):
        names = typer.main.get_command(app).commands  # type: ignore[attr-defined]
        message = f"{message.rstrip('.')}; allowed: {', '.join(names)}"
    if message.startswith(("Missing option", "Missing argument")):
        message = f"{message.rstrip('.')}: got nothing; give it a value, see --help"
    return message


def _tell_unknown_words(prompt: str, models: Sequence[Model]) -> None:
    """Say which words the pocket models have never seen."""
    if not any(POCKET_TAG in model.tags for model in models):
        return
    for unknown in unknown_words(prompt):
        near = f"; near words it knows: {', '.join(unknown.nearest)}" if unknown.nearest else ""
        tell(f"The pocket models do not know the word {unknown.word!r}{near}.")
