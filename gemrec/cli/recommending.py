"""The command that recommends models and images."""

from pathlib import Path
from typing import Annotated

import typer
from PIL import Image as PILImage
from PIL import UnidentifiedImageError

from gemrec.cli import tables
from gemrec.cli.opening import open_services
from gemrec.cli.options import AsJson, Db, PromptText, whole_number
from gemrec.cli.output import answer, tell
from gemrec.cli.people import known_annotator
from gemrec.documents import recommendation_document
from gemrec.errors import InputError
from gemrec.records import TasteSettings
from gemrec.retrieval import Filters
from gemrec.services import MOST_MODELS, Services

ENCODER_SECONDS = 60.0  # nobody warmed it up for a single command

Limit = typer.Option(metavar="N", min=0.0)


def recommend(
    prompt: PromptText,
    annotator: Annotated[
        str | None, typer.Option(metavar="NAME", help="For whom; without it, for everybody.")
    ] = None,
    k: Annotated[
        int,
        typer.Option(
            metavar="K", parser=whole_number(1, MOST_MODELS), help="How many models, 1 to 50."
        ),
    ] = 5,
    words: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="What else counts, such as “more colourful, less cartoon”."
        ),
    ] = None,
    like: Annotated[
        Path | None, typer.Option(metavar="IMAGE", help="An example picture; more like this.")
    ] = None,
    licence: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only models with this licence; may be repeated."),
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(metavar="N", min=0.0, help="Most seconds per image.")
    ] = None,
    max_vram: Annotated[
        float | None, typer.Option(metavar="GIB", min=0.0, help="Most GPU memory.")
    ] = None,
    max_usd: Annotated[
        float | None, typer.Option(metavar="USD", min=0.0, help="Most US dollars per image.")
    ] = None,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", metavar="", help="Offer models not safe for everybody too.")
    ] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Rank models and images for one prompt and one person's taste.

    Words and an example count for this answer alone; what the person has set on the page stays.
    """
    filters = Filters(frozenset(licence or ()), max_seconds, max_vram, max_usd, unsafe)
    picture = None if like is None else _opened(like)
    with open_services(db) as services:
        if words is not None or picture is not None:
            # Wishes are compared with pictures, which the page embeds as they come.
            services.embeddings.image_vectors(services.store.images.all())
        services.refresher.load()
        annotator_id = known_annotator(services, annotator)
        settings = _settings(services, annotator_id, words, picture)
        found = services.recommend(
            annotator_id, prompt, k, ENCODER_SECONDS, filters=filters, settings=settings
        )
        if found.unheard:
            tell(
                "Some wishes change nothing: the pictures made so far do not differ enough in them."
            )
        document = recommendation_document(
            found, lambda image: services.images.path(image.digest).as_uri()
        )
        answer(document, as_json, tables.recommendation)


def _settings(
    services: Services, annotator_id: str | None, words: str | None, picture: PILImage.Image | None
) -> TasteSettings:
    """What the person has set, and what is wished for this once."""
    settings = services.recommender.settings(annotator_id)
    if words is not None:
        wished = services.recommender.understand(words)
        settings = settings.with_wishes(*wished.added)
        for wish in wished.unknown:
            tell(f"--words: the encoder does not know {wish.what!r}; it does not count.")
    if picture is not None:
        settings = settings.with_wishes(services.recommender.understand_picture(picture))
    return settings


def _opened(path: Path) -> PILImage.Image:
    try:
        picture = PILImage.open(path)
        picture.load()
    except (OSError, UnidentifiedImageError, PILImage.DecompressionBombError) as error:
        raise InputError(f"--like: got {str(path)!r}; allowed: an image file ({error})") from error
    return picture
