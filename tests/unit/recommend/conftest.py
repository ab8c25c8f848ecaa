from collections.abc import Iterator
from pathlib import Path

import pytest

from gemrec.recommend import Refresher
from tests.unit.recommend.following import MODELS
from tests.unit.recommend.helpers import Study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(tmp_path, MODELS)
    yield study
    study.store.close()


@pytest.fixture
def refresher(study: Study) -> Iterator[Refresher]:
    refresher = study.refresher()
    refresher.start()
    yield refresher
    refresher.close()
