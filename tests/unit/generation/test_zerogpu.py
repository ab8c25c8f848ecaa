"""ZeroGPU with a stand-in for its ``spaces`` package: the GPU is lent for exactly one call."""

import sys

import numpy as np
import pytest

from gemrec.errors import GenerationError
from gemrec.generation import BackendOptions, GenerationJob
from gemrec.generation.diffusers_local import ZERO_GPU_SECONDS, DiffusersBackend
from gemrec.generation.zerogpu import is_zero_gpu, lend_gpu
from tests.unit.generation import tiny

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

# Arguments and results go to another process and back, as the real package sends them.
STAND_IN = """
import pickle

calls = []


def GPU(duration=60):
    def decorate(function):
        def lent(*args, **kwargs):
            calls.append(duration)
            args, kwargs = pickle.loads(pickle.dumps((args, kwargs)))
            return pickle.loads(pickle.dumps(function(*args, **kwargs)))
        return lent
    return decorate
"""


@pytest.fixture
def spaces(tmp_path, monkeypatch):
    package = tmp_path / "spaces"
    package.mkdir()
    (package / "__init__.py").write_text(STAND_IN)
    (package / "config.py").write_text("class Config:\n    zero_gpu = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda: sys.modules["spaces"].calls
    for name in ("spaces", "spaces.config"):
        sys.modules.pop(name, None)


def job(folder, name="base", path=None):
    model = tiny.base_model(path or folder)
    return GenerationJob(model, None, "a cat face", (1, 2))


def generate(backend, wanted):
    drawn = backend.generate(wanted, lambda *_: None, lambda: False)
    return [each.image for each in drawn]


def test_elsewhere_nothing_is_lent():
    assert not is_zero_gpu()
    assert lend_gpu(len, 60) is len


def test_a_grid_is_made_within_one_loan_and_is_the_same(tiny_models, spaces):
    options = BackendOptions(device="cpu", threads=1)
    assert is_zero_gpu()
    lent = generate(DiffusersBackend(options), job(tiny_models))
    assert spaces() == [ZERO_GPU_SECONDS]
    sys.modules["spaces.config"].Config.zero_gpu = False
    own = generate(DiffusersBackend(options), job(tiny_models))
    assert spaces() == [ZERO_GPU_SECONDS]
    assert all((np.asarray(a) == np.asarray(b)).all() for a, b in zip(lent, own, strict=True))


def test_what_goes_wrong_in_the_loan_is_told(tmp_path, spaces):
    backend = DiffusersBackend(BackendOptions(device="cpu", threads=1))
    with pytest.raises(GenerationError, match="Tiny could not make its images"):
        generate(backend, job(tmp_path / "nowhere"))
    assert len(spaces()) == 1
