import pytest

from gemrec.worker import WorkerProcess
from tests.unit.worker.helpers import FACTORY


@pytest.fixture
def worker():
    process = WorkerProcess(FACTORY, (), "test", obey_seconds=0.3)
    yield process
    process.close()
