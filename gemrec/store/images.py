"""Generated images: which model made them, for which prompt, from which seed."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gemrec.records import Image, Prompt
from gemrec.store.connection import Database
from gemrec.store.prompts import prompt_row
from gemrec.store.rows import to_moment, to_text

if TYPE_CHECKING:
    import pandas as pd

_SELECT = (
    "SELECT image.*, prompt.text, prompt.category FROM image JOIN prompt ON prompt.id = prompt_id "
)


@dataclass(frozen=True, slots=True)
class ImageKey:
    """The little that is needed of an image to find it among many."""

    id: int
    model_id: str
    prompt: str
    category: str


class Images:
    """The ``image`` table; an image's file is stored before its row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self, model_id: str, prompt: Prompt | str, seeds: Sequence[int], parameters: str
    ) -> dict[int, Image]:
        """Return the images that exist already, by seed.

        A picture depends on the prompt's text alone, so one made under another category counts
        too; one of the asked category wins.

        Args:
            model_id: Who made them.
            prompt: The prompt, or its text.
            seeds: Seeds that are wanted.
            parameters: Digest of the generation parameters.
        """
        text, category = (prompt, "") if isinstance(prompt, str) else (prompt.text, prompt.category)
        with self._database.connect() as connection:
            rows = connection.execute(
                _SELECT + "WHERE prompt.text = ? AND model_id = ? AND parameters = ? "
                "ORDER BY prompt.category = ?, image.id DESC",
                (text, model_id, parameters, category),
            ).fetchall()
        wanted = set(seeds)
        return {row["seed"]: _image(row) for row in rows if row["seed"] in wanted}

    def add(
        self,
        *,
        digest: str,
        model_id: str,
        prompt: Prompt,
        seed: int,
        parameters: str,
        parameters_json: str,
        width: int,
        height: int,
        seconds: float | None,
        now: datetime,
    ) -> Image:
        """Add an image whose file is already stored.

        The same model, prompt, seed and parameters give back the row that is there.

        Args:
            digest: SHA-256 of the file, its name in the image store.
            model_id: Who made it; must be known to the ``models`` table.
            prompt: What it shows.
            seed: Seed of its noise.
            parameters: Digest of the generation parameters.
            parameters_json: The generation parameters themselves.
            width: Pixels.
            height: Pixels.
            seconds: Time it took; None when unknown.
            now: Time of creation.

        Raises:
            StoreError: The model is unknown to the database.
        """
        with self._database.transaction() as connection:
            prompt_id = prompt_row(connection, prompt)
            key = (prompt_id, model_id, parameters, seed)
            connection.execute(
                "INSERT INTO image (prompt_id, model_id, parameters, seed, digest, "
                "parameters_json, width, height, seconds, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (prompt_id, model_id, parameters, seed) DO NOTHING",
                (*key, digest, parameters_json, width, height, seconds, to_text(now)),
            )
            row = connection.execute(
                _SELECT + "WHERE prompt_id = ? AND model_id = ? AND parameters = ? AND seed = ?",
                key,
            ).fetchone()
            return _image(row)

    def get(self, image_id: int) -> Image | None:
        """Return one image, or None."""
        found = self._select(_SELECT + "WHERE image.id = ?", image_id)
        return found[0] if found else None

    def for_prompt(self, prompt: Prompt | str) -> tuple[Image, ...]:
        """Return every image of this prompt text, whatever the category, oldest first."""
        text = prompt if isinstance(prompt, str) else prompt.text
        return self._select(_SELECT + "WHERE prompt.text = ? ORDER BY image.id", text)

    def all(self) -> tuple[Image, ...]:
        """Return every image, oldest first."""
        return self.after(0)

    def after(self, image_id: int) -> tuple[Image, ...]:
        """Return the images added after this one, oldest first."""
        return self._select(_SELECT + "WHERE image.id > ? ORDER BY image.id", image_id)

    def by_ids(self, image_ids: Sequence[int]) -> dict[int, Image]:
        """Return the images with these ids that there are, by id."""
        found = self._select(
            _SELECT + "WHERE image.id IN (SELECT value FROM json_each(?))",  # noqa: S608 - a constant
            json.dumps(list(image_ids)),
        )
        return {image.id: image for image in found}

    def digests(self, image_ids: Sequence[int]) -> list[str]:
        """Return the digest of each of these images, in their order; empty where there is none."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT id, digest FROM image WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(image_ids)),),
            )
            found = dict(tuple(row) for row in rows)
        return [found.get(image_id, "") for image_id in image_ids]

    def keys_after(self, image_id: int) -> tuple[ImageKey, ...]:
        """Return the keys of the images added after this one, oldest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT image.id, model_id, text, category FROM image "
                "JOIN prompt ON prompt.id = prompt_id WHERE image.id > ? ORDER BY image.id",
                (image_id,),
            )
            return tuple(ImageKey(*row) for row in rows)

    def last_id(self) -> int:
        """Return the row number of the newest image, 0 when there is none."""
        with self._database.connect() as connection:
            return int(connection.execute("SELECT ifnull(max(id), 0) FROM image").fetchone()[0])

    def recent_prompts(self, limit: int) -> tuple[Prompt, ...]:
        """Return the prompts that images were last made for, newest first."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT text, category FROM prompt JOIN "
                "(SELECT prompt_id, max(id) AS newest FROM image GROUP BY prompt_id) "
                "ON prompt_id = prompt.id ORDER BY newest DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return tuple(Prompt(row["text"], row["category"]) for row in rows)

    def seconds_by_model(self) -> dict[str, float]:
        """Return the median time that each model's images took, in seconds, where it is known."""
        with self._database.connect() as connection:
            rows = connection.execute(
                "SELECT model_id, avg(seconds) AS middle FROM ("
                "SELECT model_id, seconds, count(*) OVER (PARTITION BY model_id) AS size, "
                "row_number() OVER (PARTITION BY model_id ORDER BY seconds) AS place "
                "FROM image WHERE seconds IS NOT NULL) "
                "WHERE place IN ((size + 1) / 2, (size + 2) / 2) GROUP BY model_id"
            ).fetchall()
        return {row["model_id"]: row["middle"] for row in rows}

    def frame(self) -> "pd.DataFrame":
        """Return every image as a table: one column per field of :class:`Image`, plus JSON."""
        from gemrec.store.frames import read_frame  # noqa: PLC0415 - pandas is slow to import

        return read_frame(
            self._database,
            "SELECT image.id, digest, model_id, prompt.text AS prompt, category, seed, parameters, "
            "parameters_json, width, height, seconds, created_at "
            "FROM image JOIN prompt ON prompt.id = prompt_id ORDER BY image.id",
            times=("created_at",),
        )

    def _select(self, sql: str, *values: object) -> tuple[Image, ...]:
        with self._database.connect() as connection:
            rows = connection.execute(sql, values).fetchall()
        return tuple(_image(row) for row in rows)


def _image(row: sqlite3.Row) -> Image:
    return Image(
        id=row["id"],
        digest=row["digest"],
        model_id=row["model_id"],
        prompt=row["text"],
        category=row["category"],
        seed=row["seed"],
        parameters=row["parameters"],
        width=row["width"],
        height=row["height"],
        seconds=row["seconds"],
        created_at=to_moment(row["created_at"]),
    )
