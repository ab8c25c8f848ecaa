"""Loaded diffusers pipelines: as many as the memory budget holds, each shared by its adapters."""

import logging
from collections import ChainMap, OrderedDict
from typing import Any

from gemrec.errors import GenerationError
from gemrec.generation.backend import SafetyOptions
from gemrec.generation.checker import SafetyChecker, load_checker, take_checker
from gemrec.generation.encodings import PromptEncodings
from gemrec.generation.placement import Placement, module_tensors, tensors_of
from gemrec.generation.samplers import Schedulers
from gemrec.generation.sources import PIPELINE_SOURCES
from gemrec.generation.sources.lora import Adapters
from gemrec.records import Model

log = logging.getLogger(__name__)


class Loaded:
    """A pipeline in memory, with what can be swapped in it and what looks at its images."""

    def __init__(self, pipe: Any, checker: SafetyChecker | None = None) -> None:
        self.pipe = pipe
        self.checker = checker
        self.adapters = Adapters(pipe)
        self.schedulers = Schedulers(pipe)
        self.encodings = PromptEncodings(pipe)
        self.tensors: dict[int, int] = {}
        self.measure()

    @property
    def size(self) -> int:
        """Bytes of all its weights."""
        return sum(self.tensors.values())

    def measure(self) -> None:
        """Count the bytes again, after an adapter came or went."""
        looks = {} if self.checker is None else module_tensors(self.checker.model)
        self.tensors = tensors_of(self.pipe) | looks


class Pipelines:
    """Gives out pipelines ready to run, and forgets those used longest ago.

    One thread at a time: a pipeline holds the state of its run.

    Args:
        placement: Device, number format and memory budget.
        safety: Whether safety checkers hold images back, and which one looks at the images of
            pipelines that bring none.
    """

    def __init__(self, placement: Placement, safety: SafetyOptions | None = None) -> None:
        self._placement = placement
        self._safety = safety or SafetyOptions()
        self._checker: SafetyChecker | None = None
        self._loaded: OrderedDict[tuple[str, ...], Loaded] = OrderedDict()

    @property
    def used(self) -> int:
        """Bytes of all loaded pipelines, adapters and checkers included; what they share, once."""
        return sum(ChainMap(*(loaded.tensors for loaded in self._loaded.values())).values())

    def __len__(self) -> int:
        return len(self._loaded)

    def ready(self, model: Model, base: Model | None) -> Loaded:
        """The pipeline of ``model`` with the right adapter and sampler in place.

        Raises:
            GenerationError: The source of the model makes no sense here.
        """
        owner = model
        if model.source.kind == "lora":
            if base is None:
                raise GenerationError(f"{model.name} is a LoRA, but no base came with it.")
            owner = base
        loaded = self._full_model(owner)
        try:
            self._adapt(loaded, model)
        except Exception:
            # Half an adapter may be left in the base; the next job gets a clean one.
            del self._loaded[source_key(owner)]
            raise
        loaded.schedulers.use(model.parameters.scheduler)
        loaded.encodings.use(loaded.adapters.active)
        return loaded

    def forget_others(self, model: Model, base: Model | None) -> int:
        """Drop every pipeline but the one that ``model`` uses; returns how many went."""
        keep = source_key(base if model.source.kind == "lora" and base else model)
        others = [key for key in self._loaded if key != keep]
        for key in others:
            del self._loaded[key]
        self._placement.release()
        return len(others)

    def _adapt(self, loaded: Loaded, model: Model) -> None:
        if model.source.kind != "lora":
            loaded.adapters.use_none()
            return
        before = len(loaded.adapters)
        loaded.adapters.use(model.source)
        if len(loaded.adapters) != before:
            loaded.measure()
            self._shrink(0)

    def _full_model(self, model: Model) -> Loaded:
        key = source_key(model)
        if key not in self._loaded:
            # Room is made before, from the entry's hint, and after, from what was measured.
            self._shrink(int((model.cost.vram_gb or 0) * 2**30))
            pipe = self._load(model)
            self._loaded[key] = Loaded(pipe, self._checker_of(pipe))
        self._loaded.move_to_end(key)
        self._shrink(0)
        return self._loaded[key]

    def _shrink(self, expected: int) -> None:
        """Forget until the budget holds, but never what was asked for last (``expected`` = 0)."""
        budget = self._placement.budget()
        least = 1 if expected == 0 else 0
        gone = False
        while len(self._loaded) > least and self.used + expected > budget:
            (kind, path, *_), loaded = self._loaded.popitem(last=False)
            log.info("forgot the %s pipeline %s (%d MiB)", kind, path, loaded.size >> 20)
            del loaded
            gone = True
        if gone:
            self._placement.release()

    def _load(self, model: Model) -> Any:
        source = PIPELINE_SOURCES.get(model.source.kind)
        if source is None:
            raise GenerationError(
                f"{model.name} has the source kind {model.source.kind!r}; diffusers runs hub, "
                "local, file and lora."
            )
        pipe = source.load(model.source, self._placement.dtype_for)
        pipe.set_progress_bar_config(disable=True)
        return self._placement.place(pipe)

    def _checker_of(self, pipe: Any) -> SafetyChecker | None:
        """The pipeline's own, or else the owner's, which all such pipelines share."""
        only_measures = self._safety.mature
        own = take_checker(pipe, only_measures=only_measures)
        if own is not None or not self._safety.checker:
            return own
        if self._checker is None:
            self._checker = load_checker(
                self._safety.checker, self._placement.device, only_measures=only_measures
            )
        return self._checker


def source_key(model: Model) -> tuple[str, ...]:
    """What tells two full models in memory apart."""
    source = model.source
    return source.kind, source.path, source.revision or "", source.variant or ""
