"""The models on offer, looked up by id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from gemrec.errors import UnknownModelError
from gemrec.records import Model

MOST_NAMED = 12
"""Ids that an error message lists before it says "and n more"."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All catalog entries, in the order of their files.

    Attributes:
        models: Every model by id, retired ones included; may be empty.
    """

    models: Mapping[str, Model] = field(default_factory=lambda: MappingProxyType({}))

    def get(self, model_id: str) -> Model:
        """Return one model, retired or not.

        Raises:
            UnknownModelError: No such id; the message lists ids that look like it.
        """
        try:
            return self.models[model_id]
        except KeyError:
            raise UnknownModelError(self._explain(model_id)) from None

    def active(self) -> tuple[Model, ...]:
        """Return the models that are on offer."""
        return tuple(model for model in self.models.values() if not model.retired)

    def select(self, ids: Iterable[str] | None) -> tuple[Model, ...]:
        """Return the models of these ids, each once, in the order asked; None means all active.

        Raises:
            UnknownModelError: An id is not in the catalog.
        """
        if ids is None:
            return self.active()
        return tuple(self.get(model_id) for model_id in dict.fromkeys(ids))

    def _explain(self, model_id: str) -> str:
        if not self.models:
            return f"models: got {model_id!r}; the catalog is empty, add models to it first"
        by_name = {model.name.casefold(): model.id for model in self.models.values()}
        by_name |= {known.casefold(): known for known in self.models}
        near = get_close_matches(model_id.casefold(), by_name, n=3, cutoff=0.5)
        guess = ", ".join(dict.fromkeys(by_name[name] for name in near))
        allowed = ", ".join(list(self.models)[:MOST_NAMED])
        if (more := len(self.models) - MOST_NAMED) > 0:
            allowed += f" and {more} more"
        hint = f"did you mean {guess}? " if guess else ""
        return f"models: got {model_id!r}; {hint}allowed: {allowed}"
