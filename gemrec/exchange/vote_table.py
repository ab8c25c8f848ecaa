"""Votes as a table: the trail of events, or what stands of them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from gemrec import __version__
from gemrec.exchange.tables import Column, Columns, Piece
from gemrec.store import Store
from gemrec.store.exports import EventRow, ShownImage, Wanted

VOTE_COLUMNS: Final[Columns] = (
    Column("annotator", "text", "pseudonym of the person, the same in every export of a database"),
    Column("prompt", "text", "what both sides were asked for"),
    Column("category", "text", "topic of the prompt"),
    Column("model_a", "text", "model on the left side"),
    Column("model_b", "text", "model on the right side"),
    Column("outcome", "text", "a, b, tie, both_good, both_bad, skip or ranking; none for an undo"),
    Column("created_at", "text", "when it was said, ISO 8601 in UTC"),
    Column("battle_id", "text", "the showing that was judged; events of one battle share it"),
    Column("event_id", "whole", "place in the trail of all events"),
    Column("kind", "text", "cast, edit or undo"),
    Column("step", "whole", "place in the battle's own chain of events, 0 for the cast"),
    Column("stands", "yes", "whether nothing later replaced it and it is no undo"),
    Column("models", "text", "JSON list of the models of a ranking, by side"),
    Column("ranking", "text", "JSON tiers of sides, best first; sides of a tier are tied"),
    Column("mode", "text", "blind, or named when the models were known"),
    Column("form", "text", "pair, king or ranking"),
    Column("campaign", "text", "id of the study"),
    Column("seeds", "text", "JSON list: seed of image k on every side"),
    Column("policy", "text", "which sampler chose the models"),
    Column("propensity", "number", "probability with which it chose them"),
    Column("opened_at", "text", "when the battle was opened"),
    Column("dwell_ms", "whole", "milliseconds between showing and voting"),
    Column("zooms", "whole", "how often images were enlarged"),
    Column("reasons", "text", "JSON list of reasons that were given"),
    Column("best", "text", "JSON [side, place] of the single best image"),
    Column("skip_reason", "text", "why it was skipped"),
    Column("flags", "text", "JSON list of what looks odd about this person's votes"),
    Column("images", "text", "JSON list per side of the images' SHA-256 digests"),
    Column("parameters", "text", "JSON list per side of the generation parameters"),
    Column("app_version", "text", "version of gemrec that wrote the file"),
)
_OUTCOMES: Final = {"left": "a", "right": "b"}
_WRITTEN_HERE: Final = ("best", "flags", "images", "parameters", "app_version")
_FROM_STORE: Final = tuple(c.name for c in VOTE_COLUMNS if c.name not in _WRITTEN_HERE)

Flags = Mapping[str, Sequence[str]]


def vote_pieces(
    store: Store,
    wanted: Wanted,
    pseudonym: Callable[[str], str],
    flags: Flags,
    *,
    standing_only: bool,
    tell: Callable[[int], None] = lambda rows: None,  # noqa: ARG005
) -> Iterator[Piece]:
    """Rows of :data:`VOTE_COLUMNS`, oldest first.

    Args:
        store: Where the votes are.
        wanted: Which.
        pseudonym: Name of a person in exports.
        flags: What looks odd, by annotator id.
        standing_only: What stands, or the whole trail.
        tell: Told the number of rows of each piece.
    """
    said = {person: json.dumps(list(kinds)) for person, kinds in flags.items()}
    for rows in store.exports.events(wanted, standing_only=standing_only):
        tell(len(rows))
        piece = _piece(
            rows, store.exports.shown([row["battle_id"] for row in rows]), pseudonym, said
        )
        if standing_only:  # without its trail each vote is what was said first and last
            piece = {**piece, "kind": ["cast"] * len(rows), "step": [0] * len(rows)}
        yield piece


def _piece(
    rows: Sequence[EventRow],
    shown: Mapping[str, list[ShownImage]],
    pseudonym: Callable[[str], str],
    flags: Mapping[str, str],
) -> Piece:
    names = rows[0].keys()
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    piece: dict[str, Sequence[Any]] = {name: columns[name] for name in _FROM_STORE}
    sides = [shown.get(battle_id, []) for battle_id in columns["battle_id"]]
    piece["outcome"] = [_OUTCOMES.get(word, word) for word in columns["outcome"]]
    piece["annotator"] = [pseudonym(person) for person in columns["annotator"]]
    piece["flags"] = [flags.get(person, "[]") for person in columns["annotator"]]
    piece["best"] = [
        None if side is None else json.dumps([side, place])
        for side, place in zip(columns["best_side"], columns["best_position"], strict=True)
    ]
    piece["images"] = [_by_side(images, "digest") for images in sides]
    piece["parameters"] = [_by_side(images, "parameters") for images in sides]
    piece["app_version"] = [__version__] * len(rows)
    return piece


def _by_side(images: Sequence[ShownImage], what: str) -> str | None:
    """Per side its digests, or the parameters that its images share."""
    if not images:
        return None
    count = max(image.side for image in images) + 1
    sides: list[list[str]] = [[] for _ in range(count)]
    for image in images:
        sides[image.side].append(getattr(image, what))
    if what == "parameters":
        return json.dumps([json.loads(side[0]) if side else None for side in sides])
    return json.dumps(sides)
