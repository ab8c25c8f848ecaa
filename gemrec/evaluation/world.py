"""A made-up world: models with styles, prompts, pictures, and people who like some of them.

The utility of a picture is a sum of parts with fixed shares of the variance: the model's quality
(correlated with downloads), the model within a category, the picture's luck (half of it visible),
the person's taste (archetypes and individual, mostly along the leading axes of style) and the
person's liking for a model. Choices are logistic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from gemrec.preference import principal_axes
from gemrec.preference.davidson import Array

MODELS: Final = 200
PROMPTS: Final = 90
CATEGORIES: Final = 12
UNSEEN: Final = 18

_DIM: Final = 512
_FAMILIES: Final = 12
_STYLES: Final = 32
_LEADING: Final = 16
_ARCHETYPES: Final = 6
_POPULARITY: Final = 0.45  # correlation of quality with log downloads
_LEADING_SHARE: Final = 0.8
_ARCHETYPE_SHARE: Final = 0.6
_CHOICE_VARIANCE: Final = 4.4  # of utilities; makes 85 of 100 choices between two the better one
_SHARES: Final = MappingProxyType(
    {"quality": 0.25, "category": 0.15, "luck": 0.15, "taste": 0.35, "own": 0.10}
)

TASTES: Final[Mapping[str, float]] = MappingProxyType({"low": 0.15, "mid": 0.35, "high": 0.50})
"""Share of taste in the variance of utilities; the other parts share the rest as in ``mid``."""


@dataclass(frozen=True)
class World:
    """Everything that is so, most of which nobody is told.

    Attributes:
        popularity: (MODELS,) standardised log downloads.
        category: (PROMPTS,) category of each prompt.
        features: (PROMPTS, MODELS, r) what a recommender sees of the pictures.
        common: (PROMPTS, MODELS) utility to anybody.
        visible: (PROMPTS, MODELS, q) what taste looks at.
        likings: (people, q) how much of it each person likes.
        own: (people, MODELS) each person's liking for the models.
        seen: Numbers of the prompts that votes are cast on.
        unseen: Numbers of the prompts that are tested.
    """

    popularity: Array
    category: np.ndarray
    features: Array
    common: Array
    visible: Array
    likings: Array
    own: Array
    seen: np.ndarray
    unseen: np.ndarray

    def utilities(self, person: int, prompt: int) -> Array:
        """(MODELS,) what this person thinks of the pictures for a prompt, logits."""
        total: Array = (
            self.common[prompt] + self.visible[prompt] @ self.likings[person] + self.own[person]
        )
        return total


def make_world(kind: str, people: int, rng: np.random.Generator) -> World:
    """Draw a world.

    Args:
        kind: A key of ``TASTES``.
        people: How many people.
        rng: Source of all randomness.
    """
    shares = _shares(kind)
    popularity = _standard(rng.normal(size=MODELS))
    quality = _POPULARITY * popularity + np.sqrt(1 - _POPULARITY**2) * rng.normal(size=MODELS)
    category = rng.permutation(np.arange(PROMPTS) % CATEGORIES)
    vectors, luck = _pictures(category, rng)
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    flat = centred.reshape(-1, _DIM)
    features = (flat @ principal_axes(flat.astype(np.float32))).reshape(PROMPTS, MODELS, -1)
    by_kind = rng.normal(size=(CATEGORIES, MODELS))[category]
    hidden = rng.normal(size=(PROMPTS, MODELS))
    common = (
        np.sqrt(shares["quality"]) * _standard(quality)
        + np.sqrt(shares["category"]) * by_kind
        + np.sqrt(shares["luck"] / 2) * (_standard(luck) + hidden)
    )
    visible, likings = _tastes(flat, people, shares["taste"], rng)
    order = rng.permutation(PROMPTS)
    return World(
        popularity=popularity,
        category=category,
        features=features,
        common=common,
        visible=visible,
        likings=likings,
        own=np.sqrt(shares["own"]) * rng.normal(size=(people, MODELS)),
        seen=order[UNSEEN:],
        unseen=order[:UNSEEN],
    )


def _shares(kind: str) -> dict[str, float]:
    """Variances of the parts, logits squared."""
    taste = TASTES[kind]
    rest = (1 - taste) / (1 - _SHARES["taste"])
    return {
        name: _CHOICE_VARIANCE * (taste if name == "taste" else share * rest)
        for name, share in _SHARES.items()
    }


def _pictures(category: np.ndarray, rng: np.random.Generator) -> tuple[Array, Array]:
    """(PROMPTS, MODELS, d) unit embeddings, and the visible half of each picture's luck."""
    axes = np.linalg.qr(rng.normal(size=(_DIM, _STYLES)))[0]
    strength = 1 / np.sqrt(np.arange(1, _STYLES + 1))
    families = rng.normal(size=(_FAMILIES, _STYLES))
    style = families[np.arange(MODELS) % _FAMILIES] + 0.7 * rng.normal(size=(MODELS, _STYLES))
    style = style * strength @ axes.T
    style *= 0.6 / np.sqrt((style**2).sum(axis=1).mean())
    kinds = rng.normal(size=(CATEGORIES, _DIM))[category]
    content = (kinds + rng.normal(size=(PROMPTS, _DIM))) / np.sqrt(2 * _DIM)
    noise = rng.normal(size=(PROMPTS, MODELS, _STYLES)) * strength @ axes.T
    noise *= 0.3 / np.sqrt((noise**2).sum(axis=2).mean())
    luck = rng.normal(size=(PROMPTS, MODELS))
    shine = rng.normal(size=_DIM) / np.sqrt(_DIM)
    fine = 0.3 * rng.normal(size=(PROMPTS, MODELS, _DIM)) / np.sqrt(_DIM)
    vectors = content[:, None] + style + noise + fine + 0.15 * luck[..., None] * shine
    return vectors / np.linalg.norm(vectors, axis=2, keepdims=True), luck


def _tastes(
    centred: Array, people: int, variance: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """What taste looks at, (PROMPTS, MODELS, q), and (people, q) likings."""
    sample = centred[:: max(1, len(centred) // 4000)]
    axes = np.linalg.eigh(sample.T @ sample)[1][:, ::-1]
    seen = centred @ axes[:, :_STYLES]
    seen /= seen.std(axis=0)
    width = np.where(
        np.arange(_STYLES) < _LEADING,
        _LEADING_SHARE / _LEADING,
        (1 - _LEADING_SHARE) / (_STYLES - _LEADING),
    )
    archetypes = rng.normal(size=(_ARCHETYPES, _STYLES))[rng.integers(_ARCHETYPES, size=people)]
    own = rng.normal(size=(people, _STYLES))
    mixed = np.sqrt(_ARCHETYPE_SHARE) * archetypes + np.sqrt(1 - _ARCHETYPE_SHARE) * own
    return seen.reshape(PROMPTS, MODELS, -1), mixed * np.sqrt(variance * width)


def _standard(values: Array) -> Array:
    standard: Array = (values - values.mean()) / values.std()
    return standard
