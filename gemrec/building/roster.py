"""A sample of checkpoints as a catalog file, and their downloads."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gemrec.building.civitai import NOTHING_LEFT, PARTIAL, Checkpoint, Civitai
from gemrec.errors import InputError, RemoteError, StoreError
from gemrec.ranking import popularity, popularity_bins, sample_sizes

FOLDER = "checkpoints"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Family:
    """How models of one base are run, and under which licence its weights came."""

    width: int
    height: int
    guidance: float
    vram_gb: float
    licence: str
    tag: str


_SD15 = Family(512, 512, 7.0, 3.5, "creativeml-openrail-m", "family:sd15")
_SD2 = Family(768, 768, 7.0, 3.5, "openrail++", "family:sd2")
_SDXL = Family(1024, 1024, 5.0, 8.3, "openrail++", "family:sdxl")

FAMILIES = {
    "SD 1.4": _SD15,
    "SD 1.5": _SD15,
    "SD 2.0": _SD2,
    "SD 2.0 768": _SD2,
    "SD 2.1": _SD2,
    "SD 2.1 768": _SD2,
    "SDXL 0.9": _SDXL,
    "SDXL 1.0": _SDXL,
    "Pony": _SDXL,
    "Illustrious": _SDXL,
    "NoobAI": _SDXL,
}
"""Bases whose single files diffusers opens with their own configuration, as Civitai spells them."""

STEPS, SAMPLER = 30, "euler-a"  # as GEMRec-18K was made


def sample_by_popularity(
    found: Sequence[Checkpoint], count: int, rng: np.random.Generator
) -> list[Checkpoint]:
    """Draw from twenty bins of log10(downloads + 1), in proportion and at least one of each.

    This is how GEMRec-18K chose 197 of 3,436 checkpoints.

    Args:
        found: All that can be chosen.
        count: How many to choose.
        rng: Draws.

    Returns:
        As many as wanted, or all when there are fewer, the most downloaded first.

    Raises:
        InputError: There are none.
    """
    downloads = [checkpoint.downloads for checkpoint in found]
    bins = popularity_bins(downloads)
    place = np.searchsorted(np.array(bins.edges[1:-1]), popularity(downloads), side="right")
    members = [np.flatnonzero(place == number) for number in range(len(bins.counts))]
    sizes = _sizes([len(rows) for rows in members], count)
    chosen = {
        int(row)
        for rows, size in zip(members, sizes, strict=True)
        for row in rng.choice(rows, size, replace=False)
    }
    left = [row for row in range(len(found)) if row not in chosen]
    more = min(count - len(chosen), len(left))
    if more > 0:  # what rounding left open
        chosen |= {int(row) for row in rng.choice(left, more, replace=False)}
    return sorted((found[row] for row in chosen), key=lambda c: (-c.downloads, c.model_id))


def _sizes(counts: Sequence[int], count: int) -> list[int]:
    """The largest published sizes that together are not more than ``count``."""
    for wanted in range(count, 0, -1):
        sizes = [min(s, n) for s, n in zip(sample_sizes(counts, wanted), counts, strict=True)]
        if sum(sizes) <= count:
            return sizes
    return [0] * len(counts)  # fewer wanted than there are bins: any of them


def write_catalog(checkpoints: Sequence[Checkpoint], path: Path, site: str) -> None:
    """Write a catalog file whose entries name files in a folder beside it.

    Raises:
        StoreError: It cannot be written.
    """
    head = (
        f"# {len(checkpoints)} checkpoints of {site}, listed by `python -m gemrec models fetch`.\n"
    )
    text = head + "".join(f"\n{catalog_entry(checkpoint, site)}" for checkpoint in checkpoints)
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}).") from error


def catalog_entry(checkpoint: Checkpoint, site: str) -> str:
    """One ``[[model]]`` table."""
    family = FAMILIES[checkpoint.base_model]
    slug = re.sub(r"[^a-z0-9]+", "-", checkpoint.name.lower()).strip("-")[:40].strip("-")
    name = " ".join(filter(None, (checkpoint.name.strip(), checkpoint.version.strip())))
    tags = [family.tag, f"base:{checkpoint.base_model}", *(["content:mature"] * checkpoint.mature)]
    words = ", ".join(checkpoint.words)
    description = f"From Civitai, based on {checkpoint.base_model}."
    if words:
        description += f" It knows the words: {words}"
    page = f"{site.rstrip('/')}/models/{checkpoint.model_id}"
    return (
        "[[model]]\n"
        f"id = {_quoted('-'.join(filter(None, ('civitai', str(checkpoint.version_id), slug))))}\n"
        f"name = {_quoted(name or str(checkpoint.model_id))}\n"
        f'source = {{ kind = "file", path = {_quoted(f"{FOLDER}/{file_name(checkpoint)}")} }}\n'
        f"parameters = {{ steps = {STEPS}, guidance_scale = {family.guidance}, "
        f"width = {family.width}, height = {family.height}, scheduler = {_quoted(SAMPLER)} }}\n"
        f"licence = {_quoted(family.licence)}\n"
        f"downloads = {checkpoint.downloads}\n"
        f"tags = [{', '.join(map(_quoted, tags))}]\n"
        f"description = {_quoted(description)}\n"
        f"url = {_quoted(f'{page}?modelVersionId={checkpoint.version_id}')}\n"
        f"cost = {{ vram_gb = {family.vram_gb}, download_gb = {checkpoint.size / 1e9:.2f} }}\n"
    )


def file_name(checkpoint: Checkpoint) -> str:
    """Name of the file of a checkpoint."""
    return f"civitai-{checkpoint.version_id}.safetensors"


def download(
    civitai: Civitai, checkpoint: Checkpoint, folder: Path, tell: Callable[[int], None]
) -> Path:
    """Fetch one file, going on where an earlier try stopped, and check it.

    Args:
        civitai: The site.
        checkpoint: Whose file.
        folder: Where to.
        tell: Told how many bytes are there, now and then.

    Raises:
        RemoteError: The site refuses or fails, or the file is not what was announced.
        StoreError: The folder cannot be written.
    """
    path = folder / file_name(checkpoint)
    if path.is_file():
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        civitai.read(
            checkpoint.address,
            lambda response: _append(response, part, tell),
            lambda: part.stat().st_size if part.is_file() else 0,
        )
        if checkpoint.sha256 and _sha256(part) != checkpoint.sha256:
            part.unlink()
            raise RemoteError(
                f"The file of {checkpoint.name} is not what was announced (SHA-256 differs); it was "
                "removed, try again."
            )
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"{part} cannot be written ({error.strerror or error}); free some space, and the same "
            "command goes on."
        ) from error
    return path


def _append(response: Any, part: Path, tell: Callable[[int], None]) -> None:
    """Write the rest of a file as it comes.

    Raises:
        ConnectionError: Less came than was announced.
    """
    with part.open("ab") as file:
        if response.status == NOTHING_LEFT:
            total = response.headers.get("Content-Range", "").rpartition("/")[2]
            if total != str(file.tell()):
                file.truncate(0)
                raise ConnectionError("what is there is no beginning of it")
            return
        if response.status != PARTIAL:  # the whole file comes again
            file.truncate(0)
        begun = file.seek(0, os.SEEK_END)
        while block := response.read(_BLOCK):
            file.write(block)
            tell(file.tell())
        came, announced = file.tell() - begun, response.headers.get("Content-Length")
    if announced is not None and came < int(announced):
        raise ConnectionError(f"{came} of {announced} bytes came")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _quoted(text: str) -> str:
    """A TOML string: JSON's form is one, but for characters that no name needs."""
    return json.dumps("".join(c for c in text if c.isprintable() or c == " "), ensure_ascii=False)


def usable(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Those of families that gemrec runs.

    Raises:
        InputError: There are none.
    """
    found = [checkpoint for checkpoint in checkpoints if checkpoint.base_model in FAMILIES]
    if not found:
        raise InputError(
            "count: no checkpoint of a known family was listed; nothing to choose from"
        )
    return found
