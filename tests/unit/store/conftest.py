import pytest

from gemrec.store import Store
from tests.conftest import Clock
from tests.unit.store.world import World


@pytest.fixture
def world(store: Store, clock: Clock) -> World:
    return World(store, clock)
