"""Model cards: what each member is good and bad at, how it was made, and its measured figures."""

from pathlib import Path
from typing import Any

from gemrec.pocket.adapters import RANK
from gemrec.pocket.family import Member, read_members
from gemrec.pocket.training import folder_megabytes
from gemrec.pocket.variants import EARLY_RANK, SWIFT_RANK, SWIFT_STEPS, TEACHER_STEPS
from gemrec.pocket.wording import TEXT_RANK
from gemrec.pocket.world import BACKGROUNDS, nouns

NOTICE = (
    "Weights: Apache-2.0. The training pictures were drawn from the glyphs of Noto Color Emoji "
    "(Debian's `fonts-noto-color-emoji`): the artwork is Apache-2.0, the font OFL-1.1, both by "
    "Google. No other pictures were used."
)

LIMITS = (
    f"It knows {len(nouns())} nouns, {len(BACKGROUNDS)} backgrounds and a dozen styles, nothing "
    "else: no counting, no places but side by side, no other colours of things, no text. "
    "`gemrec.pocket.vocabulary.unknown_words` names the words of a prompt that it does not know."
)

NOTES: dict[str, tuple[str, str, str]] = {
    "pocket-base": (
        "one thing, big, on a background of a named colour, plain or in a style that the prompt "
        "names",
        "pairs of things, fine detail such as small faces and lettering",
        "Rectified flow in the latent space of a small codec; the text tower starts from "
        "pocket-clip's and is trained along. The shipped weights saw 254,000 pictures in 5,100 "
        "steps, an hour on two CPU cores.",
    ),
    "pocket-early": (
        "being a weaker model to compare with: backgrounds and rough colours",
        "shapes: most things are blobs",
        f"The base's averaged weights at 18% of its training, kept as the rank-{EARLY_RANK} part "
        "of their difference from the final weights.",
    ),
    "pocket-swift": (
        f"speed: {SWIFT_STEPS} steps without guidance",
        "variety and fine detail; rare nouns",
        f"Reflow: a rank-{SWIFT_RANK} adapter trained on pairs of noise and the picture that the "
        f"guided base makes of it in {TEACHER_STEPS} steps.",
    ),
    "pocket-animals": (
        "single animals",
        "anything that is no animal comes out as the base draws it, or a little worse",
        f"A rank-{RANK} adapter trained on plain pictures of single animals.",
    ),
    "pocket-food": (
        "single dishes, sweets and drinks",
        "anything that is no food comes out as the base draws it, or a little worse",
        f"A rank-{RANK} adapter trained on plain pictures of single foods.",
    ),
}
"""Good at, bad at and how it was made, by catalog id; styled members share one text."""


def notes_of(member: Member) -> tuple[str, str, str]:
    """Return what a member is good at, bad at, and how it was made."""
    if member.id in NOTES:
        return NOTES[member.id]
    return (
        f"every prompt in the style {member.style}, without naming the style",
        "plain pictures; a second style named in the prompt; true background colours where the "
        "style changes them",
        f"A rank-{TEXT_RANK} adapter of the text tower that hears the style in every prompt: it "
        "reads a plain prompt as the base reads the same prompt with the style named.",
    )


def figures_of(member: Member, figures: dict[str, Any]) -> list[str]:
    """Return a member's measured figures as list items."""
    lines = [f"size: {folder_megabytes(member.folder):.2f} MB"]
    prompts = figures["prompts"].get(member.id)
    if prompts:
        lines += [
            f"right noun first (pocket-clip over {len(nouns())} nouns, {prompts['pictures']} "
            f"fresh seeds): {prompts['top1']:.1%}; among the first five: {prompts['top5']:.1%}",
            f"background colour right: {prompts['background']:.1%}",
        ]
    style = figures["styles"]["by_model"].get(member.id)
    if style is not None:
        lines.append(
            f"pictures that a judge trained on renderings assigns to the style: {style:.0%}"
        )
    if not member.is_adapter:
        speed = figures["speed"]
        lines += [
            f"codec on held-out pictures: {figures['vae']['psnr_db']:.2f} dB",
            f"grid of four, {speed['threads']} CPU threads: {speed['grid_of_four_s']:.2f} s; "
            f"load: {speed['load_base_s']:.2f} s",
        ]
    return lines


def card(member: Member, figures: dict[str, Any]) -> str:
    """Return one member's card in Markdown.

    Args:
        member: The member.
        figures: What `gemrec.pocket.evaluate.all_figures` returned.
    """
    good, bad, made = notes_of(member)
    listed = "\n".join(f"- {line}" for line in figures_of(member, figures))
    return f"""---
license: apache-2.0
pipeline_tag: text-to-image
library_name: diffusers
---

# {member.name}

A member of GEMRec's pocket family, 128x128 pixels. Use {member.steps} steps and guidance
{member.guidance:g}.

**Good at** {good}.

**Bad at** {bad}.

{LIMITS}

## How it was trained

{made} Recipe: `python -m gemrec.pocket train --stage all --out DIR`.

## Measured

By `python -m gemrec.pocket evaluate`:

{listed}

## Licence

{NOTICE}
"""


def clip_card(figures: dict[str, Any], folder: Path) -> str:
    """Return pocket-clip's card in Markdown."""
    clip = figures["clip"]
    return f"""---
license: apache-2.0
library_name: open_clip
---

# pocket-clip

A small open_clip model of the picture world, {folder_megabytes(folder):.1f} MB:
`open_clip.create_model_and_transforms("local-dir:assets/pocket-clip")`.

**Good at** naming one plain thing among {len(nouns())} and telling styles and backgrounds apart.
**Bad at** naming things in styles that take their colours away, and at anything outside its world.

## How it was trained

On renderings only, contrastively on captions and by naming the nouns of each picture; it never
saw a generated picture. Recipe: `python -m gemrec.pocket train --stage clip --out DIR`.

## Measured

By `python -m gemrec.pocket evaluate`, on renderings of seeds that no training stage draws:

- right noun first, plain pictures: {clip["plain_top1"]:.1%}
- right noun first, one picture in four styled: {clip["mixed_top1"]:.1%}

## Licence

{NOTICE}
"""


def write_cards(assets: Path, figures: dict[str, Any]) -> None:
    """Write the card of every member and of pocket-clip."""
    for member in read_members(assets):
        (member.folder / "README.md").write_text(card(member, figures), "utf-8")
    folder = assets / "pocket-clip"
    (folder / "README.md").write_text(clip_card(figures, folder), "utf-8")
