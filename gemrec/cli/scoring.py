"""``score``: the images of a prompt with every score."""

from typing import Annotated

import typer

from gemrec.cli import tables
from gemrec.cli.opening import open_services
from gemrec.cli.options import AsJson, Db, PromptText
from gemrec.cli.output import answer, tell
from gemrec.cli.people import known_annotator
from gemrec.documents import scores_document
from gemrec.errors import InputError
from gemrec.ranking import KINDS, Weights, read_weights

DEFAULTS = ",".join(f"{value:g}" for value in Weights().array())


def score(
    prompt: PromptText,
    annotator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose taste is the preference.")
    ] = None,
    weights: Annotated[
        str,
        typer.Option(
            metavar="W,W,W,W,W",
            help="Weights of prompt match, distinctiveness, popularity, safety and preference.",
        ),
    ] = DEFAULTS,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Measure the images of one prompt and put them in order of a weighted score."""
    wanted = parse_weights(weights)
    with open_services(db) as services:
        services.refresher.load()
        asked = services.prompt(prompt)
        annotator_id = known_annotator(services, annotator)
        found = services.gallery.score(asked.text, wanted, annotator_id)
        if all(scored.raw["safety"] is None for scored in found):
            tell("Safety is unknown: no safety checker has looked at these images.")
        document = scores_document(
            asked.text,
            wanted,
            found,
            lambda image: str(services.images.path(image.digest)),
        )
        answer(document, as_json, tables.scores)


def parse_weights(words: str) -> Weights:
    """Weights with commas between; those that are left out at the end keep their default.

    Raises:
        InputError: Too many, or not all numbers from 0 to 10.
    """
    parts = [word.strip() for word in words.split(",")]
    try:
        return read_weights(dict(zip(KINDS, map(float, parts), strict=len(parts) > len(KINDS))))
    except InputError:
        raise
    except ValueError as error:
        raise InputError(
            f"weights: got {words!r}; allowed: up to {len(KINDS)} numbers from 0 to 10 with commas "
            f"between, for {', '.join(KINDS)}"
        ) from error
