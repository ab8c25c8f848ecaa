"""What is done already: one line per finished grid, added only when its files are on the disk."""

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from gemrec.embedding.encoder import Vectors
from gemrec.errors import InputError, StoreError

NAME = "journal.jsonl"
LOCK = ".building"


@dataclass(frozen=True, slots=True)
class MadeImage:
    """One image of a data set.

    Attributes:
        seed: Of its noise.
        digest: SHA-256 of its file.
        width: Pixels.
        height: Pixels.
        size: Bytes of its file.
        seconds: That it took.
        prompt_match: 100 · cosine of image and prompt.
        vector: (d,) of the encoder, in half precision.
        safety: 0..1 of a safety checker, more is safer; None where none looked.
    """

    seed: int
    digest: str
    width: int
    height: int
    size: int
    seconds: float
    prompt_match: float
    vector: Vectors
    safety: float | None = None


class Journal:
    """The file ``journal.jsonl`` of one data set; one process writes it, see :meth:`lock`.

    A line is written and synchronised at once. What a crash leaves of a line is cut off when the
    journal is opened again, and the grid is made again.

    Args:
        folder: Of the data set.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def exists(self) -> bool:
        """Whether a build began here."""
        return self.path.is_file()

    def lock(self) -> IO[str]:
        """Keep other processes from building here until the answer is closed or this process ends.

        Raises:
            InputError: Another process builds here, or the folder cannot be made.
        """
        make_folder(self.path.parent)
        file = self.path.with_name(LOCK).open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise InputError(
                f"out: another build runs in {self.path.parent}; wait for it, or choose another folder"
            ) from error
        except OSError:
            pass  # a file system without locks, as some shared ones are
        return file

    def read(self) -> tuple[str, dict[str, tuple[MadeImage, ...]]]:
        """The digest of the plan, and the images of each finished task by its key.

        Raises:
            StoreError: The file is damaged in the middle, or is none of ours.
        """
        lines = list(self._lines())
        try:
            plan = str(lines[0]["plan"])
            done = {line["task"]: tuple(map(_image, line["images"])) for line in lines[1:]}
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise StoreError(
                f"{self.path} is no journal of a build ({error!r}); remove the folder and begin anew."
            ) from error
        return plan, done

    def begin(self, plan: str) -> None:
        """Start a new journal for a plan."""
        self._append({"plan": plan}, "w")

    def mend(self) -> None:
        """Cut off what a crash left of the last line."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with self.path.open("r+b") as file:
                file.truncate(whole)
                os.fsync(file.fileno())

    def add(self, task: str, images: Sequence[MadeImage]) -> None:
        """Note that a task is done; its files are on the disk already."""
        self._append({"task": task, "images": [_row(image) for image in images]}, "a")

    def _append(self, line: Mapping[str, Any], mode: str) -> None:
        try:
            with self.path.open(mode, encoding="utf-8") as file:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be written ({error.strerror}); free some space and go on with "
                "--resume."
            ) from error

    def _lines(self) -> Iterator[Any]:
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return  # torn by a crash
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise StoreError(
                        f"{self.path}, line {number}: is damaged; remove the line and go on with "
                        "--resume."
                    ) from error


def make_folder(folder: Path) -> None:
    """Make the folder of a data set.

    Raises:
        InputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"out: got {str(folder)!r}; allowed: a folder that can be made ({error.strerror})"
        ) from error


def _row(image: MadeImage) -> dict[str, Any]:
    vector = base64.b64encode(image.vector.astype("<f2").tobytes()).decode()
    return {
        "seed": image.seed,
        "digest": image.digest,
        "width": image.width,
        "height": image.height,
        "size": image.size,
        "seconds": round(image.seconds, 4),
        "prompt_match": round(image.prompt_match, 4),
        "vector": vector,
        "safety": None if image.safety is None else round(image.safety, 4),
    }


def _image(row: dict[str, Any]) -> MadeImage:
    vector = np.frombuffer(base64.b64decode(row["vector"]), "<f2").astype(np.float32)
    return MadeImage(**(row | {"vector": vector}))
