"""A small copy of GEMRec-18K with the published columns: some models, prompts and images."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image
from pyarrow import parquet

MODELS = (
    ("stable diffusion", "stable-diffusion-v1", "1000000", "v1-4", "1000004",
     "https://huggingface.co/CompVis/stable-diffusion-v1-4", 609745, "SD 1.4"),
    ("anime|style", "Neon \"Fox\"", "77", "v2\\b", "97137",
     "https://civitai.com/api/download/models/97137", 137, "SD 1.5"),
    ("photorealistic|nsfw", "Ü-mix", "78", "", "97138",
     "https://civitai.com/api/download/models/97138", 9, "SD 1.5"),
)  # fmt: skip
PROMPTS = (
    (1, "abstract", "768x512", 8486466558, "Incomprehensibilities", " "),
    (2, "animal", "512x768", 901409224, 'a fox, "red", in the snow', "blurry, NSFW"),
)


def write_roster(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("tag", "model_name", "model_id", "modelVersion_name", "modelVersion_id",
             "modelVersion_url", "modelVersion_trainedWords", "model_download_count", "baseModel")
        )  # fmt: skip
        writer.writerows((*model[:6], "['']", *model[6:]) for model in MODELS)


def picture(place: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), (40 * place, 90, 200 - 30 * place)).save(buffer, "PNG")
    return buffer.getvalue()


def image_rows() -> list[dict[str, Any]]:
    """One image per model and prompt."""
    return [
        {
            "image": {"bytes": picture(2 * m + p), "path": f"{m}{p}.png"},
            "image_id": f"{m}{p}",
            "tag": tag,
            "model_id": model[2],
            "modelVersion_id": int(model[4]),
            "prompt_id": number,
            "size": size,
            "seed": seed,
            "prompt": text,
            "negativePrompt": negative,
            "cfgScale": 7,
            "sampler": "Eular a",
            "nsfw_score": 0.25,
            "mcos_score": 0.7,
            "clip_score": 20.0 + m,
        }
        for m, model in enumerate(MODELS)
        for p, (number, tag, size, seed, text, negative) in enumerate(PROMPTS)
    ]


def write_shards(folder: Path, rows: list[dict[str, Any]], shards: int = 2) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(shards):
        table = pa.Table.from_pylist(rows[shard::shards])
        parquet.write_table(table, folder / f"train-{shard:05}-of-{shards:05}.parquet")


def write_copy(folder: Path) -> Path:
    """Roster as CSV and the images as two shards, as somebody would have them on disk."""
    folder.mkdir(parents=True)
    write_roster(folder / "roster.csv")
    write_shards(folder / "data", image_rows())
    return folder


def write_bare_copy(folder: Path) -> Path:
    """Roster and metadata with the scores, but no images."""
    bare = [{k: v for k, v in row.items() if k != "image"} for row in image_rows()]
    write_shards(folder / "data", bare, shards=1)
    write_roster(folder / "roster.csv")
    return folder
