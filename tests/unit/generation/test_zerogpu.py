"""ZeroGPU with a stand-in for its ``spaces`` package: the GPU is lent for exactly one call."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from gemrec.errors import GenerationError, GenerationRefusedError, SettingsError
from gemrec.generation import BackendOptions, GenerationJob
from gemrec.generation.diffusers_local import DiffusersBackend
from gemrec.generation.zerogpu import LEAST_SECONDS, MOST_SECONDS, loan_seconds
from gemrec.records import GenerationParameters, Model, ModelCost, ModelSource
from gemrec.services import backend_options, crew_of
from gemrec.settings import load_settings
from tests.unit.generation import tiny

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]

# As the real package does: functions are known when they are decorated, how long the GPU is wanted
# is asked of the call's arguments, and arguments and result go to another process and back.
STAND_IN = """
import pickle

known, loans, lent_now = [], [], []


def GPU(task=None, *, duration=None, size=None):
    def decorate(function):
        known.append(function)

        def lent(*args, **kwargs):
            loans.append(duration(*args, **kwargs))
            args, kwargs = pickle.loads(pickle.dumps((args, kwargs)))
            lent_now.append(True)
            try:
                return pickle.loads(pickle.dumps(function(*args, **kwargs)))
            finally:
                lent_now.pop()
        return lent
    return decorate
"""

ZERO = BackendOptions(device="cpu", threads=1, zero_gpu=True)


@pytest.fixture
def spaces(tmp_path, monkeypatch):
    (tmp_path / "spaces.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda: sys.modules["spaces"]
    sys.modules.pop("spaces", None)


def job(folder, name="base", path=None):
    model = tiny.base_model(path or folder)
    return GenerationJob(model, None, "a cat face", (1, 2))


def generate(backend, wanted):
    drawn = backend.generate(wanted, lambda *_: None, lambda: False)
    return [each.image for each in drawn]


def test_elsewhere_nothing_is_lent(spaces):
    DiffusersBackend(replace(ZERO, zero_gpu=False))
    assert "spaces" not in sys.modules


def test_the_function_is_known_before_anything_is_asked_for(spaces):
    """The page is served once all is built, and ZeroGPU refuses a Space without such a function."""
    DiffusersBackend(ZERO)
    assert len(spaces().known) == 1


def test_a_grid_is_made_within_one_loan_and_is_the_same(tiny_models, spaces):
    backend = DiffusersBackend(ZERO)
    wanted = job(tiny_models)
    backend.warm_up((wanted,), lambda: False)
    assert len(backend._pipelines) == 0  # what is loaded without a GPU would stay on the CPU
    lent = generate(backend, wanted)
    assert spaces().loans == [LEAST_SECONDS]
    own = generate(DiffusersBackend(replace(ZERO, zero_gpu=False)), wanted)
    assert len(spaces().loans) == 1
    assert all((np.asarray(a) == np.asarray(b)).all() for a, b in zip(lent, own, strict=True))


def test_downloads_are_over_when_the_loan_begins(tiny_models, spaces, monkeypatch):
    from gemrec.generation.sources.local import LocalFolder  # noqa: PLC0415

    fetched = []
    monkeypatch.setattr(
        LocalFolder, "fetch", lambda self, source: fetched.append(bool(spaces().lent_now))
    )
    generate(DiffusersBackend(ZERO), job(tiny_models))
    assert fetched == [False]


def test_what_goes_wrong_in_the_loan_is_told(tmp_path, tiny_models, spaces, monkeypatch):
    backend = DiffusersBackend(ZERO)
    with pytest.raises(GenerationError, match="Tiny could not make its images"):
        generate(backend, job(tmp_path / "nowhere"))
    assert len(spaces().loans) == 1

    def refuse(*_):
        raise GenerationRefusedError("The safety checker held back an image.")

    monkeypatch.setattr("gemrec.generation.diffusers_local.run", refuse)
    with pytest.raises(GenerationRefusedError, match="held back"):  # counted as such by its caller
        generate(backend, job(tiny_models))


def test_without_the_package_the_start_says_so():
    with pytest.raises(SettingsError, match="SPACES_ZERO_GPU"):
        DiffusersBackend(ZERO)


@pytest.mark.parametrize(
    ("parameters", "gigabytes", "seconds"),
    [
        (GenerationParameters(4, 1.0, 64, 64), None, LEAST_SECONDS),
        (GenerationParameters(30, 5.0, 1024, 1024), 6.9, 36),  # 10 + 13.8 + 2 · 30 · 1.05 · 0.2
        (GenerationParameters(50, 4.0, 1328, 1328), 57.7, MOST_SECONDS),
    ],
)
def test_a_loan_is_as_long_as_the_job(parameters, gigabytes, seconds):
    model = Model("m", "M", ModelSource("hub", "some/one"), parameters)
    model = replace(model, cost=ModelCost(download_gb=gigabytes))
    assert loan_seconds(GenerationJob(model, None, "a cat", (1, 2))) == seconds


def test_a_space_with_zerogpu_draws_in_its_own_process(monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    settings = load_settings()
    assert crew_of(settings).kind == "inline"
    options = backend_options(settings)
    assert options.zero_gpu
    assert options.gpu_elsewhere  # outside of a loan there is no GPU to be seen
    on_cpu = load_settings(device="cpu")
    assert (crew_of(on_cpu).kind, backend_options(on_cpu).zero_gpu) == ("process", False)


@pytest.mark.parametrize(
    ("gpus", "settings", "of_one", "sharers"),
    [
        (1, {"runner": "ray"}, 0.25, 4),
        (2, {"runner": "ray"}, 0.5, 2),
        (8, {"runner": "ray"}, 1.0, 1),
        (0, {"runner": "ray"}, 0.0, 4),
        (8, {"runner": "process"}, 1.0, 4),  # processes all use the first GPU
        (1, {"runner": "ray", "ray_address": "auto"}, 1.0, 1),
    ],
)
def test_workers_share_one_machine_but_not_a_cluster(monkeypatch, gpus, settings, of_one, sharers):
    monkeypatch.setattr("gemrec.services.options.has_gpu", lambda: gpus > 0)
    monkeypatch.setattr("gemrec.services.options.gpus_here", lambda: gpus)
    loaded = load_settings(workers=4, **settings)
    assert (crew_of(loaded).gpus, backend_options(loaded).sharers) == (of_one, sharers)
