import pytest

from tests.unit.generation import tiny


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory):
    """A folder with a tiny pipeline ``base`` and the adapters ``one`` and ``two`` on it."""
    return tiny.save_tiny_models(tmp_path_factory.mktemp("tiny"))
