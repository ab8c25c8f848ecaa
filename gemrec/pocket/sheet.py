"""Contact sheets: every member against a set of prompts, as one labelled picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gemrec.pocket.family import Family

SHEET_PROMPTS = (
    "a cat face on a blue background",
    "a rocket on a pink background",
    "a castle on a yellow background",
    "a strawberry on a green background",
    "a panda on a purple background",
    "a hamburger on a white background",
    "a guitar on a black background",
    "a volcano on a teal background",
    "an owl on an orange background",
    "a sunflower on a blue background",
    "a robot on a red background",
    "a penguin and a gift on a pink background",
)
"""What the README's sheet asks every member for."""

SHEET_MEMBERS = (
    "pocket-base",
    "pocket-swift",
    "pocket-early",
    "pocket-watercolor",
    "pocket-pixel-art",
    "pocket-neon",
    "pocket-pencil-sketch",
    "pocket-comic",
    "pocket-mosaic",
    "pocket-noir",
    "pocket-blueprint",
    "pocket-pop-art",
)
"""Members on the README's sheet, top to bottom."""

MARGIN, LABEL, GAP = 12, 150, 4


def contact_sheet(rows: dict[str, NDArray[np.uint8]], columns: Sequence[str]) -> Image.Image:
    """Lay pictures out in labelled rows.

    Args:
        rows: Label of each row and its pictures, ``(columns, height, width, 3)``.
        columns: Label of each column.
    """
    height, width = next(iter(rows.values())).shape[1:3]
    top = MARGIN + 40
    size = (
        MARGIN + LABEL + len(columns) * (width + GAP) + MARGIN,
        top + len(rows) * (height + GAP) + MARGIN,
    )
    sheet = Image.new("RGB", size, (250, 249, 246))
    pen = ImageDraw.Draw(sheet)
    font, small = ImageFont.load_default(16), ImageFont.load_default(12)
    for column, label in enumerate(columns):
        left = MARGIN + LABEL + column * (width + GAP)
        pen.text((left + width / 2, top - 8), label, (90, 90, 96), small, "md", align="center")
    for row, (label, pictures) in enumerate(rows.items()):
        y = top + row * (height + GAP)
        pen.text((MARGIN, y + height / 2), label, (30, 30, 36), font, "lm")
        for column, picture in enumerate(pictures):
            x = MARGIN + LABEL + column * (width + GAP)
            sheet.paste(Image.fromarray(picture), (x, y))
    return sheet


def column_label(prompt: str) -> str:
    """Return a prompt short enough for a column: its nouns above its background."""
    thing, _, ground = prompt.partition(" on ")
    for article in ("a ", "an "):
        thing = thing.removeprefix(article)
    colour = ground.removeprefix("an ").removeprefix("a ").removesuffix(" background")
    return f"{thing.replace(' and a ', ' and ')}\non {colour}" if colour else thing


def write_sheet(
    family: Family,
    path: Path,
    *,
    members: Sequence[str] = SHEET_MEMBERS,
    prompts: Sequence[str] = SHEET_PROMPTS,
    seed: int = 3,
) -> None:
    """Draw every member's answer to every prompt, same seed in a column, and write a WebP.

    Args:
        family: The family.
        path: Where to write.
        members: Catalog ids; those that the family lacks are left out.
        prompts: What to ask for.
        seed: Seed of the first column; the next columns count on.
    """
    seeds = [seed + column for column in range(len(prompts))]
    rows = {
        family.members[member].name: family.generate(member, prompts, seeds)
        for member in members
        if member in family.members
    }
    sheet = contact_sheet(rows, [column_label(prompt) for prompt in prompts])
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, quality=86, method=6)
