import pytest

from tests.unit.exchange.world import pictured


@pytest.fixture
def world(tmp_path, clock):
    made = pictured(tmp_path, clock)
    made.fill()
    yield made
    made.store.close()
