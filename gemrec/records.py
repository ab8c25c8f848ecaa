"""The nouns of gemrec as frozen records; every layer speaks in these.

Times are timezone-aware UTC datetimes. Ids are strings unless they are row numbers.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal


class Outcome(StrEnum):
    """What an annotator said about one battle; ``SKIP`` is recorded but is no preference."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_GOOD = "both_good"
    BOTH_BAD = "both_bad"
    SKIP = "skip"

    @property
    def is_preference(self) -> bool:
        """Whether the outcome says anything about the two models."""
        return self is not Outcome.SKIP


class BattleMode(StrEnum):
    """How a battle was shown; only blind battles enter the public board."""

    BLIND = "blind"
    NAMED = "named"


class EventKind(StrEnum):
    """What an entry of the append-only vote trail does."""

    CAST = "cast"
    EDIT = "edit"
    UNDO = "undo"


SourceKind = Literal["hub", "local", "file", "lora", "scripted"]


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model's weights come from.

    Attributes:
        kind: ``hub`` (repository id), ``local`` (pipeline folder), ``file`` (single-file
            checkpoint), ``lora`` (adapter on another catalog model) or ``scripted`` (tests).
        path: Repository id, or absolute path of the folder or file.
        base: Catalog id of the model that a LoRA adapts; None for other kinds.
        weight: Strength of a LoRA, usually 0..1.
        revision: Commit or branch of a hub repository.
    """

    kind: SourceKind
    path: str
    base: str | None = None
    weight: float = 1.0
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationParameters:
    """Everything besides prompt and seed that decides how an image comes out.

    Attributes:
        steps: Denoising steps.
        guidance_scale: Classifier-free guidance; 1 means none.
        width: Pixels.
        height: Pixels.
        negative_prompt: What to steer away from.
    """

    steps: int = 20
    guidance_scale: float = 3.0
    width: int = 128
    height: int = 128
    negative_prompt: str = ""

    @property
    def key(self) -> str:
        """A short digest that is equal exactly when all parameters are equal."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ModelCost:
    """Hints for filters, not promises: seconds for one image, GPU memory in GiB, US dollars."""

    seconds_per_image: float | None = None
    vram_gb: float | None = None
    usd_per_image: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One generative model, a catalog entry.

    Attributes:
        id: Stable id used in votes, URLs and exports.
        name: What people read.
        source: Where the weights come from.
        parameters: Defaults of its pipeline.
        licence: SPDX id or the licence's name.
        downloads: Download count, the popularity prior.
        tags: ``kind:value`` words such as ``style:watercolor``.
        description: One plain sentence.
        url: Model page.
        cost: Cost hints.
        retired: No longer offered; its votes stay.
    """

    id: str
    name: str
    source: ModelSource
    parameters: GenerationParameters = GenerationParameters()
    licence: str = "unknown"
    downloads: int = 0
    tags: tuple[str, ...] = ()
    description: str = ""
    url: str = ""
    cost: ModelCost = ModelCost()
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and the category it belongs to (empty when unknown)."""

    text: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """One generated image.

    Attributes:
        id: Row number.
        digest: SHA-256 of the stored file, its name in the image store.
        model_id: Who made it.
        prompt: The prompt's text.
        category: The prompt's category.
        seed: Seed of its noise.
        parameters: Digest of the generation parameters.
        width: Pixels.
        height: Pixels.
        seconds: Time it took; None when it was imported.
        created_at: When.
    """

    id: int
    digest: str
    model_id: str
    prompt: str
    category: str
    seed: int
    parameters: str
    width: int
    height: int
    seconds: float | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Annotator:
    """A person who votes: a random id and the name they chose, if any."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Battle:
    """Two models shown against each other on one prompt.

    Attributes:
        id: Random id.
        annotator_id: Who sees it.
        prompt: The prompt's text.
        category: The prompt's category.
        mode: Blind or named.
        models: Model ids as shown: (left, right).
        seeds: Seed of image k on both sides.
        policy: Name of the sampler that chose the pair.
        propensity: Probability with which the sampler chose this pair, 0..1; None when people chose.
        opened_at: When.
    """

    id: str
    annotator_id: str
    prompt: str
    category: str
    mode: BattleMode
    models: tuple[str, str]
    seeds: tuple[int, ...]
    policy: str
    propensity: float | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Showing:
    """One image as it was shown once: under a random name that says nothing of its model."""

    name: str
    battle_id: str | None
    image_id: int
    side: int
    position: int


@dataclass(frozen=True, slots=True)
class Vote:
    """One entry of the append-only vote trail, joined with its battle.

    Attributes:
        id: Row number; later events have larger ids.
        battle_id: The battle voted on.
        annotator_id: Who voted.
        kind: Cast, edit or undo.
        outcome: What was said; None for an undo.
        models: (left, right) model ids.
        prompt: The prompt's text.
        category: The prompt's category.
        mode: How the battle was shown.
        supersedes: Id of the event that this one replaces; None for a cast.
        cast_at: When.
        dwell_ms: Milliseconds between showing and voting; None when unknown.
    """

    id: int
    battle_id: str
    annotator_id: str
    kind: EventKind
    outcome: Outcome | None
    models: tuple[str, str]
    prompt: str
    category: str
    mode: BattleMode
    supersedes: int | None
    cast_at: datetime
    dwell_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RatingChange:
    """A model's displayed rating before and after one vote, in Elo points."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Reveal:
    """What the annotator learns after a vote is committed.

    Attributes:
        vote: The stored vote.
        ratings: Elo change per model id.
        names: Display name per model id.
    """

    vote: Vote
    ratings: Mapping[str, RatingChange] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One line of a leaderboard; ratings on the Elo scale (400 points per factor 10 in odds).

    Attributes:
        rank: 1 + the number of models whose interval lies wholly above this one's; models without
            votes stand behind all others.
        model_id: Catalog id.
        rating: Bradley-Terry strength, centred on 1000.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
        votes: Votes the model took part in.
        elo: Online Elo, for display only.
        worst_rank: Last rank that the intervals allow; None when not computed.
        component: Group of models that votes link, 0 the one with most votes, -1 without votes.
            Ranks start again in each group and ratings of different groups cannot be compared.
    """

    rank: int
    model_id: str
    rating: float
    low: float
    high: float
    votes: int
    elo: float
    worst_rank: int | None = None
    component: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard after ``last_vote_id``; ``category`` is None for the overall board."""

    method: str
    votes: int
    last_vote_id: int
    rows: tuple[BoardRow, ...]
    category: str | None = None


@dataclass(frozen=True, slots=True)
class RankedModel:
    """One recommended model.

    Attributes:
        model_id: Catalog id.
        score: Probability that this person prefers it to an average model on this prompt, 0..1.
        low: Lower end of the 90 % interval of ``score``.
        high: Upper end of the 90 % interval of ``score``.
        reason: Why, in plain words.
    """

    model_id: str
    score: float
    low: float
    high: float
    reason: str


@dataclass(frozen=True, slots=True)
class RankedImage:
    """One recommended image; ``score`` as for :class:`RankedModel`."""

    image: Image
    score: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Both stages' answer for one person and prompt, after ``last_vote_id``.

    ``votes_applied`` is the number of this person's vote events that the answer knows of (all
    people's when no annotator was given).
    """

    annotator_id: str | None
    prompt: str
    votes_applied: int
    last_vote_id: int
    models: tuple[RankedModel, ...]
    images: tuple[RankedImage, ...]
