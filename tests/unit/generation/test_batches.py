"""Memory that ran out: what the failed batch held is free before anything is tried again."""

import gc
import weakref
from types import SimpleNamespace

import pytest

from gemrec.errors import GenerationError
from gemrec.generation.batches import Batches
from gemrec.generation.diffusers_local import with_guidance


class Activations:
    """What a run keeps in memory."""


def test_what_a_failed_batch_held_is_free_when_room_is_made():
    held, alive = [], []

    def make(seeds):
        activations = Activations()
        held.append(weakref.ref(activations))
        if len(seeds) > 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return [object() for _ in seeds]

    def release():
        gc.collect()
        alive.append(held[-1]() is not None)
        return False

    assert len(Batches(release).make("key", "Mira", range(4), make)) == 4
    assert alive == [False, False]  # four at once, then two


def test_the_last_error_still_says_where_it_came_from():
    def make(seeds):
        raise RuntimeError("CUDA out of memory")

    with pytest.raises(GenerationError, match="single image") as caught:
        Batches(lambda: False).make("key", "Mira", [1], make)
    assert "CUDA" in str(caught.value.__cause__)


FLUX = ("guidance_scale", "true_cfg_scale", "prompt")


@pytest.mark.parametrize(
    ("accepted", "transformer", "name"),
    [
        (FLUX, SimpleNamespace(config=SimpleNamespace(guidance_embeds=False)), "true_cfg_scale"),
        (FLUX, SimpleNamespace(config=SimpleNamespace(guidance_embeds=True)), "guidance_scale"),
        (FLUX, SimpleNamespace(config=SimpleNamespace()), "guidance_scale"),
        (("guidance_scale",), None, "guidance_scale"),
    ],
)
def test_guidance_goes_by_the_name_that_the_pipeline_heeds(accepted, transformer, name):
    pipe = SimpleNamespace(transformer=transformer)
    wanted = {"prompt": "a cat", "guidance_scale": 4.0}
    assert with_guidance(wanted, accepted, pipe) == {"prompt": "a cat", name: 4.0}
