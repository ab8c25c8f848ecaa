"""What models without any picture may look like, by the words that describe them.

A tag's look is the mean of the looks of the models that carry it, drawn towards the average look
by one more model; a model's is the mean of its tags', the rarer a tag the more it counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from gemrec.preference.features import Array, FeatureTable

_RIDGE: Final = 1.0  # models' worth of evidence that a tag says nothing


def guess_looks(table: FeatureTable, tags: Mapping[str, Collection[str]]) -> FeatureTable:
    """Add guesses for models without pictures.

    Args:
        table: What pictures look like.
        tags: Words that describe each model, such as ``style:watercolor``.

    Returns:
        The same table, with a row of ``looks`` for each model that shares a telling tag.
    """
    drawn = {model_id: set(tags.get(model_id, ())) for model_id in table.models}
    total: dict[str, Array] = {}
    count: dict[str, int] = {}
    for model_id, words in drawn.items():
        for tag in words:
            count[tag] = count.get(tag, 0) + 1
            total[tag] = total.get(tag, 0.0) + table.looks[table.models[model_id]]
    # What every drawn model is says nothing about any of them.
    worth = {tag: float(np.log(len(drawn) / n)) for tag, n in count.items() if n < len(drawn)}
    guesses: dict[str, Array] = {}
    for model_id, described in tags.items():
        told = sorted(worth.keys() & set(described))
        if model_id in drawn or not told:
            continue
        look = sum(worth[tag] * total[tag] / (count[tag] + _RIDGE) for tag in told)
        guesses[model_id] = np.asarray(look) / sum(worth[tag] for tag in told)
    if not guesses:
        return table
    start = len(table.looks) - 1
    looks = np.concatenate([table.looks[:-1], list(guesses.values()), table.looks[-1:]])
    looks.setflags(write=False)
    rows = {model_id: start + place for place, model_id in enumerate(guesses)}
    return replace(table, looks=looks, guesses=MappingProxyType(rows))
