"""The encoder and models that ship in ``assets/`` run through the same code as any other."""

from pathlib import Path

import numpy as np
import pytest

from gemrec.catalog import load_catalog
from gemrec.embedding import EmbeddingService, EncoderOptions, EncoderWorker
from gemrec.generation import BackendOptions, GenerationWorker, GridRequest, warm_up_jobs
from gemrec.records import Prompt
from tests.integration import grids

pytestmark = pytest.mark.integration

ASSETS = Path(__file__).parents[2] / "assets"
CATALOG = ASSETS / "models.toml"
CLIP = ASSETS / "pocket-clip"


@pytest.mark.skipif(not CATALOG.is_file(), reason="assets/models.toml is not there yet")
def test_shipped_models_make_grids_and_the_encoder_reads_them(tmp_path):
    catalog = load_catalog(CATALOG)
    runnable = [model for model in catalog.active() if model.source.kind in ("local", "lora")]
    assert runnable
    worker = GenerationWorker(
        "diffusers", BackendOptions(device="cpu", threads=1), warm_up_jobs(runnable)
    )
    service = grids.build(tmp_path, timeout=300, models=dict(catalog.models), worker=worker)
    options = EncoderOptions(model=f"local-dir:{CLIP}", device="cpu", threads=1)
    embeddings = EmbeddingService(EncoderWorker(options), service._store, service._images)
    try:
        assert [service.problem(model) for model in runnable] == [None] * len(runnable)
        prompt = Prompt("a cat face on a blue background", "animal")
        requests = [GridRequest(model, prompt, (1, 2)) for model in runnable[:2]]
        seen = grids.Seen(service.stream(requests))
        assert not seen.failed
        images = [image for side in seen.done.images for image in side]
        assert len({image.digest for image in images}) == 2 * len(requests)
        vectors = np.stack(list(embeddings.image_vectors(images).values()))
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
        text = embeddings.text_vector(prompt.text)
        assert text.shape == vectors[0].shape
    finally:
        service.close()
        embeddings.close()
        service._store.close()
