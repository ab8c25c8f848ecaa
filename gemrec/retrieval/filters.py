"""What a model must fulfil to be offered: licence, cost, speed, memory, safety."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gemrec.records import Model

UNSAFE_TAG: Final = "safety:nsfw"
"""Marks models that make pictures not fit for everybody."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits on what is offered; None and an empty set mean no limit.

    A model whose catalog entry does not say what a limit asks for does not pass: a hint that is
    missing is no promise.

    Attributes:
        licences: Licences as the catalog spells them.
        seconds: Most seconds per image.
        vram_gb: Most GPU memory in GiB.
        usd: Most US dollars per image.
        unsafe: Whether models tagged ``safety:nsfw`` are offered too.
        ids: Only these models.
    """

    licences: frozenset[str] = frozenset()
    seconds: float | None = None
    vram_gb: float | None = None
    usd: float | None = None
    unsafe: bool = False
    ids: frozenset[str] | None = None

    def reason_against(self, model: Model) -> str | None:
        """Why a model does not pass, in a few words; None when it does."""
        cost = model.cost
        limits = (
            (
                "slower than your limit",
                "its speed is not known",
                cost.seconds_per_image,
                self.seconds,
            ),
            ("needs more GPU memory", "its GPU memory is not known", cost.vram_gb, self.vram_gb),
            ("dearer than your limit", "its price is not known", cost.usd_per_image, self.usd),
        )
        if self.ids is not None and model.id not in self.ids:
            return "cannot run here"
        if self.licences and model.licence not in self.licences:
            return "another licence"
        if not self.unsafe and UNSAFE_TAG in model.tags:
            return "not safe for everybody"
        for over, unknown, value, limit in limits:
            if limit is not None and (value is None or value > limit):
                return unknown if value is None else over
        return None


EVERYTHING: Final = Filters(unsafe=True)
"""No limit at all."""


def apply_filters(
    models: Iterable[Model], filters: Filters
) -> tuple[Sequence[Model], Sequence[tuple[Model, str]]]:
    """Split models into those on offer and those left out, each with the reason.

    Retired models are in neither.
    """
    offered: list[Model] = []
    left_out: list[tuple[Model, str]] = []
    for model in models:
        if model.retired:
            continue
        reason = filters.reason_against(model)
        if reason is None:
            offered.append(model)
        else:
            left_out.append((model, reason))
    return offered, left_out
