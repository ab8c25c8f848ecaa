"""Models, prompts, and images with their scores."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from gemrec.documents.numbers import Document, maybe, number
from gemrec.gallery import ScoredImage
from gemrec.ranking import KINDS, Weights
from gemrec.records import Image, Model, Prompt


def models_document(
    models: Iterable[Model], problems: Mapping[str, str | None] | None = None
) -> Document:
    """Catalog entries; ``problem`` says why a model cannot run here, or is null."""
    reasons = problems or {}
    return {
        "models": [
            {
                "id": model.id,
                "name": model.name,
                "description": model.description,
                "source": model.source.kind,
                "licence": model.licence,
                "downloads": model.downloads,
                "tags": list(model.tags),
                "url": model.url,
                "retired": model.retired,
                "seconds_per_image": model.cost.seconds_per_image,
                "vram_gb": model.cost.vram_gb,
                "usd_per_image": model.cost.usd_per_image,
                "download_gb": model.cost.download_gb,
                "steps": model.parameters.steps,
                "guidance_scale": model.parameters.guidance_scale,
                "problem": reasons.get(model.id),
            }
            for model in models
        ]
    }


def prompts_document(prompts: Iterable[Prompt]) -> Document:
    """Prompts with their categories."""
    return {"prompts": [{"prompt": p.text, "category": p.category} for p in prompts]}


def images_document(images: Iterable[Image], file_for: Callable[[Image], str]) -> Document:
    """Generated images; ``seconds`` is the time an image took when it was made."""
    return {
        "images": [
            {
                "model": image.model_id,
                "prompt": image.prompt,
                "seed": image.seed,
                "file": file_for(image),
                "seconds": None if image.seconds is None else number(image.seconds),
            }
            for image in images
        ]
    }


def scores_document(
    prompt: str,
    weights: Weights,
    images: Sequence[ScoredImage],
    file_for: Callable[[Image], str],
) -> Document:
    """The images of a prompt by their combined score; unknown values are null."""
    return {
        "prompt": prompt,
        "weights": {kind: getattr(weights, kind) for kind in KINDS},
        "images": [
            {
                "model": scored.image.model_id,
                "seed": scored.image.seed,
                "score": number(scored.score),
                "raw": {kind: maybe(value) for kind, value in scored.raw.items()},
                "normalised": {k: number(v) for k, v in scored.normalised.items()},
                "file": file_for(scored.image),
            }
            for scored in images
        ],
    }
