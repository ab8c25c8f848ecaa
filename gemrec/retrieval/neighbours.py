"""What a model's picture for a new prompt will look like, from its pictures for prompts like it."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gemrec.preference import FeatureTable

_CATEGORY_WEIGHT: Final = 2.0  # neighbours' worth of the model's usual look in the category
_NEIGHBOURS: Final = 5


def expect_for_prompt(
    features: FeatureTable,
    models: Sequence[str],
    category: str,
    like_prompts: Sequence[str],
) -> FeatureTable:
    """The table with each model's look in ``category`` drawn towards its looks on like prompts.

    Args:
        features: What pictures look like.
        models: Model ids on offer.
        category: The prompt's category, under which the result is found.
        like_prompts: Prompts with pictures, the most alike first; the prompt itself may be one.

    Returns:
        A table that is good for this prompt alone; the same one when no neighbour is known.
    """
    near = like_prompts[:_NEIGHBOURS]
    rows = dict(features.by_category)
    looks: list[NDArray[np.float64]] = []
    for model_id in models:
        grids = [features.grids[model_id, p] for p in near if (model_id, p) in features.grids]
        if not grids:
            continue
        usual = features.looks[features.expected(model_id, category)]
        total = features.looks[grids].sum(axis=0) + _CATEGORY_WEIGHT * usual
        rows[model_id, category] = len(features.looks) - 1 + len(looks)
        looks.append(total / (len(grids) + _CATEGORY_WEIGHT))
    if not looks:
        return features
    # The last row stands for models without pictures; everything is found before it.
    table = np.concatenate([features.looks[:-1], np.stack(looks), features.looks[-1:]])
    return replace(features, looks=table, by_category=MappingProxyType(rows))
