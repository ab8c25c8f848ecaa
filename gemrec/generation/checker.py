"""The safety checker of Stable Diffusion: how safe finished images are, and which it holds back.

It compares an image with 17 concepts by CLIP. For the cosine c_k with concept k and the concept's
threshold t_k, as in GEMRec's data set (arXiv 2308.02205)::

    nsfw = (max_k (c_k - t_k) + 1) / 2        safety = 1 - nsfw

so that 0.5 is where the first concept reaches its threshold. An image is held back from there on, or
a little earlier where one of three further concepts asks for special care.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image as PILImage

from gemrec.errors import GenerationError, GenerationRefusedError
from gemrec.generation.backend import Drawn


class SafetyChecker:
    """Looks at images after they are made.

    Args:
        model: A ``StableDiffusionSafetyChecker``.
        extractor: Its ``CLIPImageProcessor``.
        only_measures: Whether it lets everything pass.
    """

    def __init__(self, model: Any, extractor: Any, *, only_measures: bool = False) -> None:
        self.model = model
        self._extractor = extractor
        self._only_measures = only_measures

    def look(self, images: Sequence[PILImage.Image], name: str) -> list[Drawn]:
        """Measure images.

        Args:
            images: RGB.
            name: Of the model that made them, for the message.

        Returns:
            The same images with their safety.

        Raises:
            GenerationRefusedError: It holds one back.
        """
        seen, flagged = self._seen(images)
        if any(flagged) and not self._only_measures:
            raise GenerationRefusedError(
                f"The safety checker of {name} held back an image; try another prompt."
            )
        return [
            Drawn(image, safety) for image, safety in zip(images, self._safety(seen), strict=True)
        ]

    def _seen(self, images: Sequence[PILImage.Image]) -> tuple[Any, Sequence[bool]]:
        """The images as the checker embeds them, and which it would hold back."""
        pixels = self._extractor(list(images), return_tensors="pt").pixel_values
        embedded: list[Any] = []
        hook = self.model.visual_projection.register_forward_hook(
            lambda _module, _inputs, output: embedded.append(output)
        )
        try:
            # It blackens what it would hold back; these stand in for the images.
            blanks = [np.zeros(1) for _ in images]
            _, flagged = self.model(pixels.to(self.model.device, self.model.dtype), blanks)
        finally:
            hook.remove()
        return embedded[0], flagged

    def _safety(self, seen: Any) -> list[float]:
        import torch

        concepts = self.model.concept_embeds.detach().float()
        limits = self.model.concept_embeds_weights.detach().float()
        cosines = torch.nn.functional.cosine_similarity(
            seen.float()[:, None], concepts[None], dim=-1
        )
        nearest = (cosines - limits).amax(dim=1)
        safety: list[float] = (1 - (nearest + 1) / 2).clamp(0, 1).tolist()
        return safety


def take_checker(pipe: Any, *, only_measures: bool) -> SafetyChecker | None:
    """Take a pipeline's checker out, so that we do the looking; None where it has none.

    Pipelines keep a checker of another kind, which says only which images it holds back; they run
    without it where nothing shall be held back.
    """
    from diffusers.pipelines.stable_diffusion.safety_checker import (
        StableDiffusionSafetyChecker,
    )

    model = getattr(pipe, "safety_checker", None)
    is_known = isinstance(model, StableDiffusionSafetyChecker)
    if model is not None and (is_known or only_measures):
        pipe.safety_checker = None
    if not is_known:
        return None
    return SafetyChecker(model, pipe.feature_extractor, only_measures=only_measures)


def load_checker(path: str, device: str, *, only_measures: bool) -> SafetyChecker:
    """The owner's own checker.

    Args:
        path: Folder, or name on the Hub.
        device: ``cuda`` or ``cpu``.
        only_measures: Whether it lets everything pass.

    Raises:
        GenerationError: It cannot be loaded; images are not made unchecked.
    """
    from diffusers.pipelines.stable_diffusion.safety_checker import (
        StableDiffusionSafetyChecker,
    )
    from transformers import CLIPImageProcessor  # noqa: PLC0415 - slow

    try:
        model: Any = StableDiffusionSafetyChecker.from_pretrained(path)
        model.to(device)
        extractor = CLIPImageProcessor.from_pretrained(path)
    except (OSError, ValueError) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise GenerationError(
            f"GEMREC_SAFETY_CHECKER: {path!r} cannot be loaded ({first_line}); allowed: a folder or "
            "Hub name of a Stable Diffusion safety checker with its preprocessor, or nothing."
        ) from error
    return SafetyChecker(model, extractor, only_measures=only_measures)
