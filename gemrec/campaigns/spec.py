"""The specification of a study, a YAML file, with errors that name the field and what is allowed."""

import itertools
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gemrec.errors import InputError
from gemrec.records import CampaignItem, Outcome

ANSWERS: Final = ("first", "second", "tie", "both_good", "both_bad")
_SEEDS: Final = 2**31
_SHOWN: Final = 4

Text = Annotated[str, Field(min_length=1)]
OutcomeWord = Literal["left", "right", "tie", "both_good", "both_bad", "skip"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PromptSpec(_Part):
    """A prompt, in YAML also just its text."""

    prompt: Text
    category: str = ""


class PairSpec(_Part):
    """A pair that is listed by hand; ``answer`` makes it gold."""

    prompt: Text
    models: tuple[Text, Text]
    category: str = ""
    answer: Literal["first", "second", "tie", "both_good", "both_bad"] | None = None

    @model_validator(mode="after")
    def _two(self) -> "PairSpec":
        if self.models[0] == self.models[1]:
            raise ValueError(f"got the model {self.models[0]!r} twice; allowed: two models")
        return self


class CampaignSpec(_Part):
    """What a study asks of whom.

    Attributes:
        id: Names it in commands, votes and exports.
        title: What annotators read.
        instructions: Markdown; HTML in it is shown as text.
        prompts: With ``models``: every pair of models on every prompt is an item.
        models: At least two ids of the catalog.
        pairs: Items that are listed by hand, instead of or besides prompts and models.
        gold: Pairs with a known answer.
        images: Images per side.
        outcomes: What people may say.
        overlap: How many people judge each item.
        per_annotator: Most judgements of one person; None for no limit.
        gold_every: One gold item in so many, where there are any.
        repeat_every: One repeat with swapped sides in so many; 0 for none.
        lease_minutes: For how long an item waits for somebody who has taken it.
        gold_mistakes: Wrong gold answers from which a person is flagged.
        reveal: Whether names are shown after each vote.
        seed: Decides the images; the same seed makes the same study.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    title: Text
    instructions: str = ""
    prompts: tuple[PromptSpec, ...] = ()
    models: tuple[Text, ...] = ()
    pairs: tuple[PairSpec, ...] = ()
    gold: tuple[PairSpec, ...] = ()
    images: int = Field(4, ge=1, le=9)
    outcomes: tuple[OutcomeWord, ...] = ("left", "right", "tie", "both_good", "both_bad", "skip")
    overlap: int = Field(3, ge=1, le=100)
    per_annotator: int | None = Field(None, ge=1)
    gold_every: int = Field(10, ge=2)
    repeat_every: int = Field(0, ge=0)
    lease_minutes: float = Field(30, gt=0, le=24 * 60)
    gold_mistakes: int = Field(2, ge=1)
    reveal: bool = False
    seed: int = Field(0, ge=0)

    @field_validator("prompts", mode="before")
    @classmethod
    def _plain_prompts(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [{"prompt": part} if isinstance(part, str) else part for part in value]

    @field_validator("outcomes")
    @classmethod
    def _both_sides(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not {"left", "right"} <= set(value):
            raise ValueError("left and right must be among them")
        return value

    @model_validator(mode="after")
    def _has_items(self) -> "CampaignSpec":
        if bool(self.prompts) != bool(self.models):
            raise ValueError("prompts and models go together; allowed: both, or pairs alone")
        if self.models and len(set(self.models)) < 2:
            raise ValueError("models: allowed: at least two different ones")
        if not self.prompts and not self.pairs:
            raise ValueError("nothing to judge; allowed: prompts with models, or pairs")
        if any(pair.answer is None for pair in self.gold):
            raise ValueError(f"gold: each needs an answer; allowed: {', '.join(ANSWERS)}")
        return self

    def allows(self, outcome: Outcome) -> bool:
        """Whether people may say this."""
        return outcome.value in self.outcomes

    def to_json(self) -> str:
        """The form in which it is stored."""
        return self.model_dump_json()

    def items(self) -> tuple[CampaignItem, ...]:
        """Everything that is judged, gold last; seeds follow from the study's own."""
        rng = np.random.default_rng(self.seed)
        plain = [
            PairSpec(prompt=p.prompt, category=p.category, models=pair)
            for p in self.prompts
            for pair in itertools.combinations(dict.fromkeys(self.models), 2)
        ]
        seeds: dict[str, tuple[int, ...]] = {}
        items = []
        for number, pair in enumerate((*plain, *self.pairs, *self.gold)):
            # One prompt has one set of seeds, so that each model draws it once for the whole study.
            if pair.prompt not in seeds:
                drawn = rng.integers(_SEEDS, size=self.images)
                seeds[pair.prompt] = tuple(int(seed) for seed in drawn)
            items.append(
                CampaignItem(
                    number, pair.prompt, pair.category, pair.models, seeds[pair.prompt], pair.answer
                )
            )
        return tuple(items)


def read_spec(path: Path, models: Collection[str]) -> CampaignSpec:
    """Read a specification and check that its models exist.

    Args:
        path: The YAML file.
        models: Ids of the catalog.

    Raises:
        InputError: It cannot be read, or a field is not as it should be; all such fields are named.
    """
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"spec: got {str(path)!r}; allowed: a YAML file that can be read ({error.strerror})"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"spec: {path} is no YAML: {' '.join(str(error).split())}") from error
    return parse_spec(held, models)


def parse_spec(held: object, models: Collection[str]) -> CampaignSpec:
    """Check a specification that is read already.

    Raises:
        InputError: A field is not as it should be.
    """
    if not isinstance(held, dict):
        raise InputError(f"spec: got {type(held).__name__}; allowed: fields such as id and title")
    try:
        spec = CampaignSpec.model_validate(held)
    except ValidationError as error:
        raise InputError(f"spec: {'; '.join(map(_said, error.errors()))}") from error
    used = (*spec.models, *(m for pair in (*spec.pairs, *spec.gold) for m in pair.models))
    unknown = sorted(set(used) - set(models))
    if unknown:
        known = ", ".join(sorted(models)) or "none"
        raise InputError(f"spec: models: got {_listed(unknown)}; allowed: {known}")
    return spec


def stored_spec(text: str) -> CampaignSpec:
    """A specification as it was stored."""
    return CampaignSpec.model_validate(json.loads(text))


def _said(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"]) or "study"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(CampaignSpec.model_fields)
        return f"{where}: unknown field; allowed: {allowed}"
    if problem["type"] == "missing":
        return f"{where}: got nothing; this field is required"
    got = "" if problem["type"] == "value_error" else f"got {problem['input']!r}; allowed: "
    return f"{where}: {got}{message}"


def _listed(names: Iterable[str]) -> str:
    some = list(names)
    more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
    return ", ".join(map(repr, some[:_SHOWN])) + more
