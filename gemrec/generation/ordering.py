"""The order of work: as few changes of pipeline and adapter as fairness allows."""

import random
from collections.abc import Hashable, Sequence

from gemrec.generation.backend import GenerationJob
from gemrec.records import Model


def pipeline_of(model: Model) -> str:
    """Id of the catalog entry whose pipeline ``model`` runs in: its base's, or its own."""
    return model.source.base or model.id


def work_key(job: object) -> tuple[Hashable, ...]:
    """What it costs to change between two jobs, dearest first: pipeline, adapter, prompt.

    Jobs that share the first parts of their keys follow each other cheaply.
    """
    if not isinstance(job, GenerationJob):
        return ()
    return pipeline_of(job.model), job.model.id, job.prompt


def next_round(
    sides: Sequence[int], models: Sequence[Model], last: int | None, rng: random.Random
) -> list[int]:
    """Whose turn it is in one round over all sides of a grid.

    The order is drawn, so that nobody can match the pace of a progress bar with a side; but sides
    that share a pipeline follow each other, and the side that was last goes on, as its model is
    ready.

    Args:
        sides: Numbers of the sides.
        models: The model of each side.
        last: The side that had the last turn of the round before; None in the first round.
        rng: Draws the order.
    """
    drawn = list(sides)
    rng.shuffle(drawn)
    pipelines = [pipeline_of(models[side]) for side in drawn]
    if last is not None:
        pipelines.insert(0, pipeline_of(models[last]))
    return sorted(
        drawn, key=lambda side: (pipelines.index(pipeline_of(models[side])), side != last)
    )
