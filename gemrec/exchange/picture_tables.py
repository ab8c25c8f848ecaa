"""Tables with pictures: all images, and votes as training data."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from gemrec.errors import GemrecError
from gemrec.exchange.tables import Column, Columns, Piece
from gemrec.images import ImageFiles
from gemrec.records import ranked_pairs
from gemrec.store import Store
from gemrec.store.exports import ShownImage, Wanted

IMAGE_COLUMNS: Final[Columns] = (
    Column("image", "image", "the picture, WebP without metadata"),
    Column("digest", "text", "SHA-256 of the file; names the picture in the votes"),
    Column("model", "text", "who made it"),
    Column("prompt", "text", "what it shows"),
    Column("category", "text", "topic of the prompt"),
    Column("seed", "whole", "seed of its noise"),
    Column("parameters", "text", "JSON of the generation parameters"),
    Column("parameters_digest", "text", "names the parameters"),
    Column("width", "whole", "pixels"),
    Column("height", "whole", "pixels"),
    Column("seconds", "number", "time it took; none for imported ones"),
    Column("created_at", "text", "when, ISO 8601 in UTC"),
)
PICK_A_PIC_COLUMNS: Final[Columns] = (
    Column("are_different", "yes", "whether the two pictures differ"),
    Column("best_image_uid", "text", "the preferred picture; `tie` for a tie of any kind"),
    Column("caption", "text", "the prompt"),
    Column("created_at", "text", "when it was said"),
    Column("has_label", "yes", "always true here: skips are left out"),
    Column("image_0_uid", "text", "SHA-256 of the first picture"),
    Column("image_0_url", "text", "empty: the bytes are in jpg_0"),
    Column("image_1_uid", "text", "SHA-256 of the second picture"),
    Column("image_1_url", "text", "empty: the bytes are in jpg_1"),
    Column("jpg_0", "bytes", "the first picture as JPEG"),
    Column("jpg_1", "bytes", "the second picture as JPEG"),
    Column("label_0", "number", "1 when the first grid won, 0.5 for a tie of any kind"),
    Column("label_1", "number", "1 when the second grid won"),
    Column("model_0", "text", "model of the first picture"),
    Column("model_1", "text", "model of the second picture"),
    Column("ranking_id", "whole", "the vote; its pairs of pictures share it"),
    Column("user_id", "whole", "pseudonym of the person as a number"),
    Column("num_example_per_prompt", "whole", "rows of this vote, to weigh each by one over it"),
    Column("__index_level_0__", "whole", "number of the row"),
)
DPO_COLUMNS: Final[Columns] = (
    Column("prompt", "text", "what both sides were asked for"),
    Column("chosen", "image", "a picture of the preferred side"),
    Column("rejected", "image", "the picture at the same place of the other side"),
    Column("chosen_model", "text", "who made the chosen one"),
    Column("rejected_model", "text", "who made the rejected one"),
    Column("annotator", "text", "pseudonym of the person"),
    Column("vote", "text", "the battle; its pairs of pictures share it"),
    Column("weight", "number", "one over the number of pairs of this vote"),
)
_QUALITY: Final = 95
_ROWS_AT_ONCE: Final = 64  # pictures are large


def image_pieces(store: Store, files: ImageFiles, wanted: Wanted) -> Iterator[Piece]:
    """Rows of :data:`IMAGE_COLUMNS`; a file that is missing is an empty picture."""
    rows = store.exports.images(wanted)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        yield {
            "image": [read_file(files, row["digest"]) for row in some],
            "model": [row["model_id"] for row in some],
            "parameters": [row["parameters_json"] for row in some],
            "parameters_digest": [row["parameters"] for row in some],
            **{
                name: [row[name] for row in some]
                for name in ("digest", "prompt", "category", "seed", "width", "height", "seconds")
            },
            "created_at": [row["created_at"] for row in some],
        }


def read_file(files: ImageFiles, digest: str) -> bytes | None:
    """The bytes of an image file, or None when it is missing."""
    try:
        return files.path(digest).read_bytes()
    except OSError:
        return None


def pick_a_pic_pieces(
    store: Store, files: ImageFiles, wanted: Wanted, pseudonym: Callable[[str], str]
) -> Iterator[Piece]:
    """Rows of :data:`PICK_A_PIC_COLUMNS`: a vote on two grids as pairs of their pictures."""
    number = 0
    for vote in _judged(store, wanted):
        labels = {"left": (1.0, 0.0), "right": (0.0, 1.0)}.get(vote["outcome"], (0.5, 0.5))
        rows = []
        for first, second in vote["pairs"]:
            best = {1.0: first.digest, 0.0: second.digest}.get(labels[0], "tie")
            rows.append(
                {
                    "are_different": first.digest != second.digest,
                    "best_image_uid": best,
                    "caption": vote["prompt"],
                    "created_at": vote["created_at"],
                    "has_label": True,
                    "image_0_uid": first.digest,
                    "image_0_url": "",
                    "image_1_uid": second.digest,
                    "image_1_url": "",
                    "jpg_0": _jpeg(files, first.digest),
                    "jpg_1": _jpeg(files, second.digest),
                    "label_0": labels[0],
                    "label_1": labels[1],
                    "model_0": vote["model_a"],
                    "model_1": vote["model_b"],
                    "ranking_id": vote["event_id"],
                    "user_id": int(pseudonym(vote["annotator"])[1:16], 16),
                    "num_example_per_prompt": len(vote["pairs"]),
                    "__index_level_0__": number,
                }
            )
            number += 1
        if rows:
            yield _columns(rows)


def dpo_pieces(
    store: Store, files: ImageFiles, wanted: Wanted, pseudonym: Callable[[str], str]
) -> Iterator[Piece]:
    """Rows of :data:`DPO_COLUMNS`: only votes that prefer one side."""
    for vote in _judged(store, wanted):
        if vote["outcome"] not in ("left", "right"):
            continue
        turned = vote["outcome"] == "right"
        models = (vote["model_a"], vote["model_b"])
        rows = [
            {
                "prompt": vote["prompt"],
                "chosen": read_file(files, pair[turned].digest),
                "rejected": read_file(files, pair[not turned].digest),
                "chosen_model": models[turned],
                "rejected_model": models[not turned],
                "annotator": pseudonym(vote["annotator"]),
                "vote": vote["battle_id"],
                "weight": 1 / len(vote["pairs"]),
            }
            for pair in vote["pairs"]
        ]
        if rows:
            yield _columns(rows)


def _judged(store: Store, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Votes that stand and say something about two sides whose pictures are here, rankings as pairs."""
    for rows in store.exports.events(wanted, standing_only=True):
        shown = store.exports.shown([row["battle_id"] for row in rows])
        for row in rows:
            images = shown.get(row["battle_id"])
            if images is None or row["outcome"] in (None, "skip"):
                continue
            vote = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row, no mapping
            if row["outcome"] != "ranking":
                yield vote | {"pairs": _pairs(images, 0, 1)}
                continue
            yield from _ranked(vote, images)


def _ranked(vote: dict[str, Any], images: Sequence[ShownImage]) -> Iterator[dict[str, Any]]:
    models = json.loads(vote["models"])
    for pair in ranked_pairs(json.loads(vote["ranking"]), models):
        better, worse = pair.models
        yield vote | {
            "model_a": better,
            "model_b": worse,
            "outcome": str(pair.outcome),
            "pairs": _pairs(images, *pair.sides),
        }


def _pairs(
    images: Sequence[ShownImage], first: int, second: int
) -> list[tuple[ShownImage, ShownImage]]:
    left = {image.position: image for image in images if image.side == first}
    right = {image.position: image for image in images if image.side == second}
    return [(left[place], right[place]) for place in sorted(left.keys() & right.keys())]


def _jpeg(files: ImageFiles, digest: str) -> bytes | None:
    try:
        picture = files.open(digest)
    except GemrecError:
        return None
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _columns(rows: Sequence[dict[str, Any]]) -> Piece:
    return {name: [row[name] for row in rows] for name in rows[0]}
