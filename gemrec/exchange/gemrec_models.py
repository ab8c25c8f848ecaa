"""Rows of GEMRec's roster and prompt set as our models and prompts."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from gemrec.catalog import load_catalog
from gemrec.errors import CatalogError, InputError
from gemrec.exchange.gemrec_files import Row, written
from gemrec.records import GenerationParameters, Model, ModelSource, Prompt

PARAMETERS: Final = GenerationParameters(
    steps=30, guidance_scale=7.0, width=512, height=512, scheduler="euler-a"
)
"""How all images were made; sizes and negative prompts differ by prompt."""

FAMILY: Final = "family:gemrec-18k"
PREFIX: Final = "gemrec-"
"""Before the version's number, in our ids of their models."""


def as_model(row: Row, manifest: Path, where: str) -> Model:
    """One row of the roster as a catalog entry that shows the published images.

    Args:
        row: The row.
        manifest: The list of the images.
        where: File and row, for errors.

    Raises:
        InputError: A value is missing or wrong.
    """
    version = text_of(row, "modelVersion_id", where)
    if not re.fullmatch(r"[A-Za-z0-9._-]+", version):
        raise InputError(f"{where}, modelVersion_id: got {version!r}; allowed: a number")
    address = text_of(row, "modelVersion_url", where)
    downloads = whole(row, "model_download_count", where)
    if downloads < 0:
        raise InputError(f"{where}, model_download_count: got {downloads}; allowed: 0 or more")
    words = [word.strip() for word in str(row.get("tag") or "").split("|") if word.strip()]
    unsafe = ("safety:nsfw",) if "nsfw" in (word.casefold() for word in words) else ()
    base = str(row.get("baseModel") or "").strip()
    return Model(
        id=PREFIX + version,
        name=f"{text_of(row, 'model_name', where)} {row.get('modelVersion_name') or ''}".strip(),
        source=ModelSource("prerendered", str(manifest)),
        parameters=PARAMETERS,
        downloads=downloads,
        tags=(FAMILY, *((f"base:{base}",) if base else ()), *unsafe, *words),
        description="One of the 200 models of GEMRec-18K; shows its published images.",
        url=_page(address, text_of(row, "model_id", where), version),
        download=address if address.startswith(("https://", "http://")) else "",
    )


def model_of(row: Row, models: Mapping[str, Model], where: str) -> Model:
    """The model whose image a row tells of.

    Raises:
        InputError: There is none, or the roster lacks it.
    """
    model = models.get(PREFIX + text_of(row, "modelVersion_id", where))
    if model is None:
        raise InputError(
            f"{where}: got the model {row.get('modelVersion_id')!r}, which the roster lacks"
        )
    return model


def read_prompt(row: Row, where: str) -> Prompt:
    """The prompt of a row, with its category.

    Raises:
        InputError: There is none.
    """
    return Prompt(text_of(row, "prompt", where), str(row.get("tag") or "").strip())


def text_of(row: Row, column: str, where: str) -> str:
    """A value that must be there, as text.

    Raises:
        InputError: It is missing.
    """
    value = row.get(column)
    text = "" if value is None else str(value).strip()
    if not text:
        raise InputError(f"{where}, {column}: got nothing; allowed: a value")
    return text


def whole(row: Row, column: str, where: str) -> int:
    """A whole number that must be there.

    Raises:
        InputError: It is missing or no whole number.
    """
    text = text_of(row, column, where)
    try:
        number = float(text) if "." in text else int(text)
        if number != int(number):
            raise ValueError(text)
        return int(number)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{where}, {column}: got {text!r}; allowed: a whole number") from error


def write_models(path: Path, models: Iterable[Model]) -> None:
    """Write a catalog file; it gets its name only when the catalog can be read back from it.

    Raises:
        StoreError: It cannot be written.
        InputError: It could not be read back.
    """
    try:
        with written(path) as part:
            part.write_text("\n".join(map(_entry, models)), encoding="utf-8")
            load_catalog(part)
    except CatalogError as error:
        raise InputError(f"The roster has a model that no catalog can hold: {error}") from error


def _page(address: str, model_id: str, version: str) -> str:
    """The page for people; Civitai's addresses in the roster are those of the weights."""
    if "civitai.com" in address:
        return f"https://civitai.com/models/{model_id}?modelVersionId={version}"
    return address if address.startswith(("https://", "http://")) else ""


def _entry(model: Model) -> str:
    parameters = model.parameters
    fields = {
        "id": model.id,
        "name": model.name,
        "licence": model.licence,
        "downloads": model.downloads,
        "tags": list(model.tags),
        "description": model.description,
        "url": model.url,
        "download": model.download,
    }
    source = {"kind": model.source.kind, "path": model.source.path}
    made = {
        "steps": parameters.steps,
        "guidance_scale": parameters.guidance_scale,
        "width": parameters.width,
        "height": parameters.height,
        "scheduler": parameters.scheduler,
    }
    lines = ("[[model]]", *_lines(fields), "[model.source]", *_lines(source))
    return "\n".join([*lines, "[model.parameters]", *_lines(made), ""])


def _lines(fields: Mapping[str, object]) -> list[str]:
    """TOML's basic strings, numbers and lists are JSON's, but for one control character."""
    return [
        f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
        for key, value in fields.items()
    ]
